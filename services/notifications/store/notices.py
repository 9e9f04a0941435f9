"""Queries about inbox rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.models import Delivery, DeliveryState
from services.notifications.models import Notice as Row
from services.notifications.rules import Channel, Notice
from services.notifications.store.upserts import upsert
from shared.database import insert_rows

_NOTICE: Final[Table] = Row.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_DELIVERY: Final[Table] = Delivery.__table__  # type: ignore[attr-defined]  # the same
_COLUMNS: Final = tuple(name for name in Row.model_fields if name != "read_at")
_MAIL_COLUMNS: Final = (
    "notice_id", "recipient_id", "kind", "state", "attempts", "queued_at", "due_at",
)  # fmt: skip
_MILLISECOND: Final = timedelta(milliseconds=1)
_encode = msgspec.json.Encoder().encode


async def keep(session: AsyncSession, notices: Sequence[Notice], at: datetime) -> None:
    """Put notices into inboxes, and an e-mail into the queue for each that wants one."""
    await insert_rows(session, _NOTICE, _COLUMNS, [_row(one, at) for one in notices])
    mails = [
        (one.notice_id, one.recipient_id, one.kind, DeliveryState.WAITING, 0, at, at)
        for one in notices
        if Channel.EMAIL in one.channels
    ]
    await insert_rows(session, _DELIVERY, _MAIL_COLUMNS, mails)


async def keep_again(session: AsyncSession, notices: Sequence[Notice]) -> None:
    """Put back what is missing of these, as of when it was caused; no e-mail is sent of it."""
    if not notices:
        return
    connection = await session.connection()
    missing = await connection.execute(
        upsert(connection, _NOTICE).on_conflict_do_nothing().returning(_NOTICE.c.notice_id),
        [dict(zip(_COLUMNS, _row(one, one.caused_at), strict=True)) for one in notices],
    )
    put_back = set(missing.scalars())
    mails = [
        {
            "notice_id": one.notice_id,
            "recipient_id": one.recipient_id,
            "kind": one.kind,
            "state": DeliveryState.REPLAYED,
            "attempts": 0,
            "queued_at": one.caused_at,
            "due_at": one.caused_at,
            "finished_at": one.caused_at,
        }
        for one in notices
        if one.notice_id in put_back and Channel.EMAIL in one.channels
    ]
    if mails:
        await connection.execute(upsert(connection, _DELIVERY).on_conflict_do_nothing(), mails)


def _row(one: Notice, at: datetime) -> tuple[Any, ...]:
    """The values of `_COLUMNS`."""
    return (
        one.notice_id,
        one.recipient_id,
        one.agency_id,
        one.audience,
        one.kind,
        _encode(one.params).decode(),
        one.link,
        one.import_id,
        one.about,
        one.caused_at,
        at,
        max(0, (at - one.caused_at) // _MILLISECOND),
    )


async def inbox(
    session: AsyncSession,
    recipients: Collection[UUID],
    *,
    unread: bool,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Row]:
    """What these recipients were told, newest first."""
    asked = (
        select(Row)
        .where(_theirs(recipients))
        .order_by(_NOTICE.c.created_at.desc(), _NOTICE.c.notice_id.desc())
        .limit(limit)
    )
    if unread:
        asked = asked.where(_NOTICE.c.read_at.is_(None))
    if before is not None:
        at, notice_id = before
        asked = asked.where(
            (_NOTICE.c.created_at < at)
            | ((_NOTICE.c.created_at == at) & (_NOTICE.c.notice_id < notice_id))
        )
    return list((await session.execute(asked)).scalars())


async def unread(session: AsyncSession, recipients: Collection[UUID]) -> int:
    """How many notices of these recipients nobody has read."""
    asked = select(func.count()).where(_theirs(recipients), _NOTICE.c.read_at.is_(None))
    return int((await session.execute(asked)).scalar_one())


async def mark_read(
    session: AsyncSession, notice_id: UUID, recipients: Collection[UUID], at: datetime
) -> bool:
    """Mark a notice as read, once; False if these recipients have no such notice."""
    mine = (_NOTICE.c.notice_id == notice_id) & _theirs(recipients)
    found = await session.execute(select(_NOTICE.c.notice_id).where(mine))
    if found.first() is None:
        return False
    await session.execute(
        update(_NOTICE).where(mine, _NOTICE.c.read_at.is_(None)).values(read_at=at)
    )
    return True


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts of one import's notices.

    Attributes:
        inbox: rows in inboxes.
        email: e-mails by state.
        median_ms, longest_ms: from a cause to its inbox row; None where there is no row. Of an
            even number of rows the lower of the two in the middle is the median.
    """

    inbox: int
    email: dict[DeliveryState, int]
    median_ms: int | None
    longest_ms: int | None


async def sums(session: AsyncSession, import_id: UUID, agency_id: UUID | None) -> Sums:
    """Counts over an import, as far as it is this agency's (any agency's if None)."""
    asked = _NOTICE.c.import_id == import_id
    if agency_id is not None:
        asked &= _NOTICE.c.agency_id == agency_id
    waited = _NOTICE.c.waited_ms
    count, longest = (
        await session.execute(select(func.count(), func.max(waited)).where(asked))
    ).one()
    middle = select(waited).where(asked).order_by(waited).offset(max(0, count - 1) // 2).limit(1)
    states = await session.execute(
        select(_DELIVERY.c.state, func.count())
        .join(_NOTICE, _NOTICE.c.notice_id == _DELIVERY.c.notice_id)
        .where(asked)
        .group_by(_DELIVERY.c.state)
    )
    email = dict.fromkeys(DeliveryState, 0) | {DeliveryState(name): n for name, n in states}
    return Sums(count, email, (await session.execute(middle)).scalar(), longest)


def _theirs(recipients: Collection[UUID]) -> ColumnElement[bool]:
    return _NOTICE.c.recipient_id.in_(sorted(recipients))

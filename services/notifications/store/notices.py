"""Queries about inbox rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Table, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications.models import Delivery, DeliveryState
from services.notifications.models import Notice as Row
from services.notifications.rules import Channel, Notice
from shared.database import insert_rows

_NOTICE: Final[Table] = Row.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_DELIVERY: Final[Table] = Delivery.__table__  # type: ignore[attr-defined]
_COLUMNS: Final = (
    "notice_id",
    "recipient_id",
    "agency_id",
    "audience",
    "kind",
    "params",
    "link",
    "import_id",
    "about",
    "caused_at",
    "created_at",
)
_MAIL_COLUMNS: Final = (
    "notice_id",
    "recipient_id",
    "kind",
    "state",
    "attempts",
    "due_at",
    "import_id",
)
_encode = msgspec.json.Encoder().encode


async def keep(session: AsyncSession, notices: Sequence[Notice], at: datetime) -> None:
    """Put notices into inboxes, and an e-mail into the queue for each that wants one."""
    await insert_rows(
        session,
        _NOTICE,
        _COLUMNS,
        [
            (
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
            )
            for one in notices
        ],
    )
    await insert_rows(
        session,
        _DELIVERY,
        _MAIL_COLUMNS,
        [
            (one.notice_id, one.recipient_id, one.kind, DeliveryState.WAITING, 0, at, one.import_id)
            for one in notices
            if Channel.EMAIL in one.channels
        ],
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
        .where(_NOTICE.c.recipient_id.in_(sorted(recipients)))
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
    asked = select(func.count()).where(
        _NOTICE.c.recipient_id.in_(sorted(recipients)), _NOTICE.c.read_at.is_(None)
    )
    return int((await session.execute(asked)).scalar_one())


async def mark_read(
    session: AsyncSession, notice_id: UUID, recipients: Collection[UUID], at: datetime
) -> bool:
    """Mark a notice as read, once; False if these recipients have no such notice."""
    mine = (_NOTICE.c.notice_id == notice_id) & _NOTICE.c.recipient_id.in_(sorted(recipients))
    done = await session.execute(
        update(_NOTICE).where(mine).values(read_at=func.coalesce(_NOTICE.c.read_at, at))
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]  # a cursor's result has it


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts of one import's notices.

    Attributes:
        inbox: rows in inboxes.
        email: e-mails by state.
        milliseconds: from each cause to its inbox row.
    """

    inbox: int
    email: dict[str, int]
    milliseconds: list[float]


async def sums(session: AsyncSession, import_id: UUID | None, agency_id: UUID | None) -> Sums:
    """Counts over an import, an agency, both or everything."""
    asked = select(_NOTICE.c.caused_at, _NOTICE.c.created_at)
    mails = select(_DELIVERY.c.state, func.count()).group_by(_DELIVERY.c.state)
    if agency_id is not None:
        asked = asked.where(_NOTICE.c.agency_id == agency_id)
        mails = mails.join(_NOTICE, _NOTICE.c.notice_id == _DELIVERY.c.notice_id).where(
            _NOTICE.c.agency_id == agency_id
        )
    if import_id is not None:
        asked = asked.where(_NOTICE.c.import_id == import_id)
        mails = mails.where(_DELIVERY.c.import_id == import_id)
    took = [
        (created_at - caused_at).total_seconds() * 1000
        for caused_at, created_at in await session.execute(asked)
    ]
    states: dict[str, Any] = dict((await session.execute(mails)).tuples().all())
    return Sums(len(took), {state: states.get(state, 0) for state in DeliveryState}, took)

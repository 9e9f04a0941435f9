"""Queries about e-mails that wait to be sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Table, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications.models import Contact, Delivery, DeliveryState, Notice, Preference

_DELIVERY: Final[Table] = Delivery.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_NOTICE: Final[Table] = Notice.__table__  # type: ignore[attr-defined]
_CONTACT: Final[Table] = Contact.__table__  # type: ignore[attr-defined]
_PREFERENCE: Final[Table] = Preference.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An e-mail claimed for sending.

    Attributes:
        attempt: which attempt this one is, from 1.
        address: what the workforce facts tell, None if nothing.
    """

    notice_id: UUID
    recipient_id: UUID
    kind: str
    attempt: int
    address: str | None
    language: str
    noticed_at: datetime


async def any_due(session: AsyncSession, now: datetime) -> bool:
    """Whether any e-mail is due."""
    due = _DELIVERY.c.state == DeliveryState.WAITING, _DELIVERY.c.due_at <= now
    found = await session.execute(select(_DELIVERY.c.notice_id).where(*due).limit(1))
    return found.first() is not None


async def claim(
    session: AsyncSession, *, now: datetime, lease: timedelta, limit: int
) -> list[Waiting]:
    """Take the e-mails that are due; nobody else gets them before the lease is over.

    A sender that dies leaves them to be sent again when it is: with the same Message-ID.
    """
    due = (
        select(_DELIVERY.c.notice_id)
        .where(_DELIVERY.c.state == DeliveryState.WAITING, _DELIVERY.c.due_at <= now)
        .order_by(_DELIVERY.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list((await session.execute(due)).scalars())
    if not ids:
        return []
    await session.execute(
        update(_DELIVERY)
        .where(_DELIVERY.c.notice_id.in_(ids))
        .values(due_at=now + lease, attempts=_DELIVERY.c.attempts + 1)
    )
    rows = await session.execute(
        select(
            _DELIVERY.c.notice_id,
            _DELIVERY.c.recipient_id,
            _DELIVERY.c.kind,
            _DELIVERY.c.attempts,
            _CONTACT.c.email,
            func.coalesce(_PREFERENCE.c.language, "id"),
            _NOTICE.c.created_at,
        )
        .join(_NOTICE, _NOTICE.c.notice_id == _DELIVERY.c.notice_id)
        .outerjoin(_CONTACT, _CONTACT.c.recipient_id == _DELIVERY.c.recipient_id)
        .outerjoin(_PREFERENCE, _PREFERENCE.c.recipient_id == _DELIVERY.c.recipient_id)
        .where(_DELIVERY.c.notice_id.in_(ids))
        .order_by(_DELIVERY.c.notice_id)
    )
    return [Waiting(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of an e-mail: `due_at` says when to try again, None that it is over."""

    notice_id: UUID
    state: DeliveryState
    problem: str | None
    due_at: datetime | None


async def mark(session: AsyncSession, marks: Sequence[Mark], now: datetime) -> None:
    """Keep what became of e-mails."""
    for one in marks:
        values: dict[str, object] = {"state": one.state, "problem": one.problem}
        values |= {"finished_at": now} if one.due_at is None else {"due_at": one.due_at}
        await session.execute(
            update(_DELIVERY).where(_DELIVERY.c.notice_id == one.notice_id).values(values)
        )

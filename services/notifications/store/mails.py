"""Queries about e-mails that wait to be sent."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Table, bindparam, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.models import Contact, Delivery, DeliveryState, Preference
from shared.database import Moment, among

_DELIVERY: Final[Table] = Delivery.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_CONTACT: Final[Table] = Contact.__table__  # type: ignore[attr-defined]  # the same
_PREFERENCE: Final[Table] = Preference.__table__  # type: ignore[attr-defined]  # the same

Reach = Callable[[UUID, str | None], str | None]
"""From a recipient and the address told of him to the address to write to, if there is one."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An e-mail claimed for sending; `attempt` is which one this is, from 1."""

    notice_id: UUID
    kind: str
    attempt: int
    address: str
    language: str
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of an attempt: `due_at` says when to try again, None that it is over."""

    notice_id: UUID
    attempt: int
    state: DeliveryState
    problem: str | None
    due_at: datetime | None


def _due(now: datetime) -> ColumnElement[bool]:
    return (_DELIVERY.c.state == DeliveryState.WAITING) & (_DELIVERY.c.due_at <= now)


async def any_due(session: AsyncSession, now: datetime) -> bool:
    """Whether any e-mail is due."""
    found = await session.execute(select(_DELIVERY.c.notice_id).where(_due(now)).limit(1))
    return found.first() is not None


async def claim(
    session: AsyncSession, reach: Reach, *, now: datetime, lease: timedelta, limit: int
) -> list[Waiting]:
    """Take the e-mails that are due; nobody else gets them before the lease is over.

    A sender that dies leaves them to be sent again when it is: with the same Message-ID. Those
    with nowhere to go are laid aside until an address is told (see `find_addressed`).
    """
    due = (
        select(_DELIVERY.c.notice_id)
        .where(_due(now))
        .order_by(_DELIVERY.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list((await session.execute(due)).scalars())
    if not ids:
        return []
    rows = await session.execute(
        select(
            _DELIVERY.c.notice_id,
            _DELIVERY.c.recipient_id,
            _DELIVERY.c.kind,
            _DELIVERY.c.attempts,
            _DELIVERY.c.queued_at,
            _CONTACT.c.email,
            func.coalesce(_PREFERENCE.c.language, "id").label("language"),
        )
        .outerjoin(_CONTACT, _CONTACT.c.recipient_id == _DELIVERY.c.recipient_id)
        .outerjoin(_PREFERENCE, _PREFERENCE.c.recipient_id == _DELIVERY.c.recipient_id)
        .where(_DELIVERY.c.notice_id.in_(ids))
        .order_by(_DELIVERY.c.notice_id)
    )
    taken: list[Waiting] = []
    nowhere: list[UUID] = []
    for row in rows:
        address = reach(row.recipient_id, row.email)
        if address is None:
            nowhere.append(row.notice_id)
        else:
            taken.append(
                Waiting(
                    notice_id=row.notice_id,
                    kind=row.kind,
                    attempt=row.attempts + 1,
                    address=address,
                    language=row.language,
                    queued_at=row.queued_at,
                )
            )
    await _change(
        session,
        [one.notice_id for one in taken],
        due_at=now + lease,
        attempts=_DELIVERY.c.attempts + 1,
    )
    await _change(session, nowhere, state=DeliveryState.NO_ADDRESS)
    return taken


async def _change(session: AsyncSession, ids: Sequence[UUID], **values: object) -> None:
    if ids:
        mine = _DELIVERY.c.notice_id.in_(ids)
        await session.execute(update(_DELIVERY).where(mine).values(values))


_STILL_CLAIMED: Final = (
    (_DELIVERY.c.notice_id == bindparam("claimed"))
    & (_DELIVERY.c.attempts == bindparam("attempt"))
    & (_DELIVERY.c.state == DeliveryState.WAITING)
)
"""An attempt has its say for as long as no other was begun and none was marked as its end."""
_MARK: Final = (
    update(_DELIVERY)
    .where(_STILL_CLAIMED)
    .values(
        state=bindparam("new_state"),
        problem=bindparam("new_problem"),
        due_at=func.coalesce(bindparam("new_due_at", type_=Moment()), _DELIVERY.c.due_at),
        finished_at=bindparam("new_finished_at", type_=Moment()),
    )
)


async def mark(session: AsyncSession, marks: Sequence[Mark], now: datetime) -> None:
    """Keep what became of attempts; an attempt whose lease was lost has no say any more."""
    if not marks:
        return
    await (await session.connection()).execute(
        _MARK,
        [
            {
                "claimed": one.notice_id,
                "attempt": one.attempt,
                "new_state": one.state,
                "new_problem": one.problem,
                "new_due_at": one.due_at,
                "new_finished_at": now if one.due_at is None else None,
            }
            for one in marks
        ],
    )


_GIVEN_BACK: Final = (
    update(_DELIVERY)
    .where(_STILL_CLAIMED, _DELIVERY.c.due_at == bindparam("claimed_until", type_=Moment()))
    .values(
        attempts=_DELIVERY.c.attempts - 1,
        due_at=bindparam("new_due_at", type_=Moment()),
    )
)


async def give_back(
    session: AsyncSession, claimed: Sequence[Waiting], until: datetime, now: datetime
) -> None:
    """Let others have e-mails claimed until then and not marked since: as if never claimed."""
    if not claimed:
        return
    rows = [
        {
            "claimed": one.notice_id,
            "attempt": one.attempt,
            "claimed_until": until,
            "new_due_at": now,
        }
        for one in claimed
    ]
    await (await session.connection()).execute(_GIVEN_BACK, rows)


async def let_be(session: AsyncSession, now: datetime) -> None:
    """Send nothing of what still waits here: since these rows were saved it was sent."""
    unsent = _DELIVERY.c.state.in_([DeliveryState.WAITING, DeliveryState.NO_ADDRESS])
    await session.execute(
        update(_DELIVERY).where(unsent).values(state=DeliveryState.REPLAYED, finished_at=now)
    )


async def find_addressed(
    session: AsyncSession, recipients: Collection[UUID], *, now: datetime, since: datetime
) -> None:
    """Queue again what had nowhere to go, for recipients whose address is now told.

    What was queued before `since` stays: an old letter would only puzzle its reader. Rows that wait
    are touched too, unchanged, so that one which is just laid aside is not missed.
    """
    if not recipients:
        return
    laid_aside = _DELIVERY.c.state == DeliveryState.NO_ADDRESS
    await session.execute(
        update(_DELIVERY)
        .where(
            among(session, _DELIVERY.c.recipient_id, recipients),
            _DELIVERY.c.state.in_([DeliveryState.WAITING, DeliveryState.NO_ADDRESS]),
            _DELIVERY.c.queued_at >= since,
        )
        .values(
            state=DeliveryState.WAITING,
            due_at=case(
                (laid_aside, bindparam("due", now, type_=Moment())), else_=_DELIVERY.c.due_at
            ),
        )
    )

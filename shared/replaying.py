"""A replay's mark on a transaction: what is handled in it happened before.

E-mails about it went out then, and what had to be told of it is told. Handlers need the mark only
where handling a fact again would not come to the same.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

_MARK: Final = "replay"


@dataclass(slots=True)
class Replay:
    """One transaction of a replay.

    Attributes:
        known: the facts in it whose effect this database has, as far as its inbox knows.
        told: how many facts it tells that were never told before.
        otherwise: how many it would tell in other words than they were told in.
    """

    known: Collection[UUID]
    told: int = 0
    otherwise: int = 0


def begin(session: AsyncSession, known: Collection[UUID]) -> Replay:
    """Mark a session's transaction; it needs to be marked before anything is told in it."""
    replay = Replay(known)
    session.info[_MARK] = replay
    return replay


def current(session: AsyncSession) -> Replay | None:
    """The replay a session's transaction belongs to; None where facts are handled as they come."""
    replay: Replay | None = session.info.get(_MARK)
    return replay


def moment(session: AsyncSession, happened: datetime, now: datetime) -> datetime:
    """When what is done about a fact counts as done: in a replay, when the fact happened."""
    return now if current(session) is None else happened

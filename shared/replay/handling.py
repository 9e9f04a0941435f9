"""Facts handled again: through the same delivery, into the same handlers, but quietly."""

import time
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import UUID, uuid5

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import envelope, replaying
from shared.database import Database
from shared.delivery import Delivery, Listening
from shared.envelope import Read, Record, Refused
from shared.events.fact import FACTS
from shared.inbox import first_seen, inbox
from shared.service import AfterReplay

UNFINISHED: Final = uuid5(FACTS, "replay/unfinished")
"""Lies in the inbox from the first missing fact until all are there and all is quiet."""
AWAY_SECONDS: Final = 120.0
"""How long the database may be away before a replay gives up; it can be started again."""


@dataclass(slots=True)
class Counts:
    """What a replay did, or would do.

    Attributes:
        facts: that the service listens to and that were selected.
        missing: of those, the ones its database knew nothing of.
        told: facts told because of them that were never told before.
        otherwise: facts that were told before and would now say something else; they are not told.
        set_aside: records that could not be handled, now on a dead topic.
    """

    facts: int = 0
    missing: int = 0
    told: int = 0
    otherwise: int = 0
    set_aside: int = 0


class Taker(Protocol):
    """What becomes of the selected records."""

    counts: Counts

    async def take(self, records: Sequence[Record]) -> None:
        """Take a batch, in order."""


class Counting:
    """Handles nothing: only counts what there is to do."""

    def __init__(self, listening: Listening, database: Database) -> None:
        self.counts = Counts()
        self._types = listening.types
        self._database = database

    async def take(self, records: Sequence[Record]) -> None:
        """Count a batch."""
        now = datetime.now(UTC)
        read = [envelope.read(record, now) for record in records]
        ids = {
            one.fact.id
            for one in read
            if isinstance(one, Read) and isinstance(one.fact.data, self._types)
        }
        async with self._database.read() as session:
            known = select(inbox.c.fact_id).where(inbox.c.fact_id.in_(ids))
            found = (await (await session.connection()).execute(known)).all()
        self.counts.facts += len(ids)
        self.counts.missing += len(ids) - len(found)


class Redelivery(Delivery):
    """A delivery of facts that were delivered before.

    Handlers get those that are missing in the database, or all of them (`again`).
    """

    def __init__(self, listening: Listening, database: Database, *, again: bool) -> None:
        super().__init__(listening, database)
        self.counts = Counts()
        self._again = again
        self._now = Counts()
        """Of the batch under way."""
        self._replay = replaying.Replay(())

    async def take(self, records: Sequence[Record]) -> None:
        """Deliver a batch; while the database is away, try again and again."""
        ends = time.monotonic() + AWAY_SECONDS
        while True:
            try:
                return await super().take(records)
            except Exception:
                if time.monotonic() > ends:
                    raise

    async def _keep(self, items: Sequence[Read | Refused]) -> None:
        self._now = Counts()
        self._replay = replaying.Replay(())
        await super()._keep(items)
        self.counts.facts += self._now.facts
        self.counts.missing += self._now.missing
        self.counts.set_aside += self._now.set_aside
        self.counts.told += self._replay.told
        self.counts.otherwise += self._replay.otherwise

    async def _due(
        self, session: AsyncSession, told: AbstractSet[UUID], new: AbstractSet[UUID]
    ) -> AbstractSet[UUID]:
        self._replay = replaying.begin(session, told - new)
        self._now.facts, self._now.missing = len(told), len(new)
        if new and not self._again:
            await first_seen(session, {UNFINISHED: 0})
        return told if self._again else new

    async def _set_aside(
        self, session: AsyncSession, refused: Sequence[Refused]
    ) -> Sequence[Refused]:
        dead = await super()._set_aside(session, refused)
        self._now.set_aside = len(dead)
        return dead


async def finish(database: Database, after_replay: AfterReplay | None) -> None:
    """Where a lost database was filled, let nothing go out now that went out then."""
    mine = inbox.c.fact_id == UNFINISHED
    async with database.read() as session:
        asked = select(inbox.c.fact_id).where(mine)
        if (await (await session.connection()).execute(asked)).first() is None:
            return
    if after_replay is not None:
        await after_replay(database)
    async with database.begin() as session:
        await (await session.connection()).execute(delete(inbox).where(mine))

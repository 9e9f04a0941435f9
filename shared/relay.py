"""Carries what waits in the outbox to Kafka: in order, one leader a shard, nothing lost.

A parcel leaves the outbox in the transaction that saw the broker acknowledge it. Where the broker
has forgotten what it acknowledged (an in-memory broker restarted, a lost disk), all of
the topic is told again from `told`; listeners' inboxes make that harmless.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import lead, settled, telemetry
from shared.carrier import Carrier, Sent
from shared.database import Database
from shared.outbox import SHARDS, Told, outbox, told_position
from shared.refill import refill

log = logging.getLogger(__name__)

BATCH: Final = 2000
"""Facts that are sent before they are settled; those of a parcel go together."""
BATCH_BYTES: Final = 16 * 1024 * 1024
"""The most that is held at once; a single parcel that is larger still goes."""
POLL_SECONDS: Final = 0.2
"""How often to look for rows another process put; the own process rings `Database.told`."""
IDLE_POLL_SECONDS: Final = 1.0
LED_SECONDS: Final = 0.05
"""How soon to ask for a shard again that another leads and this process has facts for."""
LONGEST_PAUSE: Final = 10.0

_OLDEST_ON_POSTGRES = text("""
    select each.shard, first.put_at from generate_series(0, :last) as each (shard)
    cross join lateral (
        select id, put_at from outbox where shard = each.shard order by id limit 1
    ) as first
    order by first.id
""").columns(shard=outbox.c.shard.type, put_at=outbox.c.put_at.type)
_OLDEST_ON_SQLITE = select(outbox.c.shard, outbox.c.put_at).order_by(outbox.c.id).limit(1)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be sent, and what was acknowledged before any of it was."""

    parcels: Sequence[settled.Waiting]
    rows: Sequence[Told]
    before: settled.Positions


class Relay:
    """A process's relay: it leads what shards it can, for a batch at a time."""

    def __init__(
        self,
        database: Database,
        carrier: Carrier,
        *,
        check_seconds: float,
        provision: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._database = database
        self._carrier = carrier
        self._check_seconds = check_seconds
        self._provision = provision
        self._checked = float("-inf")
        self._looked = float("-inf")
        """When all shards were last looked at (seconds, monotonic)."""
        self._oldest: float | None = None
        self._more = False
        """Whether more waits that nobody may be at."""
        self._led = False
        """Whether others lead a shard in which something waits."""
        self._full = False
        """Whether more waits than a batch holds: then half of the shards are left to others."""
        self._stopping = asyncio.Event()
        telemetry.OUTBOX_AGE.set_function(self._age)

    async def run(self) -> None:
        """Relay until `stop` is called; waits where the broker or the database is away."""
        pause = POLL_SECONDS
        while not self._stopping.is_set():
            rang = self._database.told.is_set()
            self._database.told.clear()
            try:
                moved = await self.relay_once(rang=rang)
            except Exception as error:  # noqa: BLE001  # it must never end
                log.warning(
                    "facts cannot be told now; they wait",
                    extra={"error": type(error).__name__, "at": telemetry.where(error)},
                )
                await self._carrier.close()
                self._checked = float("-inf")
                await _within(pause, self._stopping)  # not told: what comes in wakes nobody now
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            pause = POLL_SECONDS
            if self._more or (moved and not rang):  # others may be telling on
                continue
            if self._led and rang:  # what was told here waits until others let a shard go
                await _within(LED_SECONDS, self._stopping)
                self._database.told.set()
            else:
                idle = IDLE_POLL_SECONDS if moved is None else POLL_SECONDS
                await _within(idle, self._database.told)

    def stop(self) -> None:
        """End after the batch under way."""
        self._stopping.set()
        self._database.told.set()

    async def relay_once(self, *, rang: bool = False) -> int | None:
        """Relay one batch; gives how many rows settled, None if others lead all that waits.

        `rang`: this process has just told something, so it need not look whether anything waits.
        """
        self._more = self._led = False
        own = rang and self._database.is_postgres and not self._due_to_look()
        shards = (self._database.fresh.shards() if own else []) or await self._shards()
        if time.monotonic() - self._checked > self._check_seconds:
            if await self._refill_lost_topics():
                shards = await self._shards()
            self._checked = time.monotonic()
        if not shards:
            return 0
        if not self._database.is_postgres:
            # SQLite has one writer: hold no lock on it while the broker is asked.
            async with self._database.read() as session:
                work = await self._work(session, None)
            sent = await self._carrier.send(work.rows)
            async with self._database.begin() as session:
                await self._settle(session, sent, work)
            return self._done(sent)
        async with self._database.begin() as session:
            most = SHARDS // 2 if self._full else SHARDS
            led = await lead.take(session, shards, most=most)
            self._led = len(led) < min(most, len(shards))
            if not led:
                self._oldest = None  # the others' to tell of
                return None
            work = await self._work(session, led)
            self._full = self._more
            self._more |= len(shards) > most
            sent = await self._carrier.send(work.rows, sure=lead.Proof(session))
            await self._settle(session, sent, work)
        return self._done(sent)

    async def _work(self, session: AsyncSession, shards: Sequence[int] | None) -> _Work:
        parcels, self._more = await settled.waiting(session, shards, facts=BATCH, size=BATCH_BYTES)
        rows = await settled.facts_of(session, self._database.fresh, parcels)
        if shards is not None and not self._more:
            self._database.fresh.let_go(shards)
        self._oldest = parcels[0].put_at.timestamp() if parcels else None
        return _Work(parcels, rows, await settled.positions(session))

    def _due_to_look(self) -> bool:
        """Whether it is time to see what others may have left behind, however often it rings."""
        return time.monotonic() - self._looked > POLL_SECONDS

    async def _shards(self) -> list[int]:
        """The shards in which facts wait, the longest waiting first; on SQLite one for all."""
        async with self._database.read() as session:
            connection = await session.connection()
            if self._database.is_postgres:
                rows = await connection.execute(_OLDEST_ON_POSTGRES, {"last": SHARDS - 1})
            else:
                rows = await connection.execute(_OLDEST_ON_SQLITE)
            found = rows.all()
        self._looked = time.monotonic()
        self._oldest = found[0].put_at.timestamp() if found else None
        return [row.shard for row in found]

    def _age(self) -> float:
        return 0.0 if self._oldest is None else max(0.0, time.time() - self._oldest)

    def _done(self, sent: Sent) -> int:
        if sent.waiting:
            raise ConnectionError("some facts have to be sent again")
        return len(sent.acknowledged) + len(sent.refused)

    async def _settle(self, session: AsyncSession, sent: Sent, work: _Work) -> None:
        """Let go of what was acknowledged, by number: a late commit has a low one and must stay."""
        for identity, error in sent.refused.items():
            log.error("a fact is too large for the broker", extra={"id": identity, "error": error})
        # The broker gave places away that it had given before: it forgot them.
        before = work.before
        anew = {where for where, first in sent.first.items() if first <= before.get(where, -1)}
        here = self._carrier.cluster
        places = [
            settled.Place(*where, offset, settled.FORGOTTEN if where in anew else here)
            for where, offset in sorted(sent.positions.items())
        ]
        await settled.settle(
            session, work.parcels, work.rows, sent.acknowledged, sent.refused, places
        )
        if anew:
            self._checked = float("-inf")

    async def _refill_lost_topics(self) -> bool:
        """Put back into the outbox all that was told to topics the broker has forgotten."""
        async with self._database.read() as session:
            connection = await session.connection()
            kept = (await connection.execute(select(told_position))).all()
        if self._provision is not None:
            await self._provision()
        if not kept:
            return False
        seen = await self._carrier.look({row.topic for row in kept})
        lost = {
            row for row in kept if not seen.has(row.cluster, (row.topic, row.partition), row.offset)
        }
        if not lost:
            return False
        await self._carrier.close()
        async with self._database.begin() as session:
            connection = await session.connection()
            if self._database.is_postgres:
                await lead.take_all(session)
            topics = await refill(connection, lost)
        if topics:
            log.warning("the broker lost topics; they are told again", extra={"topics": topics})
        return bool(topics)


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Wait for the event, at most this long."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)

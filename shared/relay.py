"""Carries what waits in the outbox to Kafka: in order, one relay a shard, nothing lost.

A row moves to `told` in the transaction that saw the broker acknowledge it. Where the broker
has forgotten what it acknowledged (an in-memory broker restarted, a lost disk), all of
the topic is told again from `told`; listeners' inboxes make that harmless.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from sqlalchemy import Row, delete, func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import telemetry
from shared.carrier import Carrier, Sent
from shared.database import Database, json_list
from shared.outbox import outbox, told, told_position

log = logging.getLogger(__name__)

LOCK: Final = 7411
BATCH: Final = 2000
BATCH_BYTES: Final = 16 * 1024 * 1024
"""The most that is held at once; a single fact that is larger still goes."""
POLL_SECONDS: Final = 0.2
"""How often to look for rows another process put; the own process rings `Database.told`."""
IDLE_POLL_SECONDS: Final = 1.0
LONGEST_PAUSE: Final = 10.0
IDLE_LEADER: Final = "90s"
"""After how long PostgreSQL takes the lead from a relay that was stopped in mid-batch."""

FORGOTTEN: Final = "forgotten"
"""In place of a cluster's id: what was told there is gone, whatever the log's end may say."""

_MOVED: Final = ("id", "shard", "fact_id", "topic", "key", "payload", "headers", "put_at")
_MOVE_ON_POSTGRES = text("""
    with gone as (
        delete from outbox where id = any(:ids)
        returning id, shard, fact_id, topic, key, payload, headers, put_at
    )
    insert into told (id, shard, fact_id, topic, key, payload, headers, put_at, error)
    select id, shard, fact_id, topic, key, payload, headers, put_at, :error from gone
""")
_COPY_ON_SQLITE = text("""
    insert into told (id, shard, fact_id, topic, key, payload, headers, put_at, error)
    select id, shard, fact_id, topic, key, payload, headers, put_at, :error from outbox
    where id in (select value from json_each(:ids))
""")
_DROP_ON_SQLITE = text("delete from outbox where id in (select value from json_each(:ids))")


class Relay:
    """One shard's relay: at most one at a time works on it, whichever process it is in."""

    def __init__(
        self,
        database: Database,
        carrier: Carrier,
        *,
        shard: int = 0,
        check_seconds: float,
        provision: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._database = database
        self._carrier = carrier
        self._shard = shard
        self._check_seconds = check_seconds
        self._provision = provision
        self._checked = float("-inf")
        self._oldest: float | None = None
        self._stopping = asyncio.Event()
        telemetry.OUTBOX_AGE.set_function(self._age)

    async def run(self) -> None:
        """Relay until `stop` is called; waits where the broker or the database is away."""
        pause = POLL_SECONDS
        while not self._stopping.is_set():
            self._database.told.clear()
            try:
                moved = await self.relay_once()
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
            if not moved:  # None: another process holds the shard
                idle = IDLE_POLL_SECONDS if moved is None else POLL_SECONDS
                await _within(idle, self._database.told)

    def stop(self) -> None:
        """End after the batch under way."""
        self._stopping.set()
        self._database.told.set()

    async def relay_once(self) -> int | None:
        """Relay one batch; gives how many rows settled, None if another relay has the shard."""
        await self._note_oldest()
        if time.monotonic() - self._checked > self._check_seconds:
            await self._refill_lost_topics()
            self._checked = time.monotonic()
        if not self._database.is_postgres:
            # SQLite has one writer: hold no lock on it while the broker is asked.
            async with self._database.read() as session:
                rows = await self._waiting(await session.connection())
            if not rows:
                return 0
            sent = await self._carrier.send(rows)
            async with self._database.begin() as session:
                await self._settle(await session.connection(), sent)
            return self._done(sent)
        async with self._database.begin() as session:
            connection = await session.connection()
            if not await self._lead(connection):
                self._oldest = None  # the other's to tell of
                return None
            rows = await self._waiting(connection)
            if not rows:
                return 0
            sent = await self._carrier.send(rows)
            await self._settle(connection, sent)
        return self._done(sent)

    async def _lead(self, connection: AsyncConnection) -> bool:
        lock = select(
            func.pg_try_advisory_xact_lock(LOCK, self._shard),
            func.set_config("idle_in_transaction_session_timeout", IDLE_LEADER, True),
        )
        return bool((await connection.execute(lock)).scalar())

    async def _waiting(self, connection: AsyncConnection) -> Sequence[Row[Any]]:
        """The oldest rows: at most `BATCH`, and no more than fit into `BATCH_BYTES`."""
        sizes = select(outbox.c.id, func.length(outbox.c.payload)).where(
            outbox.c.shard == self._shard
        )
        last = None
        held = 0
        for identity, size in await connection.execute(sizes.order_by(outbox.c.id).limit(BATCH)):
            held += size
            if last is not None and held > BATCH_BYTES:
                break
            last = identity
        if last is None:
            return ()
        rows = select(outbox).where(outbox.c.shard == self._shard, outbox.c.id <= last)
        return (await connection.execute(rows.order_by(outbox.c.id).limit(BATCH))).all()

    async def _note_oldest(self) -> None:
        oldest = select(outbox.c.put_at).where(outbox.c.shard == self._shard)
        async with self._database.read() as session:
            connection = await session.connection()
            put_at = (await connection.execute(oldest.order_by(outbox.c.id).limit(1))).scalar()
        self._oldest = None if put_at is None else put_at.timestamp()

    def _age(self) -> float:
        return 0.0 if self._oldest is None else max(0.0, time.time() - self._oldest)

    def _done(self, sent: Sent) -> int:
        if sent.waiting:
            raise ConnectionError("some facts have to be sent again")
        return len(sent.acknowledged) + len(sent.refused)

    async def _settle(self, connection: AsyncConnection, sent: Sent) -> None:
        """Move what was acknowledged to `told`, by id: a late commit has a low id and must stay."""
        await self._move(connection, sent.acknowledged, error=None)
        for identity, error in sent.refused.items():
            log.error("a fact is too large for the broker", extra={"id": identity, "error": error})
            await self._move(connection, [identity], error=error)
        if not sent.positions:
            return
        anew = await self._given_anew(connection, sent)
        rows = [
            {
                "topic": topic,
                "partition": partition,
                "offset": offset,
                "cluster": FORGOTTEN if (topic, partition) in anew else self._carrier.cluster,
            }
            for (topic, partition), offset in sorted(sent.positions.items())
        ]
        dialect = postgresql if self._database.is_postgres else sqlite
        change = dialect.insert(told_position)
        await connection.execute(
            change.on_conflict_do_update(
                index_elements=["topic", "partition"],
                set_={name: change.excluded[name] for name in ("offset", "cluster")},
                where=told_position.c.cluster != FORGOTTEN,  # until it is filled again
            ),
            rows,
        )
        if anew:
            self._checked = float("-inf")

    async def _given_anew(self, connection: AsyncConnection, sent: Sent) -> set[tuple[str, int]]:
        """Partitions where the broker gave places away that it had given before: it forgot them."""
        topics = {topic for topic, _ in sent.first}
        kept = select(told_position).where(told_position.c.topic.in_(topics))
        return {
            (row.topic, row.partition)
            for row in await connection.execute(kept)
            if sent.first.get((row.topic, row.partition), row.offset + 1) <= row.offset
        }

    async def _move(
        self, connection: AsyncConnection, ids: list[int], *, error: str | None
    ) -> None:
        if not ids:
            return
        if self._database.is_postgres:
            await connection.execute(_MOVE_ON_POSTGRES, {"ids": ids, "error": error})
            return
        found = json_list(ids)
        await connection.execute(_COPY_ON_SQLITE, {"ids": found, "error": error})
        await connection.execute(_DROP_ON_SQLITE, {"ids": found})

    async def _refill_lost_topics(self) -> None:
        """Put back into the outbox all that was told to topics the broker has forgotten."""
        async with self._database.read() as session:
            connection = await session.connection()
            kept = (await connection.execute(select(told_position))).all()
        if self._provision is not None:
            await self._provision()
        if not kept:
            return
        seen = await self._carrier.look({row.topic for row in kept})
        lost = {
            row for row in kept if not seen.has(row.cluster, (row.topic, row.partition), row.offset)
        }
        if lost:
            await self._carrier.close()
            async with self._database.begin() as session:
                connection = await session.connection()
                if not self._database.is_postgres or await self._lead(connection):
                    await self._refill(connection, lost)

    async def _refill(self, connection: AsyncConnection, lost: AbstractSet[Row[Any]]) -> None:
        # Another relay may have filled a topic again since it was looked at: then its place moved.
        still = lost & set((await connection.execute(select(told_position))).all())
        topics = sorted({row.topic for row in still})
        for topic in topics:
            of_topic = (told.c.topic == topic, told.c.error.is_(None))
            columns = [told.c[name] for name in _MOVED]
            again = select(*columns).where(*of_topic)
            await connection.execute(insert(outbox).from_select(list(_MOVED), again))
            await connection.execute(delete(told).where(*of_topic))
            await connection.execute(delete(told_position).where(told_position.c.topic == topic))
            telemetry.REFILLS.labels(topic).inc()
        if topics:
            log.warning("the broker lost topics; they are told again", extra={"topics": topics})


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Wait for the event, at most this long."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)

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
from typing import Any, Final

from sqlalchemy import Row, delete, func, insert, literal, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import telemetry
from shared.carrier import Carrier, Sent
from shared.database import Database, json_list
from shared.outbox import outbox, told, told_position

log = logging.getLogger(__name__)

LOCK: Final = 7411
BATCH: Final = 2000
POLL_SECONDS: Final = 0.2
"""How often to look for rows another process put; the own process rings `Database.told`."""
IDLE_POLL_SECONDS: Final = 1.0
LONGEST_PAUSE: Final = 10.0

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
        self._stopping = False

    async def run(self) -> None:
        """Relay until `stop` is called; waits where the broker or the database is away."""
        pause = POLL_SECONDS
        while not self._stopping:
            self._database.told.clear()
            try:
                moved = await self.relay_once()
                pause = POLL_SECONDS
            except Exception as error:  # noqa: BLE001  # it must never end
                log.warning(
                    "facts cannot be told now; they wait",
                    extra={"error": type(error).__name__, "at": telemetry.where(error)},
                )
                await self._carrier.close()
                self._checked = float("-inf")
                await self._nap(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            if moved is None:  # another process holds the shard
                await self._nap(IDLE_POLL_SECONDS)
            elif moved < BATCH:
                await self._nap(POLL_SECONDS)

    def stop(self) -> None:
        """End after the batch under way."""
        self._stopping = True
        self._database.told.set()

    async def _nap(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._database.told.wait(), seconds)

    async def relay_once(self) -> int | None:
        """Relay one batch; gives how many rows settled, None if another relay has the shard."""
        if time.monotonic() - self._checked > self._check_seconds:
            await self._refill_lost_topics()
            self._checked = time.monotonic()
        waiting = (
            select(outbox).where(outbox.c.shard == self._shard).order_by(outbox.c.id).limit(BATCH)
        )
        if not self._database.is_postgres:
            # SQLite has one writer: hold no lock on it while the broker is asked.
            async with self._database.read() as session:
                rows = (await session.execute(waiting)).all()
            self._note_age(rows)
            if not rows:
                return 0
            sent = await self._carrier.send(rows)
            async with self._database.engine.begin() as connection:
                await self._settle(connection, sent)
            return self._done(sent)
        async with self._database.engine.begin() as connection:
            if not await self._lead(connection):
                return None
            rows = (await connection.execute(waiting)).all()
            self._note_age(rows)
            if not rows:
                return 0
            sent = await self._carrier.send(rows)
            await self._settle(connection, sent)
        return self._done(sent)

    async def _lead(self, connection: AsyncConnection) -> bool:
        lock = select(func.pg_try_advisory_xact_lock(LOCK, self._shard))
        return bool((await connection.execute(lock)).scalar())

    def _note_age(self, rows: Sequence[Row[Any]]) -> None:
        age = 0.0
        if rows:
            age = max(0.0, time.time() - rows[0].put_at.timestamp())
        telemetry.OUTBOX_AGE.set(age)

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
        rows = [
            {
                "topic": topic,
                "partition": partition,
                "offset": offset,
                "cluster": self._carrier.cluster,
            }
            for (topic, partition), offset in sorted(sent.positions.items())
        ]
        dialect = postgresql if self._database.is_postgres else sqlite
        change = dialect.insert(told_position)
        await connection.execute(
            change.on_conflict_do_update(
                index_elements=["topic", "partition"],
                set_={name: change.excluded[name] for name in ("offset", "cluster")},
            ),
            rows,
        )

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
            kept = (await session.execute(select(told_position))).all()
        if self._provision is not None:
            await self._provision()
        if not kept:
            return
        seen = await self._carrier.look({row.topic for row in kept})
        lost = {
            row.topic
            for row in kept
            if not seen.has(row.cluster, (row.topic, row.partition), row.offset)
        }
        if not lost:
            return
        log.warning("the broker lost topics; they are told again", extra={"topics": sorted(lost)})
        await self._carrier.close()
        async with self._database.engine.begin() as connection:
            if self._database.is_postgres and not await self._lead(connection):
                return
            for topic in sorted(lost):
                await connection.execute(
                    insert(outbox).from_select(
                        list(_MOVED),
                        select(*(told.c[name] for name in _MOVED)).where(
                            told.c.topic == literal(topic), told.c.error.is_(None)
                        ),
                    )
                )
                await connection.execute(
                    delete(told).where(told.c.topic == topic, told.c.error.is_(None))
                )
                await connection.execute(
                    delete(told_position).where(told_position.c.topic == topic)
                )
                telemetry.REFILLS.labels(topic).inc()

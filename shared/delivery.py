"""The one way facts reach a handler: in batches, once, in one transaction, or set aside.

A batch is kept whole: inbox, effects, what is told because of them, then Kafka's offsets. Where a
batch fails for good it is halved until the culprit stands alone; the culprit goes to `<topic>.dead`
and what was behind it goes on. Where the database is away everything waits, in order.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from shared import envelope, outbox, postmark, telemetry, tracing
from shared.database import Database, passes
from shared.envelope import Read, Record, Refused
from shared.events import Data, Fact
from shared.events.fact import FACTS
from shared.inbox import contradicted, digest, first_seen

log = logging.getLogger(__name__)

Handler = Callable[[Sequence[Fact[Any]], AsyncSession], Awaitable[None]]

TRIES: Final = 3
"""How often a fact that stands alone is tried before it is set aside."""
FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 10.0
PATIENCE: Final = 5.0
"""Seconds a batch may spend on pauses between tries: a hundred culprits must not take minutes."""
HEADERS: Final = (
    "ce_specversion",
    "ce_id",
    "ce_type",
    "ce_source",
    "ce_time",
    "ce_subject",
    "ce_dataschema",
    "content-type",
    "traceparent",
)
"""What goes with a record set aside; another header could hold anything."""
HEADER_BYTES: Final = 256
"""And no more of each than this."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A handler and the types of facts it takes."""

    types: tuple[type[Data], ...]
    handle: Handler


class Listening:
    """What a service listens to: the table of contents of its `handlers.py`."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.listeners: list[Listener] = []

    def on(self, *types: type[Data]) -> Callable[[Handler], Handler]:
        """Give facts of these types, in the order they were told in, to a handler.

        The handler gets a batch and a session. All it does through the session is kept once or
        not at all; anything else may happen more than once, so there is nothing else.
        """

        def register(handle: Handler) -> Handler:
            self.listeners.append(Listener(types, handle))
            return handle

        return register

    @property
    def types(self) -> tuple[type[Data], ...]:
        """All types listened to."""
        return tuple(kind for listener in self.listeners for kind in listener.types)

    @property
    def topics(self) -> tuple[str, ...]:
        """All topics listened to, each once."""
        return tuple(dict.fromkeys(kind.topic.name for kind in self.types))


def dead_id(service: str, record: Record, place: str | None = None) -> UUID:
    """The id a record has once a service set it aside, from where it stood and what it says.

    Not the place alone: a topic lost and filled again holds another record there.
    """
    identity = dict(record.headers).get("ce_id") or b""
    content = digest(b"\0".join((record.key or b"", identity, record.value or b"")))
    return uuid5(FACTS, f"dead/{service}/{place or envelope.place(record)}/{content}")


class Delivery:
    """Delivers batches of records to a service's handlers."""

    def __init__(self, listening: Listening, database: Database) -> None:
        self.listening = listening
        self.database = database
        self.gate = asyncio.Lock()
        """Held while a batch is under way; a rebalance waits for it."""
        self.progress = time.monotonic()
        """When a batch last began, waited or was kept (seconds, monotonic)."""
        self.busy = False
        self._failures = 0
        self._patience = PATIENCE
        takers = enumerate(listening.listeners)
        self._handlers = {kind: place for place, taker in takers for kind in taker.types}
        """By type of fact, which listener takes it."""

    async def take(self, records: Sequence[Record]) -> None:
        """Deliver a batch. Raises, after a pause, where it cannot be kept now: take it again."""
        async with self.gate:
            self.busy = True
            self.progress = time.monotonic()
            self._patience = PATIENCE
            began = time.perf_counter()
            try:
                now = datetime.now(UTC)
                await self._deliver([envelope.read(record, now) for record in records])
            except Exception as error:
                await self._pause(error)
                raise
            finally:
                self.busy = False
            self._failures = 0
            telemetry.BATCH_SECONDS.observe(time.perf_counter() - began)

    async def _deliver(self, items: Sequence[Read | Refused]) -> None:
        try:
            await self._keep(items)
        except Exception as error:
            if passes(error):
                raise
            if len(items) > 1:
                middle = len(items) // 2
                await self._deliver(items[:middle])
                await self._deliver(items[middle:])
            else:
                with tracing.going_on("try alone", envelope.trace_of(items[0].record)):
                    await self._try_alone(items[0], error)

    async def _keep(self, items: Sequence[Read | Refused]) -> None:
        """Keep a batch whole, or raise and keep none of it."""
        refused: list[Refused] = []
        first: dict[UUID, Read] = {}
        digests: dict[UUID, int] = {}
        for item in items:
            if isinstance(item, Refused):
                refused.append(item)
            elif type(item.fact.data) in self._handlers:
                identity, said = item.fact.id, digest(item.record.value or b"")
                if digests.setdefault(identity, said) == said:
                    first.setdefault(identity, item)
                else:
                    refused.append(Refused(item.record, envelope.OTHER_CONTENT))
        under_way = tracing.batch(self.listening.service, len(items))
        async with under_way, self.database.begin() as session:
            new = await first_seen(session, digests)
            due = await self._due(session, digests.keys(), new)
            old: AbstractSet[UUID] = set()
            kept: Collection[Read] = first.values()
            if len(new) < len(digests):
                old = digests.keys() - new
                changed = await contradicted(session, {one: digests[one] for one in old})
                refused += [Refused(first[one].record, envelope.OTHER_CONTENT) for one in changed]
                kept = [first[one] for one in first if one in due and one not in changed]
            dead = await self._set_aside(session, refused)
            batches: dict[int, list[Fact[Any]]] = defaultdict(list)
            for item in kept:
                batches[self._handlers[type(item.fact.data)]].append(item.fact)
            for place in sorted(batches):
                handle = self.listening.listeners[place].handle
                await handle(tracing.follow(batches[place]), session)
        self.progress = time.monotonic()
        fresh = [item.fact for identity, item in first.items() if not old or identity not in old]
        telemetry.count_facts(self.listening.service, "kept", fresh)
        telemetry.count_facts(self.listening.service, "repeat", [first[one].fact for one in old])
        for one in dead:
            telemetry.DEAD.labels(self.listening.service, one.reason.split(":")[0]).inc()

    async def _due(
        self,
        session: AsyncSession,  # noqa: ARG002  # a replay's needs it
        told: AbstractSet[UUID],  # noqa: ARG002  # the same
        new: AbstractSet[UUID],
    ) -> AbstractSet[UUID]:
        """Which of these facts the handlers get: those never seen before."""
        return new

    async def _try_alone(self, item: Read | Refused, error: Exception) -> None:
        for attempt in range(1, TRIES):
            pause = min(FIRST_PAUSE * attempt, self._patience)
            self._patience -= pause
            await asyncio.sleep(pause)
            try:
                return await self._keep([item])
            except Exception as again:
                if passes(again):
                    raise
                error = again
        refused = Refused(item.record, f"handler:{type(error).__name__}")
        log.error(
            "a fact could not be handled and is set aside",
            extra={
                "place": envelope.place(item.record),
                "reason": refused.reason,
                "at": telemetry.where(error),
            },
        )
        return await self._keep([refused])

    async def _set_aside(
        self, session: AsyncSession, refused: Sequence[Refused]
    ) -> Sequence[Refused]:
        """Tell records, as they came, to their dead topics; gives those not told before."""
        service = self.listening.service
        rows = {dead_id(service, one.record): one for one in refused}
        marks = {identity: digest(one.record.value or b"") for identity, one in rows.items()}
        new = await first_seen(session, marks)
        now = datetime.now(UTC)
        dead = {identity: one for identity, one in rows.items() if identity in new}
        await outbox.put(session, [self._dead_row(i, one, now) for i, one in dead.items()])
        return list(dead.values())

    def _dead_row(self, identity: UUID, refused: Refused, now: datetime) -> outbox.Row:
        record = refused.record
        kept = {
            name: (value or b"")[:HEADER_BYTES].decode("utf-8", "replace")
            for name, value in record.headers
            if name in HEADERS
        }
        kept |= {
            "dead_reason": refused.reason,
            "dead_service": self.listening.service,
            "dead_topic": record.topic,
            "dead_partition": str(record.partition),
            "dead_offset": str(record.offset),
            "dead_time": now.isoformat(),
        }
        return (
            outbox.shard_of(record.key),
            identity,
            f"{record.topic}.dead",
            record.key,
            record.value or b"",
            postmark.of_record(kept),
        )

    async def _pause(self, error: Exception) -> None:
        pause = min(FIRST_PAUSE * 2**self._failures, LONGEST_PAUSE)
        self._failures = min(self._failures + 1, 10)
        self.progress = time.monotonic()  # waiting for what is away is not being stuck
        log.warning(
            "a batch cannot be kept now; it is taken again",
            extra={
                "error": type(error).__name__,
                "at": telemetry.where(error),
                "database_away": passes(error),
                "pause_seconds": pause,
            },
        )
        await asyncio.sleep(pause)

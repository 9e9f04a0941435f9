"""The one way facts reach a handler: in batches, once, in one transaction, or set aside.

A batch is kept whole: inbox, effects, what is told because of them, then Kafka's offsets. Where
it fails for good it is halved until the culprit stands alone; the culprit goes to
`<topic>.dead` and what was behind it goes on. Where the database is away everything waits,
in order.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid5

from sqlmodel.ext.asyncio.session import AsyncSession

from shared import envelope, outbox, telemetry
from shared.database import Database, passes
from shared.envelope import Read, Record, Refused
from shared.events import Data, Fact
from shared.events.fact import FACTS
from shared.inbox import first_seen

log = logging.getLogger(__name__)

Handler = Callable[[Sequence[Fact[Any]], AsyncSession], Awaitable[None]]

TRIES: Final = 3
"""How often a single fact is tried before it is set aside."""
FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 10.0
HEADER_BYTES: Final = 256
"""No more of a foreign header than this goes with a record set aside."""


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


class Delivery:
    """Delivers batches of records to a service's handlers."""

    def __init__(self, listening: Listening, database: Database) -> None:
        self.listening = listening
        self.database = database
        self.gate = asyncio.Lock()
        """Held while a batch is under way; a rebalance waits for it."""
        self.progress = time.monotonic()
        """When something was last kept, or there was nothing to keep (seconds, monotonic)."""
        self.busy = False
        self._failures = 0
        self._handlers = {
            kind: listener for listener in listening.listeners for kind in listener.types
        }

    async def take(self, records: Sequence[Record]) -> None:
        """Deliver a batch. Raises only what passes by itself, after a pause: take it again."""
        async with self.gate:
            self.busy = True
            began = time.perf_counter()
            try:
                await self._deliver([envelope.read(record) for record in records])
            except Exception as error:
                if not passes(error):
                    raise
                await self._pause(error)
                raise
            finally:
                self.busy = False
            self._failures = 0
            self.progress = time.monotonic()
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
                await self._try_alone(items[0], error)

    async def _keep(self, items: Sequence[Read | Refused]) -> None:
        async with self.database.begin() as session:
            for item in items:
                if isinstance(item, Refused):
                    await self._set_aside(session, item)
            reads = {
                item.fact.id: item.fact
                for item in reversed(items)  # of two with one id, the first counts
                if isinstance(item, Read) and type(item.fact.data) in self._handlers
            }
            new = await first_seen(session, reads)
            facts: dict[int, tuple[Listener, list[Fact[Data]]]] = {}
            for identity in reversed(reads):
                if identity in new:
                    fact = reads[identity]
                    listener = self._handlers[type(fact.data)]
                    facts.setdefault(id(listener), (listener, []))[1].append(fact)
            for listener, batch in facts.values():
                await listener.handle(batch, session)
        telemetry.count_facts(self.listening.service, new, reads)

    async def _try_alone(self, item: Read | Refused, error: Exception) -> None:
        for attempt in range(1, TRIES):
            await asyncio.sleep(FIRST_PAUSE * attempt)
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
        async with self.database.begin() as session:
            await self._set_aside(session, refused)
        return None

    async def _set_aside(self, session: AsyncSession, refused: Refused) -> None:
        """Tell the record, as it came, to the dead topic: once, whatever happens."""
        record = refused.record
        kept = {
            name: (value or b"")[:HEADER_BYTES].decode("utf-8", "replace")
            for name, value in record.headers
        }
        # The same place in a topic that was lost and filled again holds another record, so the
        # name of what is set aside takes in its content.
        name = f"dead/{self.listening.service}/{envelope.place(record)}/{kept.get('ce_id')}"
        identity = uuid5(FACTS, name)
        if not await first_seen(session, [identity]):
            return
        kept |= {
            "dead_reason": refused.reason,
            "dead_service": self.listening.service,
            "dead_topic": record.topic,
            "dead_partition": str(record.partition),
            "dead_offset": str(record.offset),
            "dead_time": datetime.now(UTC).isoformat(),
        }
        await outbox.put(
            session,
            [
                (
                    outbox.shard_of(record.key),
                    identity,
                    f"{record.topic}.dead",
                    record.key,
                    record.value or b"",
                    outbox.pack(kept),
                )
            ],
        )
        telemetry.DEAD.labels(self.listening.service, refused.reason.split(":")[0]).inc()

    async def _pause(self, error: Exception) -> None:
        pause = min(FIRST_PAUSE * 2**self._failures, LONGEST_PAUSE)
        self._failures += 1
        self.progress = time.monotonic()  # waiting for what is away is not being stuck
        log.warning(
            "the database is away; facts wait",
            extra={"error": type(error).__name__, "pause_seconds": pause},
        )
        await asyncio.sleep(pause)

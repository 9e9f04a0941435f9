"""A consumer that is the only one of its service: it takes all partitions, and joins no group.

A service on SQLite is one process, so nothing has to be divided, and nobody waits for a group to be
formed. What a group gives besides is kept in a file beside the database: its lock lets no second
process in, and it names the cluster whose committed offsets count. A broker that lost everything
comes back as another cluster; it takes commits of places it never had, and whoever reads on there
misses what comes before. So another cluster gets another client, which begins at the beginning; the
inbox knows what is known.
"""

import asyncio
import fcntl
import logging
import os
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from faststream.kafka import TopicPartition as Partition

from shared import reading, telemetry
from shared.database import Database
from shared.ending import end
from shared.events import Topic

log = logging.getLogger(__name__)

SUFFIX: Final = "-alone"
ASK_SECONDS: Final = 10.0
RETRY_SECONDS: Final = 0.5
"""How soon to ask again where the broker does not answer."""


class Claim:
    """The file by which one process has a database's facts to itself; its lock dies with it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._held: int | None = None

    @classmethod
    def beside(cls, database: Database) -> "Claim":
        """The one of this database.

        Raises:
            ValueError: it is no file of SQLite's, so other processes could write to it.
        """
        file = database.engine.url.database
        if database.is_postgres or not file or file == ":memory:":
            raise ValueError("KINERJA_KAFKA_ALONE is for services on a file of SQLite's")
        return cls(Path(file + SUFFIX))

    def take(self) -> None:
        """Claim it, once or again.

        Raises:
            BlockingIOError: another process has it.
        """
        if self._held is None:
            held = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(held)
                raise BlockingIOError(f"another process has {self._file}") from None
            self._held = held

    def let_go(self) -> None:
        """Let another process have it."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    @property
    def is_taken(self) -> bool:
        """Whether another process has it."""
        try:
            self.take()
        except BlockingIOError:
            return True
        self.let_go()
        return False

    @property
    def cluster(self) -> str:
        """Where the offsets that count are committed; empty if nowhere."""
        return self._file.read_text(errors="replace")

    @cluster.setter
    def cluster(self, identity: str) -> None:
        self._file.write_text(identity)


class Alone:
    """Knows which broker a consumer reads from, and gives it another client for another one."""

    def __init__(
        self,
        client: Mapping[str, Any],
        topics: Collection[Topic],
        claim: Claim,
        *,
        check_seconds: float,
    ) -> None:
        """`client` is how any client reaches the broker."""
        self.moving = False
        """Whether there is no consumer because the broker is another one."""
        self._client = client
        self._topics = topics
        self._claim = claim
        self._check_seconds = check_seconds
        self._admin: AIOKafkaAdminClient | None = None
        self._cluster = ""
        self._began = False
        self._watch: asyncio.Task[None] | None = None

    @property
    def partitions(self) -> list[Partition]:
        """All there are, as declared."""
        return [
            Partition(topic.name, number)
            for topic in self._topics
            for number in range(topic.partitions)
        ]

    async def enter(self) -> None:
        """Before a client is made: learn which broker it will read from.

        Raises:
            BlockingIOError: another process has the database.
            LookupError: the broker has not all partitions yet, or others than declared.
        """
        self._claim.take()
        self._began = False
        self._cluster = await self._ask()
        there = await reading.partitions(self._client, [topic.name for topic in self._topics])
        if {tuple(one) for one in there} != {(one.topic, one.partition) for one in self.partitions}:
            raise LookupError("topics are not as declared")

    async def began(self, consumer: AIOKafkaConsumer) -> bool:
        """Before a batch is read: whether the client stands where it should; else after a pause."""
        if not self._began:
            try:
                await self._begin(consumer)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is tried again
                log.debug("a consumer cannot begin", extra={"at": telemetry.where(error)})
                await asyncio.sleep(RETRY_SECONDS)
        return self._began

    async def _begin(self, consumer: AIOKafkaConsumer) -> None:
        if self._claim.cluster != self._cluster:
            async with asyncio.timeout(ASK_SECONDS):
                if not await consumer.seek_to_beginning():
                    raise TimeoutError
                # should we die now its offsets are right, whatever was committed there before
                await consumer.commit()
            self._claim.cluster = self._cluster
        self._began = True

    def watch(
        self, start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]]
    ) -> None:
        """Stop and start the client whenever the broker is another one, until `leave`."""
        self._watch = asyncio.create_task(self._look(start, stop))

    async def _look(
        self, start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]]
    ) -> None:
        pause = self._check_seconds
        while True:
            await asyncio.sleep(pause)
            try:
                if self.moving or await self._ask() != self._cluster:
                    self.moving = True
                    await stop()
                    await start()
                    self.moving = False
                pause = self._check_seconds
            except Exception as error:  # noqa: BLE001  # whatever it is, it is tried again
                log.debug("the broker does not answer", extra={"at": telemetry.where(error)})
                await self._close()
                pause = RETRY_SECONDS

    async def _ask(self) -> str:
        """The id of the cluster there is now."""
        async with asyncio.timeout(ASK_SECONDS):
            if self._admin is None:
                self._admin = AIOKafkaAdminClient(**self._client)
                await self._admin.start()
            return str((await self._admin.describe_cluster())["cluster_id"])

    async def _close(self) -> None:
        admin, self._admin = self._admin, None
        if admin is not None:
            await admin.close()

    async def leave(self) -> None:
        """Look no more."""
        watch, self._watch = self._watch, None
        if watch is not None:
            await end(watch)
        await self._close()
        self.moving = False

    def let_go(self) -> None:
        """Once no client is left: let another process have the database."""
        self._claim.let_go()

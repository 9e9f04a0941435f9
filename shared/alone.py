"""A consumer that is the only one of its service: it takes all partitions, and joins no group.

A service on SQLite is one process, so nothing has to be divided, and nobody waits for a group to be
formed. What a group gives besides is kept in a file beside the database: its lock lets no second
process in, and it names the cluster whose committed offsets count. A broker that lost everything
comes back as another cluster; it takes commits of places it never had, and whoever reads on there
misses what comes before. So on another cluster everything is heard from the beginning; the inbox
knows what is known.
"""

import asyncio
import fcntl
import logging
import os
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from shared import reading, telemetry
from shared.database import Database

log = logging.getLogger(__name__)

SUFFIX: Final = "-alone"
ASK_SECONDS: Final = 10.0
RETRY_SECONDS: Final = 0.1
"""How soon to look again where the broker has not all topics yet."""
AWAY_SECONDS: Final = 0.5
"""How soon to ask again where it does not answer."""


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
    """Gives a consumer all partitions of its topics, and notices when the broker is another one.

    It is asked between batches, never while one is under way.
    """

    def __init__(
        self,
        client: Mapping[str, Any],
        topics: Collection[str],
        claim: Claim,
        *,
        check_seconds: float,
    ) -> None:
        self.claim = claim
        self.began = asyncio.Event()
        """Set once partitions are read."""
        self._client = client
        self._topics = set(topics)
        self._check_seconds = check_seconds
        self._admin: AIOKafkaAdminClient | None = None
        self._cluster = ""
        self._checked = float("-inf")

    async def settled(self, consumer: AIOKafkaConsumer) -> bool:
        """Whether the consumer may read on; False, after a pause, where that cannot be said yet."""
        if time.monotonic() - self._checked < self._check_seconds:
            return True
        try:
            async with asyncio.timeout(ASK_SECONDS):
                settled = await self._settle(consumer)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is asked again
            log.debug("the broker does not answer", extra={"at": telemetry.where(error)})
            await self.close()
            await asyncio.sleep(AWAY_SECONDS)
            return False
        if settled:
            self._checked = time.monotonic()
        else:
            await asyncio.sleep(RETRY_SECONDS)
        return settled

    async def _settle(self, consumer: AIOKafkaConsumer) -> bool:
        cluster = await self._ask()
        if cluster == self._cluster:
            return True
        where = await reading.partitions(self._client, self._topics)
        if {one.topic for one in where} != self._topics:
            return False
        consumer.assign(where)  # what was fetched before is forgotten
        if cluster != self.claim.cluster:
            if not await consumer.seek_to_beginning(*where):
                return False
            # should we die now the offsets are right, whatever was committed to this broker before
            await consumer.commit()
            self.claim.cluster = cluster
        self._cluster = cluster
        self.began.set()
        return True

    async def _ask(self) -> str:
        """The id of the cluster there is now."""
        if self._admin is None:
            self._admin = AIOKafkaAdminClient(**self._client)
            await self._admin.start()
        return str((await self._admin.describe_cluster())["cluster_id"])

    def forget(self) -> None:
        """The next consumer settles anew."""
        self._cluster = ""
        self._checked = float("-inf")
        self.began.clear()

    async def close(self) -> None:
        """Close the connection the broker is asked over."""
        admin, self._admin = self._admin, None
        if admin is not None:
            await admin.close()

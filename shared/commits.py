"""Offsets are committed beside the work: no batch waits for the broker's answer to the one before.

A broker takes its time for it (Kafka 4's coordinator gathers for 5 ms). Should a process die before
its last offsets are committed, those batches come again, and the inbox knows them.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from shared.ending import end

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 0.1
"""At most this often; what is kept meanwhile goes together."""
RETRY_SECONDS: Final = 1.0
COMMIT_SECONDS: Final = 5.0
"""How long who gives partitions up waits for the broker's answer."""

Places = Mapping[TopicPartition, int]
"""By partition, the offset to go on from."""


class Commits:
    """Commits how far a consumer has come. FastStream takes it for the consumer of a message."""

    def __init__(self) -> None:
        self._consumer: AIOKafkaConsumer | None = None
        self._due: dict[TopicPartition, int] = {}
        self._rang = asyncio.Event()
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._ending = False

    def begin(self, consumer: AIOKafkaConsumer) -> None:
        """Commit for this consumer from now on."""
        self._consumer, self._ending = consumer, False
        self._task = asyncio.create_task(self._run(), name="commits")

    def note(self, places: Places) -> None:
        """All before these places is kept: they may be committed."""
        self._due |= places
        self._rang.set()

    def forget(self) -> None:
        """What is noted is others' to commit now."""
        self._due.clear()

    async def commit(self) -> None:
        """What FastStream calls once a batch is done: waits for the broker only at the end."""
        if self._ending:
            await self.flush()

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """What FastStream calls where a batch is to come again."""
        if self._consumer is not None:
            self._consumer.seek(partition=partition, offset=offset)

    async def flush(self) -> bool:
        """Commit all that is noted, and wait for it; False where the broker did not take it."""
        async with self._turn:  # a later place is never overtaken by an earlier one
            if not self._due or self._consumer is None:
                return True
            due, self._due = self._due, {}
            try:
                async with asyncio.timeout(COMMIT_SECONDS):
                    await self._consumer.commit(due)
            except (CommitFailedError, IllegalStateError):
                return True  # others have these partitions, and handle again what we kept
            except Exception as error:  # noqa: BLE001  # whatever it is, it is tried again
                log.warning("offsets wait to be committed", extra={"error": type(error).__name__})
                self._due = due | self._due
                return False
            return True

    async def hurry(self) -> None:
        """The end is near: commit what there is, and from now on each batch at once."""
        self._ending = True
        await self.flush()

    async def end(self) -> None:
        """Commit no more."""
        task, self._task = self._task, None
        if task is not None:
            await end(task)
        self._consumer = None
        self.forget()

    async def _run(self) -> None:
        while True:
            await self._rang.wait()
            self._rang.clear()
            if await self.flush():
                await asyncio.sleep(EVERY_SECONDS)
            else:
                await asyncio.sleep(RETRY_SECONDS)
                self._rang.set()

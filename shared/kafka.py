"""The Kafka side of delivery: one consumer a service, settled so that nothing is lost."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from faststream import AckPolicy
from faststream.exceptions import NackMessage
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from shared import broker, records
from shared.alone import Alone, Claim
from shared.commits import Commits, Places
from shared.delivery import Delivery
from shared.pace import IDLE_MS, Pace
from shared.records import Record
from shared.settings import CommonSettings

REBALANCE_MS: Final = 60_000
STUCK_SECONDS: Final = 60.0
"""A batch that takes longer than this without keeping anything hangs."""
OUT_SECONDS: Final = 2 * REBALANCE_MS / 1000
"""A consumer that lost its partitions and is given none for so long does not come back."""
RESTARTS: Final = 5
"""How often polling may fail for good: FastStream starts it again at once, without a limit."""
GRACE_SECONDS: Final = 20
"""How long a batch under way may take to end when the process is told to."""
STOP_SECONDS: Final = 25.0
PARTITION_BYTES: Final = 1024 * 1024
FETCH_BYTES: Final = 8 * PARTITION_BYTES
"""The most a far behind consumer holds; a single record that is larger still comes."""


class _Records:
    """A codec that decodes nothing, so that no record can fail before we look at it."""

    async def decode(self, msg: Any) -> Any:
        return msg.raw_message

    async def decode_batch(self, msg: Any) -> list[Any]:
        return list(msg.raw_message)

    async def encode(self, msg: Any, serializer: Any = None) -> tuple[bytes, str | None]:
        raise NotImplementedError("facts leave through the outbox")

    async def encode_batch(
        self, msgs: Any, serializer: Any = None
    ) -> list[tuple[bytes, str | None]]:
        raise NotImplementedError("facts leave through the outbox")


_SASL: Final = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}


def _security(access: Mapping[str, Any]) -> BaseSecurity:
    """FastStream's words for how the broker is reached."""
    context = access.get("ssl_context")
    protection: dict[str, Any] = {"ssl_context": context, "use_ssl": context is not None}
    if "sasl_mechanism" not in access:
        return BaseSecurity(**protection)
    return _SASL[access["sasl_mechanism"]](
        username=access["sasl_plain_username"], password=access["sasl_plain_password"], **protection
    )


class _Drain(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Partitions are given up only after the batch under way is done and committed."""

    def __init__(self, delivery: Delivery, commits: Commits) -> None:
        self._delivery = delivery
        self._commits = commits
        self.out_since: float | None = None
        """Since when the group is being divided anew (seconds, monotonic); None: it is not."""

    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:  # noqa: ARG002  # aiokafka's signature
        self.out_since = time.monotonic()
        async with self._delivery.gate:
            await self._commits.flush()
            self._commits.forget()

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:  # noqa: ARG002  # aiokafka's signature
        self.out_since = None


class Consumer:
    """A service's consumer: one group, all its topics, whole batches."""

    def __init__(self, delivery: Delivery, common: CommonSettings, *, batch: int) -> None:
        self.delivery = delivery
        self._commits = Commits()
        self._drain = _Drain(delivery, self._commits)
        self._pace = Pace(batch)
        self._reached: Places = {}
        """Where the last batch ended."""
        records.install()
        self.broker = KafkaBroker(
            common.kafka_addresses,
            consumer_only=True,
            apply_types=False,
            codec=_Records(),
            client_id=delivery.listening.service,
            allow_auto_create_topics=False,
            metadata_max_age_ms=common.kafka_metadata_ms,
            graceful_timeout=GRACE_SECONDS,
            logger=logging.getLogger("kafka"),
            log_level=logging.DEBUG,
            security=_security(broker.access(common)),
        )
        topics = delivery.listening.topics
        self._alone = None
        if common.kafka_alone:
            self._alone = Alone(
                broker.client_settings(delivery.listening.service, common),
                {kind.topic for kind in delivery.listening.types},
                Claim.beside(delivery.database),
                check_seconds=common.kafka_check_seconds,
            )
        self._subscriber = self.broker.subscriber(
            *(() if self._alone else topics),
            partitions=self._alone.partitions if self._alone else (),
            group_id=delivery.listening.service,
            group_instance_id=common.kafka_instance or None,
            batch=True,
            max_records=batch,
            batch_timeout_ms=IDLE_MS,
            fetch_max_wait_ms=common.kafka_fetch_wait_ms,
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=PARTITION_BYTES,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.NACK_ON_ERROR,
            listener=self._drain,
            session_timeout_ms=common.kafka_session_ms,
            heartbeat_interval_ms=common.kafka_session_ms // 10,
            rebalance_timeout_ms=REBALANCE_MS,
            parser=self._unparsed,
        )
        self._subscriber(self._take)
        self._subscriber.get_msg = self._wait  # type: ignore[method-assign]  # see there

    async def _wait(self, consumer: Any) -> tuple[Record, ...]:
        """The next records, as soon as there are any: FastStream's own way sleeps between looks."""
        if self._alone is not None and not await self._alone.began(consumer):
            return ()
        found = await self._pace.next(consumer)
        self._reached = {where: await consumer.position(where) for where in found}
        return tuple(chain.from_iterable(found.values()))

    async def _unparsed(
        self,
        records: tuple[Record, ...],
        original: Callable[[Any], Awaitable[KafkaMessage]],
    ) -> KafkaMessage:
        """FastStream reads each header as UTF-8 and skips the batch if one is not: show it none."""
        first = records[0]
        place = (first.topic, first.partition, first.offset, first.timestamp)
        bare: ConsumerRecord[None, bytes] = ConsumerRecord(*place, 0, None, b"", None, -1, 0, ())
        message = await original((bare,))
        message.raw_message = records
        message.consumer = self._commits
        return message

    async def _take(self, records: Sequence[Record]) -> None:
        try:
            await self.delivery.take(records)
            self._commits.note(self._reached)
        except Exception:  # noqa: BLE001  # FastStream would log its text, which may be personal
            raise NackMessage from None

    async def start(self, *, seconds: float) -> None:
        """Join the group; raises, and leaves nothing half open, if that cannot be done in time."""
        try:
            async with asyncio.timeout(seconds):
                await self._begin()
        except BaseException:
            await self.stop()
            raise
        if self._alone is not None:
            self._alone.watch(self._begin, self._end)

    async def _begin(self) -> None:
        if self._alone is not None:
            if self._subscriber.consumer is not None:
                raise RuntimeError("the client before is not closed")  # it could still commit
            await self._alone.enter()
        await self.broker.start()
        self._commits.begin(self._subscriber.consumer)

    async def stop(self) -> None:
        """Finish the batch under way, commit, leave the group; a broker that is away is let be."""
        if self._alone is not None:
            await self._alone.leave()
        await self._end()
        if self._alone is not None:
            self._alone.let_go()

    async def _end(self) -> None:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(STOP_SECONDS):
                await self._commits.hurry()
                await self.broker.stop()
        await self._commits.end()

    @property
    def assigned(self) -> bool:
        """Whether the group gave this process partitions (none is right if there are too many)."""
        consumer = self._subscriber.consumer
        return consumer is not None and bool(consumer.assignment())

    @property
    def alive(self) -> bool:
        """Whether partitions are read and no batch hangs; a broker that is away is no reason."""
        tasks, consumer = self._subscriber.tasks, self._subscriber.consumer
        moving = self._alone is not None and self._alone.moving
        if len(tasks) > RESTARTS or (all(task.done() for task in tasks) and not moving):
            return False
        if consumer is not None and consumer.paused() - self._pace.held:
            return False  # see `shared.records`: it stands still
        now = time.monotonic()
        if self._drain.out_since is not None and now - self._drain.out_since > OUT_SECONDS:
            return False
        return not self.delivery.busy or now - self.delivery.progress < STUCK_SECONDS


async def wait_for_broker(start: Callable[[], Awaitable[None]], *, seconds: float) -> None:
    """Start a client, trying again while the broker is away; raises the last error in the end."""
    ends = time.monotonic() + seconds
    while True:
        try:
            return await start()
        except Exception:
            if time.monotonic() > ends:
                raise
            await asyncio.sleep(0.5)

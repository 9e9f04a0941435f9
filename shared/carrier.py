"""Sends rows of the outbox through one producer: in order, one produce batch a partition."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import InvalidTopicError, MessageSizeTooLargeError, RecordListTooLargeError
from opentelemetry.trace import StatusCode

from shared import telemetry, tracing
from shared.outbox import Told
from shared.placing import partitions_of
from shared.postmark import headers_of, trace_of

log = logging.getLogger(__name__)

PERMANENT: Final = (MessageSizeTooLargeError, RecordListTooLargeError, InvalidTopicError)
"""Errors no broker will ever take back; aiokafka's `retriable` does not tell them apart."""
ASK_SECONDS: Final = 10.0
SEND_SECONDS: Final = 60.0
CLOSE_SECONDS: Final = 10.0
"""How long a broker may take; a client that hangs is given up and made anew."""

Sure = Callable[[], Awaitable[None]]
"""Asked before each batch that is sent; raises where nothing may be sent any more."""


async def _always() -> None:
    """Where there is no other who could send."""


@dataclass(slots=True)
class Sent:
    """What became of a batch of rows.

    Attributes:
        acknowledged: ids of rows the broker has.
        refused: ids of rows no broker will ever take, with the error's name.
        positions: topic and partition to the offset of the newest batch acknowledged: the log
            must end behind it for as long as the broker remembers.
        first: the same of the oldest: it lies behind whatever was told there before.
        waiting: whether some rows have to be sent again.
    """

    acknowledged: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    first: dict[tuple[str, int], int] = field(default_factory=dict)
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What a broker says of itself.

    Attributes:
        cluster: its id; a broker that lost everything comes back with another.
        ends: by topic and partition, where the log ends.
    """

    cluster: str
    ends: Mapping[tuple[str, int], int]

    def has(self, cluster: str, where: tuple[str, int], offset: int) -> bool:
        """Whether it still has what was acknowledged there."""
        return self.cluster == cluster and self.ends.get(where, 0) > offset


class Carrier:
    """Sends rows through one producer, which is made anew after any failure."""

    def __init__(self, client: Mapping[str, Any], producing: Mapping[str, Any]) -> None:
        """`client` is how any client reaches the broker, `producing` what only a producer needs."""
        self._client = client
        self._producing = producing
        self._producer: AIOKafkaProducer | None = None
        self.cluster = ""
        """The id of the cluster the producer was started on."""

    async def producer(self) -> AIOKafkaProducer:
        """The producer, started."""
        if self._producer is None:
            self.cluster = await self._cluster()
            producer = AIOKafkaProducer(**self._client, **self._producing)
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    async def look(self, topics: Collection[str]) -> Seen:
        """What the broker says of itself and of these topics now."""
        asker = AIOKafkaConsumer(**self._client, enable_auto_commit=False)
        try:
            async with asyncio.timeout(ASK_SECONDS):
                await asker.start()
                known = await asker.topics()
                # a consumer of nothing knows no partitions of what Apache Kafka names to it
                producer = await self.producer()
                there = [
                    TopicPartition(topic, partition)
                    for topic in sorted(set(topics) & known)
                    for partition in sorted(await producer.partitions_for(topic))
                ]
                ends = await asker.end_offsets(there) if there else {}
        finally:
            await asker.stop()
        found = {(where.topic, where.partition): end for where, end in ends.items()}
        return Seen(await self._cluster(), found)

    async def _cluster(self) -> str:
        admin = AIOKafkaAdminClient(**self._client)
        try:
            async with asyncio.timeout(ASK_SECONDS):
                await admin.start()
                return str((await admin.describe_cluster())["cluster_id"])
        finally:
            await admin.close()

    async def close(self) -> None:
        """Let go of the producer; what it was not yet rid of is never sent by it."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await _abandon(producer)

    async def send(self, rows: Sequence[Told], *, sure: Sure = _always) -> Sent:
        """Send rows in order, one produce batch a partition.

        After a row that has to be sent again, no later row of its partition counts as sent.
        """
        producer = await self.producer()
        sent = Sent()
        by_topic: dict[str, list[Told]] = defaultdict(list)
        for row in rows:
            by_topic[row.topic].append(row)
        with tracing.sending(map(trace_of, rows), len(rows)) as span:
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await asyncio.gather(
                        *(
                            self._send_topic(producer, topic, of_topic, sent, sure)
                            for topic, of_topic in by_topic.items()
                        )
                    )
            except TimeoutError:
                sent.waiting = True
            if sent.waiting:
                span.set_status(StatusCode.ERROR)
        if sent.waiting:
            await self.close()
        return sent

    async def _send_topic(
        self,
        producer: AIOKafkaProducer,
        topic: str,
        rows: Sequence[Told],
        sent: Sent,
        sure: Sure,
    ) -> None:
        """A topic the broker lacks, or does not let us write to, holds up no other."""
        try:
            there = sorted(await producer.partitions_for(topic))
        except InvalidTopicError as error:
            sent.refused |= {row.id: type(error).__name__ for row in rows}
            return
        except Exception as error:  # noqa: BLE001  # whatever it is, the rows stay
            self._wait(topic, len(rows), error, sent)
            return
        groups: dict[int, list[Told]] = defaultdict(list)
        places = partitions_of([row.key or b"" for row in rows], len(there))
        for row, place in zip(rows, places, strict=True):
            groups[there[place]].append(row)
        await asyncio.gather(
            *(self._send_to(producer, topic, *group, sent, sure) for group in groups.items())
        )

    async def _send_to(
        self,
        producer: AIOKafkaProducer,
        topic: str,
        partition: int,
        rows: Sequence[Told],
        sent: Sent,
        sure: Sure,
    ) -> bool:
        """Send one partition's rows; False if some have to be sent again."""
        remaining = rows
        while remaining:
            batch = producer.create_batch()  # its first record fits, however large it is
            taken = 0
            for row in remaining:
                added = batch.append(
                    timestamp=None, key=row.key, value=row.payload, headers=headers_of(row)
                )
                if added is None:
                    break
                taken += 1
            await sure()
            try:
                ack = await (await producer.send_batch(batch, topic, partition=partition))
            except PERMANENT as error:
                # The batch was refused for its size: find the row that is too large alone.
                if taken > 1:
                    middle = taken // 2
                    for part in (remaining[:middle], remaining[middle:taken]):
                        if not await self._send_to(producer, topic, partition, part, sent, sure):
                            return False
                else:
                    sent.refused[remaining[0].id] = type(error).__name__
            except Exception as error:  # noqa: BLE001  # whatever it is, the rows stay
                self._wait(topic, len(remaining), error, sent)
                return False
            else:
                sent.acknowledged += [row.id for row in remaining[:taken]]
                sent.positions[topic, partition] = ack.offset
                sent.first.setdefault((topic, partition), ack.offset)
                telemetry.TOLD.labels(topic).inc(taken)
            remaining = remaining[taken:]
        return True

    def _wait(self, topic: str, rows: int, error: Exception, sent: Sent) -> None:
        sent.waiting = True
        log.warning(
            "the broker did not take a batch; it will be sent again",
            extra={"topic": topic, "rows": rows, "error": type(error).__name__},
        )


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Stop a producer without sending what it still has.

    aiokafka would send that first; given up while it tries, it goes on trying for ever behind our
    back, and once the broker is there again old facts come after newer ones. Nothing public of
    it can be stopped.
    """
    sender, left = producer._sender.sender_task, producer._message_accumulator  # noqa: SLF001  # see above
    for batch in chain(*left._batches.values(), left._pending_batches):  # noqa: SLF001  # the same
        batch.future.cancel()
    sender.cancel()
    await producer.client.close()  # what is on the wire is not waited for
    for _ in range(2):  # cancelled once, it still waits for that
        await asyncio.wait([sender], timeout=0.2)
        sender.cancel()
    await producer.stop()

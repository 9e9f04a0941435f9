"""Reads topics from the outside: in no group, so nobody notices, and never more than was there."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaTimeoutError

Client = Mapping[str, Any]
"""aiokafka's connection settings."""

PARTITION_BYTES: Final = 3 * 1024 * 1024
FETCH_BYTES: Final = 16 * 1024 * 1024
"""The most that is held at once, however long a topic is."""
RECORDS: Final = 500
POLL_MS: Final = 250
STILL_SECONDS: Final = 15.0
"""How long a broker may give nothing though it says there is more."""
START_SECONDS: Final = 20.0


@asynccontextmanager
async def reader(client: Client) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer that belongs to no group and commits nothing."""
    consumer = AIOKafkaConsumer(
        **client,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_bytes=FETCH_BYTES,
        max_partition_fetch_bytes=PARTITION_BYTES,
        fetch_max_wait_ms=100,
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


async def partitions(client: Client, topics: Collection[str]) -> list[TopicPartition]:
    """The partitions of those of these topics the broker has; to ask for others would make them."""
    admin = AIOKafkaAdminClient(**client)
    try:
        await admin.start()
        there = sorted(set(topics) & set(await admin.list_topics()))
        described = await admin.describe_topics(there) if there else []
    finally:
        await admin.close()
    return [
        TopicPartition(one["topic"], partition["partition"])
        for one in described
        for partition in sorted(one["partitions"], key=lambda each: each["partition"])
    ]


async def extents(
    consumer: AIOKafkaConsumer, where: Sequence[TopicPartition]
) -> dict[TopicPartition, tuple[int, int]]:
    """The oldest offset of each of these partitions, and where the log ends."""
    if not where:
        return {}
    first = await consumer.beginning_offsets(list(where))
    ends = await consumer.end_offsets(list(where))
    return {one: (first[one], ends[one]) for one in where}


def begin_at(consumer: AIOKafkaConsumer, places: Mapping[TopicPartition, int]) -> None:
    """Read these partitions from these offsets on."""
    consumer.assign(list(places))
    for one, place in places.items():
        consumer.seek(one, place)


async def records(
    consumer: AIOKafkaConsumer, where: Sequence[TopicPartition]
) -> AsyncIterator[ConsumerRecord[Any, Any]]:
    """Everything that lies on these partitions now; what comes later is left.

    Raises:
        KafkaTimeoutError: the broker gives no more though there is more.
    """
    async with aclosing(between(consumer, await extents(consumer, where))) as found:
        async for record in found:
            yield record


async def between(
    consumer: AIOKafkaConsumer,
    spans: Mapping[TopicPartition, tuple[int, int]],
    *,
    borders: Mapping[TopicPartition, int] | None = None,
) -> AsyncGenerator[ConsumerRecord[Any, Any]]:
    """What lies on these partitions from an offset up to where the log ended when it was asked.

    `borders`: of these partitions no more than up to these offsets.

    Raises:
        KafkaTimeoutError: the broker gives no more though there is more.
    """
    borders = borders or {}
    ends = {one: end for one, (first, end) in spans.items() if end > first}
    ends = {one: borders.get(one, end) for one, end in ends.items()}
    ends = {one: end for one, end in ends.items() if end > spans[one][0]}
    if not ends:
        return
    begin_at(consumer, {one: spans[one][0] for one in ends})
    left = set(ends)
    seen: set[TopicPartition] = set()
    moved = time.monotonic()
    while left:
        for one, batch in (await _more(consumer)).items():
            moved = time.monotonic()
            if one not in seen:
                seen.add(one)
                true = true_end(spans[one][1], consumer.highwater(one))
                ends[one] = min(true, borders.get(one, true))
            for record in batch:
                if record.offset < ends[one]:
                    yield record
        done = {one for one in left if await consumer.position(one) >= ends[one]}
        consumer.pause(*done)
        left -= done
        if time.monotonic() - moved > STILL_SECONDS:
            raise KafkaTimeoutError("the broker gives no more")


async def _more(consumer: AIOKafkaConsumer) -> Mapping[TopicPartition, Sequence[Any]]:
    found: Mapping[TopicPartition, Sequence[Any]] = await consumer.getmany(
        timeout_ms=POLL_MS, max_records=RECORDS
    )
    return found


def true_end(told: int, seen: int | None) -> int:
    """Where a log ends: some brokers tell the start of the last batch, a fetch knows better."""
    return max(told, seen or 0)

"""What lies on the topics, read from their first record to their last."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it lies there."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: dict[str, bytes]

    @property
    def identity(self) -> str:
        """The fact's id, without dashes."""
        return self.headers.get("ce_id", b"").decode().replace("-", "")

    @property
    def kind(self) -> str:
        """The fact's type."""
        return self.headers.get("ce_type", b"").decode()


def everything(servers: str, topics: Sequence[str]) -> dict[str, list[Record]]:
    """All records of these topics, by topic; those of a partition in its order."""
    return asyncio.run(_read(servers, topics))


async def _read(servers: str, topics: Sequence[str]) -> dict[str, list[Record]]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    found: dict[str, list[Record]] = {topic: [] for topic in topics}
    try:
        await consumer.topics()
        places = [
            TopicPartition(topic, partition)
            for topic in topics
            for partition in sorted(await _partitions(consumer, topic))
        ]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        begins = await consumer.beginning_offsets(places)
        left = {place for place in places if begins[place] < ends[place]}
        while left:
            for place, batch in (await consumer.getmany(timeout_ms=1000)).items():
                found[place.topic] += [
                    Record(
                        place.topic,
                        place.partition,
                        one.offset,
                        one.key,
                        one.value or b"",
                        {name: value or b"" for name, value in one.headers},
                    )
                    for one in batch
                ]
            left = {place for place in left if await consumer.position(place) < ends[place]}
    finally:
        await consumer.stop()
    return found


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    """Partitions of a topic, asked of the broker where the client does not know them yet."""
    await consumer._client.add_topic(topic)
    return consumer.partitions_for_topic(topic) or set()

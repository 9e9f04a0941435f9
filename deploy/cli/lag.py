"""How far behind services are: messages and seconds, by group and partition."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.cli.broker import Client
from services import notifications, training
from shared import reading

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    service.__name__.rpartition(".")[2]: tuple(
        dict.fromkeys(kind.topic.name for kind in service.LISTENS)
    )
    for service in (training, notifications)
}
"""Each consumer group, named as its service, and what it reads."""
LOOK_SECONDS: Final = 5.0
"""How long to look for the next unread record."""
CALM_POLLS: Final = 2
"""Empty answers after which a partition without known lag counts as read."""


@dataclass(frozen=True, slots=True)
class Behind:
    """How far one group is behind on one partition.

    Attributes:
        committed: the next offset the group will read; None if it never committed one.
        end: where the log ends, as far as the broker tells: no less than what was read.
        messages: records it has not handled; on a compacted topic at most so many.
        seconds: age of the next unread record; 0 where all is read, None where it could not be
            read.
        expired: records that were deleted before the group read them.
    """

    service: str
    topic: str
    partition: int
    committed: int | None
    end: int
    messages: int
    seconds: float | None
    expired: int


@dataclass(frozen=True, slots=True)
class Log:
    """A partition as the broker has it.

    Attributes:
        first, end: its oldest offset, and the one the next record will have.
        next_at: when the record at the asked offset was told, if there is one.
    """

    first: int
    end: int
    next_at: datetime | None = None


def behind(
    service: str, where: TopicPartition, committed: int | None, log: Log, now: datetime
) -> Behind:
    """How far a group is behind; a group that never committed begins at the oldest record."""
    place = log.first if committed is None else max(committed, log.first)
    messages = max(0, log.end - place)
    seconds: float | None = 0.0
    if messages:
        seconds = None if log.next_at is None else max(0.0, (now - log.next_at).total_seconds())
    return Behind(
        service=service,
        topic=where.topic,
        partition=where.partition,
        committed=committed,
        end=max(log.end, committed or 0),
        messages=messages,
        seconds=seconds,
        expired=0 if committed is None else max(0, log.first - committed),
    )


def worst(found: Iterable[Behind]) -> float:
    """The greatest lag in seconds; unknown counts as endless."""
    return max((float("inf") if one.seconds is None else one.seconds for one in found), default=0.0)


async def measure(client: Client) -> list[Behind]:
    """Ask the broker for every group and partition there is."""
    found: list[Behind] = []
    admin = AIOKafkaAdminClient(**client)
    try:
        await admin.start()
        for service, topics in GROUPS.items():
            async with reading.reader(client) as consumer:
                where = await reading.partitions(client, topics)
                committed = await _committed(admin, service, where)
                logs = await _look(consumer, where, committed)
            now = datetime.now(UTC)
            found += [behind(service, one, committed[one], logs[one], now) for one in where]
    finally:
        await admin.close()
    return found


async def _committed(
    admin: AIOKafkaAdminClient, group: str, where: Sequence[TopicPartition]
) -> dict[TopicPartition, int | None]:
    if not where:
        return {}
    # all that is committed at once is more than some brokers can answer: name the partitions
    told = await admin.list_consumer_group_offsets(group, partitions=list(where))
    return {one: offset if (offset := told[one].offset) >= 0 else None for one in where}


async def _look(
    consumer: AIOKafkaConsumer,
    where: Sequence[TopicPartition],
    committed: Mapping[TopicPartition, int | None],
) -> dict[TopicPartition, Log]:
    """The partitions, and when the record each group would read next was told."""
    found = await reading.extents(consumer, where)
    logs = {one: Log(first, end) for one, (first, end) in found.items()}
    # a broker may tell too low an end, so partitions that look empty of news are read too
    places = {
        one: max(committed[one] or 0, log.first) for one, log in logs.items() if log.end > log.first
    }
    if not places:
        return logs
    reading.begin_at(consumer, places)
    waiting = {one for one, place in places.items() if logs[one].end > place}
    stops = time.monotonic() + LOOK_SECONDS
    calm = 0
    while (waiting or calm < CALM_POLLS) and time.monotonic() < stops:
        batches: Mapping[TopicPartition, Sequence[Any]] = await consumer.getmany(
            timeout_ms=reading.POLL_MS
        )
        calm = 0 if batches else calm + 1
        for one, batch in batches.items():
            waiting.discard(one)
            consumer.pause(one)
            if logs[one].next_at is None:
                told = datetime.fromtimestamp(max(0, batch[0].timestamp) / 1000, UTC)
                end = reading.true_end(logs[one].end, consumer.highwater(one))
                logs[one] = Log(logs[one].first, end, told)
    return logs

"""An in-memory stand-in for Kafka and its client library: just what the carrier asks of them."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError

from shared import carrier

PARTITIONS = 4


@dataclass
class Record:
    """What a consumer would get."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


@dataclass
class Broker:
    """Logs by topic and partition; refuses on request.

    Attributes:
        cluster: its id; `forget` gives it a new one.
        away: nothing can be reached.
        largest: a batch of more bytes is refused for good.
        failing: how many more batches are refused for now, by topic.
        lose_answers: batches are kept, but the teller never hears so.
    """

    cluster: str = "first"
    away: bool = False
    largest: int = 10_000_000
    failing: dict[str, int] = field(default_factory=dict)
    lose_answers: bool = False
    missing: set[str] = field(default_factory=set)
    logs: dict[tuple[str, int], list[Record]] = field(default_factory=lambda: defaultdict(list))

    def forget(self) -> None:
        self.logs.clear()
        self.cluster += "'"

    def records(self, topic: str) -> list[Record]:
        """All records of a topic; those of one partition in order."""
        return [one for where, log in sorted(self.logs.items()) if where[0] == topic for one in log]

    def values(self, topic: str) -> list[bytes]:
        return [one.value or b"" for one in self.records(topic)]

    def take(self, topic: str, partition: int, batch: "Batch") -> int:
        if self.away:
            raise KafkaConnectionError("away")
        if batch.size > self.largest:
            raise MessageSizeTooLargeError("too large")
        if self.failing.get(topic, 0) > 0:
            self.failing[topic] -= 1
            raise KafkaConnectionError("for now")
        log = self.logs[topic, partition]
        base = len(log)
        for key, value, headers in batch.rows:
            log.append(Record(topic, partition, len(log), key, value, tuple(headers)))
        if self.lose_answers:
            raise KafkaConnectionError("the answer was lost")
        return base

    def check(self) -> None:
        if self.away:
            raise KafkaConnectionError("away")


class Ack(NamedTuple):
    offset: int


@dataclass
class Batch:
    """Takes up to `most` bytes; the first row always fits."""

    most: int = 1000
    size: int = 0
    rows: list[tuple[bytes | None, bytes, Sequence[tuple[str, bytes]]]] = field(
        default_factory=list
    )

    def append(
        self,
        *,
        timestamp: float | None,  # the client's signature
        key: bytes | None,
        value: bytes,
        headers: Sequence[tuple[str, bytes]],
    ) -> object | None:
        if self.rows and self.size + len(value) > self.most:
            return None
        self.rows.append((key, value, headers))
        self.size += len(value)
        return object()


class _Client:
    def __init__(self, broker: Broker, **settings: Any) -> None:
        self.broker = broker
        self.settings = settings
        self.open = False

    async def start(self) -> None:
        await asyncio.sleep(0)
        self.broker.check()
        self.open = True

    async def stop(self) -> None:
        self.open = False

    close = stop


class Producer(_Client):
    def create_batch(self) -> Batch:
        return Batch()

    async def partitions_for(self, topic: str) -> set[int]:
        self.broker.check()
        if topic in self.broker.missing:
            raise KafkaConnectionError("no such topic")
        return set(range(PARTITIONS))

    async def send_batch(
        self, batch: Batch, topic: str, *, partition: int
    ) -> "asyncio.Future[Ack]":
        assert self.open
        answer: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        try:
            answer.set_result(Ack(self.broker.take(topic, partition, batch)))
        except Exception as error:  # noqa: BLE001  # as the client hands it on
            answer.set_exception(error)
        return answer


class Asker(_Client):
    async def topics(self) -> set[str]:
        return {topic for topic, _ in self.broker.logs}

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {number for name, number in self.broker.logs if name == topic}

    async def end_offsets(self, there: Sequence[Any]) -> dict[Any, int]:
        return {where: len(self.broker.logs[where.topic, where.partition]) for where in there}


class Admin(_Client):
    async def describe_cluster(self) -> dict[str, str]:
        return {"cluster_id": self.broker.cluster}


def install(monkeypatch: pytest.MonkeyPatch) -> Broker:
    """Put the stand-in where the carrier finds its client library."""
    broker = Broker()
    for name, double in (
        ("AIOKafkaProducer", Producer),
        ("AIOKafkaConsumer", Asker),
        ("AIOKafkaAdminClient", Admin),
    ):
        monkeypatch.setattr(carrier, name, lambda double=double, **knobs: double(broker, **knobs))
    monkeypatch.setattr(carrier, "_abandon", Producer.stop)  # it sends at once: nothing is left
    return broker

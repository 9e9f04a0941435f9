"""Kafka's client library over logs in memory: as far as the command asks of it."""

from collections import defaultdict
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from deploy.cli import lag, redrive
from shared import reading
from shared.replay import outlook

CLIENT = {"bootstrap_servers": ["127.0.0.1:1"], "client_id": "tests"}
Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True)
class Record:
    """What a consumer gets."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int


@dataclass
class Broker:
    """Logs by partition.

    Attributes:
        batches_of: end offsets are told as some brokers do: where the last batch of so many
            begins, and one more.
        first: oldest offsets that are not 0.
        committed: by group and partition.
        refused: topics no record is taken for.
        members: how many processes each group has now.
    """

    batches_of: int = 1
    logs: dict[TopicPartition, list[Record]] = field(default_factory=lambda: defaultdict(list))
    first: dict[TopicPartition, int] = field(default_factory=dict)
    committed: dict[tuple[str, TopicPartition], int] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    members: dict[str, int] = field(default_factory=dict)
    silent: bool = False
    largest_answer: int = 0
    now: int = 1_000

    def make(self, topic: str, partitions: int = 1) -> None:
        for number in range(partitions):
            self.logs[TopicPartition(topic, number)] = []

    def put(
        self,
        topic: str,
        *,
        partition: int = 0,
        key: bytes | None = b"k",
        value: bytes | None = b"{}",
        headers: Headers = (),
        timestamp: int | None = None,
    ) -> Record:
        log = self.logs[TopicPartition(topic, partition)]
        at = self.now if timestamp is None else timestamp
        record = Record(topic, partition, len(log), key, value, headers, at)
        log.append(record)
        return record

    def records(self, topic: str) -> list[Record]:
        return [one for where, log in self.logs.items() if where.topic == topic for one in log]


class Client:
    def __init__(self, broker: Broker, **settings: Any) -> None:
        self.broker = broker
        self.settings = settings
        self.is_open = False

    async def start(self) -> None:
        self.is_open = True

    async def stop(self) -> None:
        self.is_open = False

    close = stop


class Consumer(Client):
    def __init__(self, broker: Broker, **settings: Any) -> None:
        super().__init__(broker, **settings)
        assert "group_id" not in settings, "nobody may notice that we read"
        self.places: dict[TopicPartition, int] = {}
        self.paused: set[TopicPartition] = set()

    async def beginning_offsets(self, where: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {one: self.broker.first.get(one, 0) for one in where}

    async def end_offsets(self, where: list[TopicPartition]) -> dict[TopicPartition, int]:
        ends = {one: len(self.broker.logs[one]) for one in where}
        by = self.broker.batches_of
        return {one: (end - 1) // by * by + 1 if end else 0 for one, end in ends.items()}

    async def offsets_for_times(
        self, asked: dict[TopicPartition, int]
    ) -> dict[TopicPartition, Any]:
        return {one: self._first_at(one, at) for one, at in asked.items()}

    def _first_at(self, where: TopicPartition, at: int) -> Any:
        later = (one.offset for one in self.broker.logs[where] if one.timestamp >= at)
        offset = next(later, None)
        return None if offset is None else SimpleNamespace(offset=offset)

    def assign(self, where: list[TopicPartition]) -> None:
        self.places = dict.fromkeys(where, 0)
        self.paused = set()

    def seek(self, where: TopicPartition, offset: int) -> None:
        self.places[where] = offset

    async def position(self, where: TopicPartition) -> int:
        return self.places[where]

    def highwater(self, where: TopicPartition) -> int:
        return len(self.broker.logs[where])

    def pause(self, *where: TopicPartition) -> None:
        self.paused |= set(where)

    async def getmany(
        self, *, timeout_ms: int, max_records: int = 500
    ) -> dict[TopicPartition, list[Record]]:
        assert self.is_open
        found: dict[TopicPartition, list[Record]] = {}
        for one, place in self.places.items():
            batch = self.broker.logs[one][place : place + max_records]
            if batch and one not in self.paused and not self.broker.silent:
                found[one] = batch
                self.places[one] = place + len(batch)
        held = sum(len(batch) for batch in found.values())
        self.broker.largest_answer = max(self.broker.largest_answer, held)
        return found


class Producer(Client):
    async def send(
        self, topic: str, value: bytes, *, key: bytes | None, headers: list[tuple[str, bytes]]
    ) -> Any:
        assert self.settings["acks"] == "all"

        async def acknowledge() -> None:
            if topic in self.broker.refused:
                raise KafkaConnectionError("away")
            self.broker.put(topic, key=key, value=value, headers=tuple(headers))

        return acknowledge()


class Admin(Client):
    async def list_topics(self) -> list[str]:
        return sorted({where.topic for where in self.broker.logs})

    async def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        assert set(names) <= set(await self.list_topics()), "to ask for others makes them"
        return [
            {
                "topic": name,
                "partitions": [
                    {"partition": one.partition} for one in self.broker.logs if one.topic == name
                ],
            }
            for name in names
        ]

    async def describe_cluster(self) -> dict[str, str]:
        return {"cluster_id": "in memory"}

    async def describe_consumer_groups(self, groups: list[str]) -> list[Any]:
        [group] = groups
        told = {"groups": [{"members": [{}] * self.broker.members.get(group, 0)}]}
        return [SimpleNamespace(to_object=lambda: told)]

    async def list_consumer_group_offsets(
        self, group: str, *, partitions: list[TopicPartition]
    ) -> dict[TopicPartition, Any]:
        told = self.broker.committed
        return {one: SimpleNamespace(offset=told.get((group, one), -1)) for one in partitions}


def install(monkeypatch: pytest.MonkeyPatch) -> Broker:
    """Put a new broker where the command finds its client library."""
    broker = Broker()
    for module, name, double in (
        (reading, "AIOKafkaConsumer", Consumer),
        (redrive, "AIOKafkaProducer", Producer),
        (lag, "AIOKafkaAdminClient", Admin),
        (reading, "AIOKafkaAdminClient", Admin),
        (outlook, "AIOKafkaAdminClient", Admin),
    ):
        monkeypatch.setattr(module, name, lambda double=double, **knobs: double(broker, **knobs))
    monkeypatch.setattr(reading, "POLL_MS", 1)
    return broker


FACT_ID = "01990000-0000-7000-8000-000000000001"
TOPIC = "appraisal.evaluations.v1"


def set_aside(
    broker: Broker,
    *,
    topic: str = TOPIC,
    offset: int = 7,
    reason: str = "unreadable",
    service: str = "training",
    kind: str = "evaluation.finalized.v1",
    fact_id: str = FACT_ID,
    time: str = "2026-11-24T08:00:00+00:00",
    key: bytes | None = b"k",
    value: bytes = b"{not json",
) -> Record:
    """A dead record as `shared.delivery` tells it."""
    headers: Headers = (
        ("ce_specversion", b"1.0"),
        ("ce_id", fact_id.encode()),
        ("ce_type", kind.encode()),
        ("content-type", b"application/json"),
        ("dead_reason", reason.encode()),
        ("dead_service", service.encode()),
        ("dead_topic", topic.encode()),
        ("dead_partition", b"2"),
        ("dead_offset", str(offset).encode()),
        ("dead_time", time.encode()),
    )
    return broker.put(f"{topic}.dead", key=key, value=value, headers=headers)

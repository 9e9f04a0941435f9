"""The broker, from outside: filled with facts, and asked how far whoever reads them has come."""

import asyncio
import time
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from shared.events import topics
from shared.provision import create_missing
from tests.bench.facts import Message

ASK_SECONDS: Final = 20.0
LOOK_SECONDS: Final = 0.02
"""How often to ask: this much a run may seem longer than it was."""
RECORDS_A_POLL: Final = 5000


class Bus:
    """One broker, asked by librdkafka so that it costs this machine little."""

    def __init__(self, servers: str) -> None:
        self.servers = servers
        self._client = {"bootstrap.servers": servers, "log_level": 2}
        self._admin = AdminClient(self._client)
        self._askers: dict[str, Consumer] = {}

    def prepare(self, *more: str) -> None:
        """Make the product's topics, and more of four partitions."""
        asyncio.run(create_missing({"bootstrap_servers": self.servers}))
        there = self._admin.list_topics(timeout=ASK_SECONDS).topics
        missing = [name for name in more if name not in there]
        if missing:
            made = self._admin.create_topics([NewTopic(name, 4, 1) for name in missing])
            for future in made.values():
                future.result()
        ends = time.monotonic() + ASK_SECONDS
        for name in (*ALL, *more):
            while not self._asker("bench-looks").list_topics(name).topics[name].partitions:
                if time.monotonic() > ends:
                    raise TimeoutError(f"the broker does not make {name}")
                time.sleep(0.1)

    def feed(self, messages: Iterable[Message]) -> None:
        """Send facts, each key to the partition the product's own producer would choose."""
        producer = Producer(
            {
                **self._client,
                "acks": "all",
                "linger.ms": 20,
                "partitioner": "murmur2_random",
                "queue.buffering.max.messages": 500_000,
                "queue.buffering.max.kbytes": 1_000_000,
            }
        )
        for number, one in enumerate(messages):
            producer.produce(one.topic, one.value, one.key, headers=one.headers)
            if number % RECORDS_A_POLL == 0:
                producer.poll(0)
        left = producer.flush(120)
        if left:
            raise TimeoutError(f"the broker did not take {left} facts")

    def ends(self, topic: str) -> dict[int, int]:
        """Where each partition ends (the embedded broker tells where its last batch begins)."""
        asker = self._asker("bench-looks")
        partitions = asker.list_topics(topic, timeout=ASK_SECONDS).topics[topic].partitions
        return {
            number: asker.get_watermark_offsets(
                TopicPartition(topic, number), timeout=ASK_SECONDS, cached=False
            )[1]
            for number in partitions
        }

    def count(self, topic: str) -> int:
        """How many records a topic has had."""
        return sum(self.ends(topic).values())

    def targets(self, names: Collection[str]) -> list[TopicPartition]:
        """The ends of all partitions of these topics, those that are empty left out."""
        return [
            TopicPartition(topic, number, end)
            for topic in names
            for number, end in self.ends(topic).items()
            if end
        ]

    def reached(self, group: str, targets: Sequence[TopicPartition]) -> bool:
        """Whether a group has committed all there was."""
        try:
            committed = self._asker(group).committed(list(targets), timeout=ASK_SECONDS)
        except KafkaException:
            return False
        place = {(one.topic, one.partition): one.offset for one in committed}
        return all(place[one.topic, one.partition] >= one.offset for one in targets)

    def skip(self, group: str, names: Collection[str]) -> None:
        """Let a group begin behind all there is; nobody may be in it."""
        if targets := self.targets(names):
            self._asker(group).commit(offsets=targets, asynchronous=False)

    def members(self, group: str) -> int:
        """How many members of a group have partitions now; 0 while it divides them anew."""
        future = self._admin.describe_consumer_groups([group], request_timeout=ASK_SECONDS)[group]
        try:
            found: Any = future.result()
        except KafkaException:
            return 0
        if "STABLE" not in str(found.state).upper():
            return 0
        return sum(bool(one.assignment.topic_partitions) for one in found.members)

    def wait_members(self, group: str, count: int, *, seconds: float = 60) -> None:
        """Wait until so many members share a group's partitions."""
        ends = time.monotonic() + seconds
        while self.members(group) != count:
            if time.monotonic() > ends:
                raise TimeoutError(f"{group}: {self.members(group)} members, not {count}")
            time.sleep(0.1)

    def close(self) -> None:
        """Let go of the clients."""
        for asker in self._askers.values():
            asker.close()
        self._askers.clear()

    def _asker(self, group: str) -> Consumer:
        if group not in self._askers:
            self._askers[group] = Consumer(
                {**self._client, "group.id": group, "enable.auto.commit": False}
            )
        return self._askers[group]


ALL: Final = tuple(topic.name for topic in topics.ALL)

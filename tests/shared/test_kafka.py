import asyncio
import importlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, ClassVar

import aiokafka
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from faststream import AckPolicy
from sqlalchemy.ext.asyncio import AsyncSession

from shared import delivery as core
from shared import kafka
from shared.database import Database
from shared.delivery import Delivery, Listening
from shared.events import EmployeeRegistered, Fact
from shared.kafka import Consumer, wait_for_broker
from shared.records import Record
from shared.settings import CommonSettings
from tests.shared.facts import SECRET, keep, kept, listening, record, registered

COMMON = CommonSettings(kafka_servers="a:1, b:2", kafka_session_ms=6000)


class Client:
    """The client library's consumer, reading one partition from a list."""

    made: ClassVar["list[Client]"]
    log: ClassVar["list[Record]"]
    away: ClassVar[bool]

    def __init__(self, **settings: Any) -> None:
        self.settings = settings
        self.place = 0
        self.committed = 0
        self.seeks: list[int] = []
        self.closed = False
        self.standing: set[TopicPartition] = set()
        self.listener: Any = None
        self._coordinator = self
        self.member_id = "me"
        self._group_id = settings["group_id"]
        Client.made.append(self)

    def subscribe(self, *, topics: list[str], pattern: None, listener: Any) -> None:
        self.listener = listener

    async def start(self) -> None:
        if Client.away:
            raise KafkaConnectionError("away")
        await self.listener.on_partitions_revoked(set())
        await self.listener.on_partitions_assigned({TopicPartition("t", 0)})

    async def stop(self) -> None:
        self.closed = True

    def paused(self) -> set[TopicPartition]:
        return self.standing

    def pause(self, *partitions: TopicPartition) -> None:
        self.standing |= {*partitions}

    def resume(self, *partitions: TopicPartition) -> None:
        self.standing -= {*partitions}

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition("t", 0)}

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[Any, Any]:
        taken = Client.log[self.place : self.place + max_records]
        if not taken:
            await asyncio.sleep(timeout_ms / 1000)
            return {}
        self.place += len(taken)
        return {TopicPartition("t", 0): taken}

    async def commit(self, places: dict[TopicPartition, int]) -> None:
        (self.committed,) = places.values()

    async def position(self, _where: TopicPartition) -> int:
        return self.place

    def seek(self, *, partition: TopicPartition, offset: int) -> None:
        self.seeks.append(offset)
        self.place = offset


@pytest.fixture(autouse=True)
def _client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aiokafka, "AIOKafkaConsumer", Client)
    monkeypatch.setattr(core, "FIRST_PAUSE", 0.01)
    Client.made, Client.log, Client.away = [], [], False


@pytest.fixture
async def consume(database: Database) -> AsyncIterator[Callable[..., Any]]:
    """Starts a consumer for a service."""
    started: list[Consumer] = []

    async def start(listens: Listening) -> Consumer:
        consumer = Consumer(Delivery(listens, database), COMMON, batch=10)
        started.append(consumer)
        await consumer.start(seconds=5)
        return consumer

    yield start
    for one in started:
        await one.stop()


def told(facts: Sequence[Fact[EmployeeRegistered]], **changed: Any) -> None:
    for fact in facts:
        one = record(fact, len(Client.log), **changed)
        Client.log.append(Record(one.topic, 0, one.offset, 0, one.key, one.value, one.headers))


async def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not true():
        assert time.monotonic() < ends, "that took too long"
        await asyncio.sleep(0.01)


async def test_offsets_are_committed_once_a_batch_is_kept(
    database: Database, consume: Callable[..., Any]
) -> None:
    told([registered(f"person {number}") for number in range(25)])
    await consume(listening())
    await until(lambda: Client.made[0].committed == 25)
    assert await kept(database) == [f"person {number}" for number in range(25)]


async def test_headers_that_are_null_or_no_text_do_not_stop_a_batch(
    database: Database, consume: Callable[..., Any]
) -> None:
    told([registered("odd")], other=None)
    Client.log[0].headers = (*Client.log[0].headers, ("x", None), ("y", b"\xff"))  # type: ignore[misc]  # a record of a foreign producer
    told([registered("next")])
    await consume(listening())
    await until(lambda: Client.made[0].committed == 2)
    assert await kept(database) == ["odd", "next"]


async def test_a_batch_that_cannot_be_kept_is_read_again_from_its_start_and_nothing_is_lost(
    database: Database, consume: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    tries = 0
    listens = Listening("tests")

    @listens.on(EmployeeRegistered)
    async def note(facts: Sequence[Fact[EmployeeRegistered]], session: AsyncSession) -> None:
        nonlocal tries
        tries += 1
        if tries <= 3:
            raise ConnectionResetError(SECRET)
        await keep(facts, session)

    told([registered("one"), registered("two")])
    with caplog.at_level(logging.DEBUG):
        await consume(listens)
        await until(lambda: Client.made[0].committed == 2)
    assert Client.made[0].seeks == [0, 0, 0]
    assert await kept(database) == ["one", "two"]
    logged = " ".join(f"{line.__dict__} {line.getMessage()}" for line in caplog.records)
    assert "ConnectionResetError" in logged
    assert SECRET not in logged, "what an error says may be personal"


async def test_stopping_ends_the_batch_under_way_and_commits_it(
    database: Database, consume: Callable[..., Any]
) -> None:
    began = asyncio.Event()
    listens = Listening("tests")

    @listens.on(EmployeeRegistered)
    async def slow(facts: Sequence[Fact[EmployeeRegistered]], session: AsyncSession) -> None:
        began.set()
        await asyncio.sleep(0.3)
        await keep(facts, session)

    told([registered("slow")])
    consumer = await consume(listens)
    await began.wait()
    await consumer.stop()
    assert await kept(database) == ["slow"]
    assert Client.made[0].committed == 1
    assert Client.made[0].closed
    assert not consumer.alive


async def test_a_start_that_fails_leaves_nothing_open_and_can_be_tried_again(
    database: Database,
) -> None:
    Client.away = True
    consumer = Consumer(Delivery(listening(), database), COMMON, batch=10)
    with pytest.raises(KafkaConnectionError):
        await consumer.start(seconds=5)
    assert [one.closed for one in Client.made] == [True]
    Client.away = False
    told([registered("at last")])
    await consumer.start(seconds=5)
    await until(lambda: Client.made[1].committed == 1)
    await consumer.stop()
    assert await kept(database) == ["at last"]


async def test_a_group_that_lets_nobody_in_ends_the_start_in_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_self: Client) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(Client, "start", never)
    consumer = Consumer(Delivery(listening(), database), COMMON, batch=10)
    with pytest.raises(TimeoutError):
        await consumer.start(seconds=0.1)
    assert Client.made[0].closed


async def test_a_broker_that_comes_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = 0

    async def start() -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise KafkaConnectionError("away")

    async def hurry(_seconds: float) -> None: ...

    monkeypatch.setattr(kafka.asyncio, "sleep", hurry)
    await wait_for_broker(start, seconds=60)
    tries = -1000
    with pytest.raises(KafkaConnectionError):
        await wait_for_broker(start, seconds=0)


async def test_a_consumer_is_alive_while_it_polls_and_its_batches_move(
    consume: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer: Consumer = await consume(listening())
    assert consumer.alive
    assert consumer.assigned
    now = time.monotonic()
    monkeypatch.setattr(kafka.time, "monotonic", lambda: now + 1000)
    assert consumer.alive, "a topic that is silent is no sign of death"
    consumer.delivery.busy = True
    assert not consumer.alive, "a batch hangs"
    consumer.delivery.progress = now + 990
    assert consumer.alive
    consumer.delivery.busy = False
    await consumer._drain.on_partitions_revoked([])
    assert consumer.alive
    monkeypatch.setattr(kafka.time, "monotonic", lambda: now + 2000)
    assert not consumer.alive, "it lost its partitions and never came back"
    await consumer._drain.on_partitions_assigned([])
    assert consumer.alive, "none at all is right where there are too many processes"
    Client.made[0].standing.add(TopicPartition("t", 0))
    assert not consumer.alive, "a partition cannot be read"


async def test_a_consumer_whose_polling_fails_again_and_again_is_not_alive(
    consume: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_self: Client, **_more: Any) -> None:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "a header's name that is no text")

    consumer: Consumer = await consume(listening())
    monkeypatch.setattr(Client, "getmany", broken)
    await until(lambda: not consumer.alive)


@pytest.mark.parametrize("service", ["training", "notifications"])
def test_every_subscriber_nacks_what_fails_and_never_commits_by_itself(service: str) -> None:
    listens = importlib.import_module(f"services.{service}.handlers").listening
    consumer = Consumer(Delivery(listens, Database.__new__(Database)), COMMON, batch=1000)
    assert len(consumer.broker.subscribers) == 1, "each would join the group on its own"
    for one in consumer.broker.subscribers:
        settings = one._connection_args  # type: ignore[attr-defined]  # FastStream tells nowhere else
        assert one.ack_policy is AckPolicy.NACK_ON_ERROR
        assert settings["enable_auto_commit"] is False
        assert settings["auto_offset_reset"] == "earliest"
        assert settings["heartbeat_interval_ms"] * 3 <= settings["session_timeout_ms"]
        assert settings["rebalance_timeout_ms"] == kafka.REBALANCE_MS
        assert settings["max_partition_fetch_bytes"] <= settings["fetch_max_bytes"] <= 16 * 2**20
        assert set(one.topic_names) == set(listens.topics)  # type: ignore[attr-defined]  # the same
    assert kafka.GRACE_SECONDS < kafka.STOP_SECONDS

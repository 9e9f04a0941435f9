import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.local import broker
from shared.alone import SUFFIX, Claim
from shared.database import Database, connect
from shared.delivery import Delivery
from shared.events import EmployeeRegistered, Fact, encode, headers, topics
from shared.kafka import Consumer, wait_for_broker
from shared.placing import partition_of
from shared.provision import create_missing
from shared.settings import CommonSettings, ServiceSettings
from tests.live.running import free_ports
from tests.shared.facts import SOURCE, kept, listening, registered

TOPIC = topics.EMPLOYEES.name


class Embedded:
    """The embedded broker, which forgets all when it dies."""

    def __init__(self, folder: Path) -> None:
        self.port = free_ports(1)
        self.servers = f"127.0.0.1:{self.port}"
        self._program = broker.binary(folder, os.environ)
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        command = broker.command(self._program, self.port)
        self._process = subprocess.Popen(command, env={}, stdout=subprocess.DEVNULL)

    async def start(self) -> None:
        """Begin, or begin again with nothing."""
        self.kill()
        self.launch()
        await wait_for_broker(self._provide, seconds=10)

    async def _provide(self) -> None:
        await create_missing({"bootstrap_servers": self.servers}, declared=[topics.EMPLOYEES])

    async def tell(self, facts: Sequence[Fact[EmployeeRegistered]]) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self.servers) as producer:
            for fact in facts:
                key = str(fact.data.employee_id).encode()
                told = [(name, text.encode()) for name, text in headers(fact, SOURCE).items()]
                place = partition_of(key, topics.EMPLOYEES.partitions)
                await producer.send_and_wait(
                    TOPIC, encode(fact.data), key=key, headers=told, partition=place
                )

    async def commit(self, group: str, offset: int) -> None:
        """What a consumer does that has not noticed that this is another broker."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.servers, group_id=group)
        where = [TopicPartition(TOPIC, one) for one in range(topics.EMPLOYEES.partitions)]
        consumer.assign(where)
        async with consumer:
            await consumer.commit(dict.fromkeys(where, offset))

    async def committed(self, group: str) -> int:
        """How many records a group has handled."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.servers, group_id=group)
        async with consumer:
            where = [TopicPartition(TOPIC, one) for one in range(topics.EMPLOYEES.partitions)]
            return sum([await consumer.committed(one) or 0 for one in where])

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
async def tansu(tmp_path: Path, ran_on: Callable[[str, str], None]) -> AsyncIterator[Embedded]:
    found = Embedded(tmp_path)
    await found.start()
    yield found
    found.kill()


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite: nobody is alone on PostgreSQL."""
    return f"sqlite+aiosqlite:///{tmp_path / 'service.db'}"


@pytest.fixture
def consumer(tansu: Embedded, database: Database) -> Consumer:
    common = CommonSettings(
        kafka_servers=tansu.servers,
        kafka_alone=True,
        kafka_fetch_wait_ms=10,
        kafka_check_seconds=0.2,
        kafka_metadata_ms=1000,
    )
    return Consumer(Delivery(listening(), database), common, batch=100)


def people(count: int, what: str) -> tuple[list[Fact[EmployeeRegistered]], set[str]]:
    names = [f"{what} {number}" for number in range(count)]
    return [registered(name) for name in names], set(names)


async def until_kept(database: Database, names: set[str]) -> None:
    ends = time.monotonic() + 20
    while set(found := await kept(database)) != names:
        assert time.monotonic() < ends, found
    assert len(found) == len(names)


@pytest.mark.localhost
async def test_all_partitions_are_read_at_once_and_again_from_where_they_were_left(
    tansu: Embedded, consumer: Consumer, database: Database
) -> None:
    first, names = people(20, "first")
    await tansu.tell(first)
    began = time.monotonic()
    await consumer.start(seconds=10)
    assert time.monotonic() - began < 2
    assert consumer.assigned
    assert consumer.alive
    await until_kept(database, names)
    await consumer.stop()
    assert await tansu.committed("tests") == 20
    more, others = people(10, "more")
    await tansu.tell(more)
    await consumer.start(seconds=10)
    await until_kept(database, names | others)
    await consumer.stop()
    assert await tansu.committed("tests") == 30


@pytest.mark.localhost
async def test_a_broker_that_lost_everything_is_heard_from_its_beginning(
    tansu: Embedded, consumer: Consumer, database: Database
) -> None:
    first, names = people(40, "first")
    await tansu.tell(first)
    await consumer.start(seconds=10)
    await until_kept(database, names)
    await tansu.start()
    fewer, others = people(20, "fewer")
    await tansu.tell(fewer)
    await until_kept(database, names | others)
    more, last = people(40, "more")
    await tansu.tell(more)
    await until_kept(database, names | others | last)
    await consumer.stop()
    assert await tansu.committed("tests") == 60


@pytest.mark.localhost
async def test_what_was_committed_to_a_broker_that_was_not_yet_known_does_not_count(
    tansu: Embedded, consumer: Consumer, database: Database
) -> None:
    first, names = people(20, "first")
    await tansu.tell(first)
    await consumer.start(seconds=10)
    await until_kept(database, names)
    await consumer.stop()
    await tansu.start()
    others, more = people(20, "other")
    await tansu.tell(others)
    await tansu.commit("tests", 1000)
    await consumer.start(seconds=10)
    await until_kept(database, names | more)
    await consumer.stop()


@pytest.mark.localhost
async def test_a_second_process_is_not_let_in_until_the_first_has_ended(
    tansu: Embedded, consumer: Consumer, database: Database
) -> None:
    other = Claim.beside(database)
    other.take()
    other.take()
    with pytest.raises(BlockingIOError, match="another process"):
        await consumer.start(seconds=10)
    other.let_go()
    await consumer.start(seconds=10)
    assert other.is_taken
    await consumer.stop()
    assert not other.is_taken


@pytest.fixture
def claim(tmp_path: Path) -> Iterator[Claim]:
    found = Claim(tmp_path / f"service.db{SUFFIX}")
    found.take()
    yield found
    found.let_go()


def test_a_claim_tells_where_its_offsets_are(claim: Claim) -> None:
    assert claim.cluster == ""
    claim.cluster = "first"
    claim.cluster = "2nd"
    assert claim.cluster == "2nd"


def test_only_a_file_can_be_claimed() -> None:
    for url in ("sqlite+aiosqlite://", "postgresql+asyncpg://a@b/c"):
        with pytest.raises(ValueError, match="KINERJA_KAFKA_ALONE"):
            Claim.beside(connect(ServiceSettings(database_url=url)))

"""The embedded broker itself: topics brought to it, and what a restart does."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from deploy.cli import topics
from deploy.local.environment import Stack
from deploy.local.folder import prepare
from deploy.local.processes import Processes
from shared.events.topics import EVALUATIONS
from shared.provision import DECLARED

pytestmark = pytest.mark.live


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(data=tmp_path / "data", kafka=free_port())


@pytest.fixture
def processes(stack: Stack) -> Iterator[Processes]:
    prepare(stack)
    knobs = {"KINERJA_DATA": str(stack.data), "KINERJA_KAFKA_PORT": str(stack.kafka)}
    with Processes(stack.logs, {**os.environ, **knobs, "HOME": "/nonexistent"}) as processes:
        processes.start("broker")
        yield processes


def client(stack: Stack) -> topics.Client:
    return {"bootstrap_servers": [stack.kafka_servers]}


async def until_up(stack: Stack) -> None:
    async with asyncio.timeout(20):
        while not await topics.reachable(client(stack)):  # noqa: ASYNC110 - it rings no bell
            await asyncio.sleep(0.05)


async def cluster(stack: Stack) -> str:
    admin = AIOKafkaAdminClient(**client(stack))
    await admin.start()
    try:
        return str((await admin.describe_cluster())["cluster_id"])
    finally:
        await admin.close()


async def test_topics_are_brought_to_it_and_again_changes_nothing(
    stack: Stack, processes: Processes
) -> None:
    await until_up(stack)
    assert {one.what for one in await topics.differences(client(stack))} == {"missing"}
    applied = await topics.apply(client(stack))
    assert set(applied.created) == {topic.name for topic in DECLARED}
    assert applied.left == []
    again = await topics.apply(client(stack))
    assert (again.created, again.changed, again.left) == ([], [], [])
    assert processes.ended() is None


async def test_killed_and_started_again_it_is_empty_another_cluster_and_read_from_the_start(
    stack: Stack, processes: Processes
) -> None:
    await until_up(stack)
    await topics.apply(client(stack))
    before = await cluster(stack)
    producer = AIOKafkaProducer(**client(stack), acks="all")
    consumer = AIOKafkaConsumer(
        EVALUATIONS.name,
        **client(stack),
        group_id="test",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=2000,
        heartbeat_interval_ms=200,
    )
    await producer.start()
    await consumer.start()
    try:
        await told(producer, b"before", 20)
        assert await taken(consumer, 20) == {b"before"}
        await consumer.commit()
        processes.signal(signal.SIGKILL, ["broker"])
        processes.wait("broker", seconds=10)
        processes.start("broker")
        await until_up(stack)
        assert await cluster(stack) != before
        await told(producer, b"after", 5)
        assert await taken(consumer, 5) == {b"after"}
    finally:
        await consumer.stop()
        await producer.stop()


async def told(producer: AIOKafkaProducer, value: bytes, count: int) -> None:
    for number in range(count):
        await producer.send_and_wait(EVALUATIONS.name, value, key=b"%d" % number)


async def taken(consumer: AIOKafkaConsumer, count: int) -> set[bytes]:
    """The values of the next so many records; each may come again, so keys are counted."""
    values: set[bytes] = set()
    keys: set[bytes] = set()
    async with asyncio.timeout(30):
        while len(keys) < count:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                values |= {record.value for record in records}
                keys |= {record.key for record in records}
    return values

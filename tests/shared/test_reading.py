import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError

from shared import reading
from tests.deploy.cli.kafka import CLIENT, Broker, install


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    """A broker in memory, where the reader finds its client library."""
    return install(monkeypatch)


async def everything(*topics: str) -> list[tuple[str, int, int]]:
    async with reading.reader(CLIENT) as consumer:
        where = await reading.partitions(CLIENT, topics)
        return [
            (one.topic, one.partition, one.offset) async for one in reading.records(consumer, where)
        ]


async def test_all_that_lies_there_is_read_and_topics_that_are_not_there_are_not_asked_for(
    broker: Broker,
) -> None:
    broker.make("a", 2)
    for partition in (0, 1, 1):
        broker.put("a", partition=partition)
    assert sorted(await everything("a", "b")) == [("a", 0, 0), ("a", 1, 0), ("a", 1, 1)]
    assert {where.topic for where in broker.logs} == {"a"}


async def test_empty_topics_and_none_at_all_end_at_once(broker: Broker) -> None:
    broker.make("a", 2)
    assert await everything("a") == []
    assert await everything() == []


async def test_a_broker_that_tells_the_last_batch_s_start_as_the_end_is_read_to_its_true_end(
    broker: Broker,
) -> None:
    broker.batches_of = 5
    for _ in range(13):
        broker.put("a")
    assert len(await everything("a")) == 13


async def test_what_comes_while_it_reads_is_left(broker: Broker) -> None:
    for _ in range(3):
        broker.put("a")
    async with reading.reader(CLIENT) as consumer:
        where = await reading.partitions(CLIENT, ["a"])
        seen = 0
        async for _ in reading.records(consumer, where):
            seen += 1
            broker.put("a")
    assert seen == 3


async def test_a_long_topic_is_never_held_whole(broker: Broker) -> None:
    for _ in range(4 * reading.RECORDS):
        broker.put("a")
    assert len(await everything("a")) == 4 * reading.RECORDS
    assert broker.largest_answer == reading.RECORDS


async def test_expired_records_are_no_reason_to_wait(broker: Broker) -> None:
    for _ in range(5):
        broker.put("a")
    broker.first[TopicPartition("a", 0)] = 3
    assert [offset for *_, offset in await everything("a")] == [3, 4]


async def test_a_broker_that_says_there_is_more_and_gives_nothing_is_given_up(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "STILL_SECONDS", 0)
    broker.put("a")
    broker.silent = True
    with pytest.raises(KafkaTimeoutError):
        await everything("a")

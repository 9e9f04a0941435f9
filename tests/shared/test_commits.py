import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, KafkaConnectionError

from shared import commits
from shared.commits import Commits

HERE, THERE = TopicPartition("t", 0), TopicPartition("t", 1)


class Broker:
    """Takes offsets as a consumer's broker does: slowly, not at all, or in the wrong group."""

    def __init__(self) -> None:
        self.taken: list[dict[TopicPartition, int]] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.fails: Exception | None = None
        self.sought: list[tuple[TopicPartition, int]] = []

    async def commit(self, places: dict[TopicPartition, int]) -> None:
        await self.answers.wait()
        if self.fails is not None:
            raise self.fails
        self.taken.append(places)

    def seek(self, *, partition: TopicPartition, offset: int) -> None:
        self.sought.append((partition, offset))


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
async def committing(broker: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Commits]:
    monkeypatch.setattr(commits, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(commits, "RETRY_SECONDS", 0.01)
    found = Commits()
    found.begin(broker)
    yield found
    await found.end()


async def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 5
    while not true():
        assert time.monotonic() < ends, "that took too long"
        await asyncio.sleep(0.005)


async def test_nobody_waits_for_the_broker_and_the_newest_places_go_together(
    committing: Commits, broker: Broker
) -> None:
    broker.answers.clear()
    committing.note({HERE: 1})
    await committing.commit()
    await asyncio.sleep(0.02)
    for place in range(2, 9):
        committing.note({HERE: place, THERE: 2 * place})
        await committing.commit()
    broker.answers.set()
    await until(lambda: len(broker.taken) == 2)
    assert broker.taken == [{HERE: 1}, {HERE: 8, THERE: 16}]


async def test_what_the_broker_did_not_take_is_committed_later_unless_newer_places_are_known(
    committing: Commits, broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    broker.fails = KafkaConnectionError("away")
    committing.note({HERE: 1, THERE: 1})
    await until(lambda: "offsets wait to be committed" in caplog.text)
    committing.note({HERE: 5})
    broker.fails = None
    await until(lambda: bool(broker.taken))
    assert {key: value for one in broker.taken for key, value in one.items()} == {HERE: 5, THERE: 1}


async def test_places_in_partitions_that_are_others_now_are_let_go(
    committing: Commits, broker: Broker
) -> None:
    broker.fails = CommitFailedError("not yours")
    committing.note({HERE: 1})
    assert await committing.flush()
    broker.fails = None
    assert await committing.flush()
    assert broker.taken == []
    committing.note({HERE: 2})
    committing.forget()
    assert await committing.flush()
    assert broker.taken == []


async def test_near_the_end_each_batch_waits_until_its_offsets_are_committed(
    committing: Commits, broker: Broker
) -> None:
    await committing.hurry()
    committing.note({HERE: 7})
    await committing.commit()
    assert broker.taken == [{HERE: 7}]


async def test_what_is_noted_before_there_is_a_consumer_is_not_lost(broker: Any) -> None:
    early = Commits()
    early.note({HERE: 3})
    assert await early.flush()
    early.begin(broker)
    await until(lambda: broker.taken == [{HERE: 3}])
    early.seek(HERE, 1)
    assert broker.sought == [(HERE, 1)]
    await early.end()
    early.note({HERE: 4})
    await early.flush()
    assert broker.taken == [{HERE: 3}]

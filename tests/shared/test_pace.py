import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition

from shared.pace import GATHER_SECONDS, SOON_SECONDS, Pace
from shared.records import Record

HERE, THERE = TopicPartition("t", 0), TopicPartition("t", 1)
BATCH = 160


class Client:
    """The client library's consumer, as far as it is asked."""

    def __init__(self, *comes: int) -> None:
        self._comes = list(comes)
        self.standing: set[TopicPartition] = set()
        self.fetched_of: list[set[TopicPartition]] = []
        self.mine = {HERE, THERE}

    def assignment(self) -> set[TopicPartition]:
        return self.mine

    def paused(self) -> set[TopicPartition]:
        return set(self.standing)

    def pause(self, *partitions: TopicPartition) -> None:
        assert {*partitions} <= self.mine
        self.standing |= {*partitions}

    def resume(self, *partitions: TopicPartition) -> None:
        assert {*partitions} <= self.mine
        self.standing -= {*partitions}

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[Any, Sequence[Record]]:
        assert timeout_ms > 0
        assert max_records == BATCH
        self.fetched_of.append(self.mine - self.standing)
        count = self._comes.pop(0)
        return {HERE: [Record("t", 0, n, 0, None, None) for n in range(count)]} if count else {}


async def test_nothing_is_fetched_ahead_of_few_and_all_is_once_they_are_handled() -> None:
    pace, client = Pace(BATCH), Client(9, 1)
    assert [len(found) for found in (await pace.next(client)).values()] == [9]
    assert client.standing == pace.held == {HERE, THERE}
    await pace.next(client)
    assert client.fetched_of == [{HERE, THERE}] * 2


async def test_more_is_fetched_ahead_of_many_and_of_none() -> None:
    pace, client = Pace(BATCH), Client(10, 0, BATCH)
    for _ in range(3):
        await pace.next(client)
        assert client.standing == pace.held == set()


@pytest.mark.parametrize(
    ("came", "waits"),
    [
        (0, []),
        (1, []),
        (2, [SOON_SECONDS]),
        (9, [SOON_SECONDS]),
        (10, [GATHER_SECONDS]),
        (79, [GATHER_SECONDS]),
        (80, []),
    ],
)
async def test_several_are_followed_by_a_short_wait_for_more_but_neither_one_nor_very_many(
    monkeypatch: pytest.MonkeyPatch, came: int, waits: list[float]
) -> None:
    pace, client, waited = Pace(BATCH), Client(came, 0), list[float]()

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    await pace.next(client)
    monkeypatch.setattr(asyncio, "sleep", wait)
    await pace.next(client)
    assert waited == waits


async def test_a_partition_that_stands_still_for_another_reason_is_let_be() -> None:
    pace, client = Pace(BATCH), Client(1, 1)
    client.standing = {THERE}
    await pace.next(client)
    assert pace.held == {HERE}, "so that others still see it"
    await pace.next(client)
    assert client.fetched_of == [{HERE}] * 2


async def test_partitions_others_have_by_now_are_not_asked_for() -> None:
    pace, client = Pace(BATCH), Client(1, 1)
    await pace.next(client)
    client.mine, client.standing = {THERE}, {THERE}
    await pace.next(client)
    assert client.fetched_of[-1] == {THERE}

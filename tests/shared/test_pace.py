from collections.abc import Sequence
from typing import Any

from aiokafka import TopicPartition

from shared.pace import Pace
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

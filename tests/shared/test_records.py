import logging
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.subscription_state import Assignment
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from shared import records
from tests.shared.unreadable import with_names_that_are_no_text, zipped

WHERE = TopicPartition("topic", 0)


def batch(first: int, names: Sequence[str]) -> bytes:
    """Records first, first + 1 …, each with one header of this name."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=100_000,
    )
    for number, name in enumerate(names):
        builder.append(number, 0, f"{number}".encode(), b"value", [(name, b"x"), ("null", None)])
    built = bytearray(builder.build())
    built[:8] = first.to_bytes(8)
    return bytes(built)


@pytest.fixture(autouse=True)
def _aiokafka_as_it_came() -> Iterator[None]:
    before = fetcher.MemoryRecords, fetcher.PartitionRecords, fetcher.FetchResult
    records.install()
    yield
    fetcher.MemoryRecords, fetcher.PartitionRecords, fetcher.FetchResult = before


def fetched(data: bytes, offset: int = 0) -> Any:
    """A partition's fetch result, and where the partition stands."""
    assignment = Assignment({WHERE})
    assignment.state_value(WHERE).reset_to(offset)
    read = fetcher.PartitionRecords(
        WHERE, fetcher.MemoryRecords(data), None, offset, None, None, True, 0
    )
    return fetcher.FetchResult(WHERE, assignment=assignment, partition_records=read, backoff=0)


def position(result: Any) -> int:
    return int(result._assignment.state_value(WHERE).position)


@pytest.mark.parametrize("compress", [bytes, zipped], ids=["plain", "gzip"])
async def test_a_header_whose_name_is_no_text_hides_no_record(
    compress: Callable[[bytes], bytes],
) -> None:
    odd = compress(with_names_that_are_no_text(batch(2, ["good", "odd!", "good"]), b"odd!"))
    result = fetched(batch(0, ["a", "b"]) + odd + batch(5, ["c"]))
    found = result.getall()
    assert [record.offset for record in found] == list(range(6))
    assert [found[2].headers[0][0], found[4].headers[0][0]] == ["good", "good"]
    assert {record.value for record in found} == {b"value"}
    assert {record.headers[1] for record in found} == {("null", None)}
    assert position(result) == 6
    assert not result.has_more()


async def test_as_many_are_given_as_are_asked_for_and_the_rest_next_time() -> None:
    odd = with_names_that_are_no_text(batch(0, ["a", "odd!", "b", "c"]), b"odd!")
    result = fetched(odd)
    assert [record.offset for record in result.getall(3)] == [0, 1, 2]
    assert position(result) == 3
    assert [record.offset for record in result.getall(3)] == [3]
    assert not result.has_more()


async def test_what_was_read_before_a_broken_batch_counts_and_the_partition_waits(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = bytearray(batch(2, ["c"]))
    broken[-1] ^= 1
    data = batch(0, ["a", "b"]) + broken
    result = fetched(data)
    assert [record.offset for record in result.getall()] == [0, 1]
    assert position(result) == 2, "nothing is passed over"
    state = result._assignment.state_value(WHERE)
    assert state.paused
    (line,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert line.__dict__["place"] == "topic/0/2"
    assert line.__dict__["error"] == CorruptRecordException.__name__


async def test_aiokafka_by_itself_still_loses_what_it_read_of_other_partitions() -> None:
    """Once this fails, `shared.records` may be no longer needed."""
    fetcher.MemoryRecords, fetcher.FetchResult = records.MemoryRecords, records._Fetched.__base__
    good = fetched(batch(0, ["a", "b"]))
    odd = fetched(with_names_that_are_no_text(batch(0, ["odd!"]), b"odd!"))
    client = SimpleNamespace(
        _records={WHERE: good, TopicPartition("topic", 1): odd},
        _subscriptions=SimpleNamespace(reassignment_in_progress=False),
        _notify=lambda _: None,
        _wait_consume_future=None,
    )
    with pytest.raises(UnicodeDecodeError):
        await fetcher.Fetcher.fetched_records(client, set())
    assert position(good) == 2, "it counts as handled, and nobody got it"

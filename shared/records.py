"""Reads what any producer may have written: no record stops, or swallows, those around it.

aiokafka takes the name of a header for UTF-8, as Kafka's protocol says it is; no broker sees to
it. Where it is not, its partition can never be read on, and what was read of other partitions just
before is counted as handled though nobody has got it. `install` mends both, in aiokafka's
fetcher, and lets it make records that cost less.
"""

import logging
import struct
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any, Final

import msgspec
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

log = logging.getLogger(__name__)

_OVERHEAD: Final = struct.calcsize(">qi")
"""A batch begins with its first offset and with how many bytes follow these two."""


class Record(msgspec.Struct, gc=False):
    """A record as it was fetched: what anybody here needs of aiokafka's `ConsumerRecord`.

    That one is a frozen dataclass of eleven fields, which takes longer to fill than a record
    takes to be read.

    Attributes:
        topic, partition, offset: where it stood.
        timestamp: milliseconds since 1970, as its producer or its broker had it.
        headers: names and values; a foreign producer may leave values null or not UTF-8.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()


class Batches:
    """A fetch's batches, in place of aiokafka's own `MemoryRecords`."""

    def __init__(self, fetched: bytes) -> None:
        self._fetched = fetched
        self._read = MemoryRecords(fetched)
        self._at = 0

    def has_next(self) -> bool:
        """Whether a whole batch is left."""
        return bool(self._read.has_next())

    def size_in_bytes(self) -> int:
        """The length of what was fetched."""
        return int(self._read.size_in_bytes())

    def next_batch(self) -> "_Batch":
        """The next batch."""
        begins = self._at
        (length,) = struct.unpack_from(">i", self._fetched, begins + _OVERHEAD - 4)
        self._at += _OVERHEAD + length
        return _Batch(self._read.next_batch(), memoryview(self._fetched)[begins : self._at])


class _Batch:
    """A batch; its records are read again, more slowly, where a header's name is no UTF-8."""

    def __init__(self, batch: Any, raw: memoryview) -> None:
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        read: list[Any] = []
        try:
            read.extend(self._batch)
        except UnicodeDecodeError:  # what came before it is there
            return chain(read, islice(_lenient(self._raw), len(read), None))
        return iter(read)


def _lenient(raw: memoryview) -> Iterator[Any]:
    batch = _DefaultRecordBatchPy(raw)
    batch._maybe_uncompress()  # noqa: SLF001  # so that it can be given other bytes
    batch._buffer = _Bytes(batch._buffer)  # noqa: SLF001  # the same
    return iter(batch)


class _Bytes(bytearray):
    """Bytes whose slices are text whatever is in them."""

    def __getitem__(self, where: Any) -> Any:
        found = super().__getitem__(where)
        return _Bytes(found) if isinstance(where, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        return super().decode(encoding, errors)


class _Records(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """A partition's records, each made as cheaply as it can be."""

    def _consumer_record(self, tp: TopicPartition, record: Any) -> Record:
        return Record(
            tp.topic,
            tp.partition,
            record.offset,
            record.timestamp,
            record.key,
            record.value,
            record.headers,
        )


class _Fetched(fetcher.FetchResult):  # type: ignore[misc]  # aiokafka has no types
    """What was fetched of a partition; where it cannot be read further, that much counts."""

    def getall(self, max_records: int | None = None) -> list[Any]:
        """At most so many records. A partition that cannot be read is paused, and said to be."""
        where = self._topic_partition
        if not self.check_assignment(where) or not self.has_more():
            return []
        records: Any = self._partition_records
        found: list[Any] = []
        try:
            found.extend(islice(records, max_records))
            ended = max_records is None or len(found) < max_records
        except Exception as error:  # noqa: BLE001  # whatever it is, other partitions go on
            ended = True
            self._assignment.state_value(where).pause()
            log.error(  # noqa: TRY400  # its text may hold what was in the record
                "a partition cannot be read any further",
                extra={
                    "place": f"{where.topic}/{where.partition}/{records.next_fetch_offset}",
                    "error": type(error).__name__,
                },
            )
        self._update_position()
        if ended:
            self._partition_records: Any = None
        return found


def install() -> None:
    """Let every consumer of this process read so; as often as you like."""
    fetcher.MemoryRecords = Batches
    fetcher.PartitionRecords = _Records
    fetcher.FetchResult = _Fetched

"""From a Kafka record to a fact, or to a reason why not. Nothing here ever raises."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Protocol
from uuid import UUID

import msgspec

from shared.events import KNOWN, Data, Fact, derived_id, written_as_key
from shared.events.fact import FACTS

UNREADABLE: Final = "unreadable"
"""The value is no JSON (or nested too deep to read)."""
WRONG_SCHEMA: Final = "wrong_schema"
"""JSON, but not what its type promises."""
EMPTY: Final = "empty"
UNKNOWN_TYPE: Final = "unknown_type"
NO_ENVELOPE: Final = "no_envelope"
"""`ce_id`, `ce_type` or `ce_time` is missing or cannot be read."""
WRONG_TIME: Final = "wrong_time"
"""Before there was anything to tell, or well ahead of our own clock."""
WRONG_TOPIC: Final = "wrong_topic"
WRONG_KEY: Final = "wrong_key"
"""The key is not the id the fact is about, so its order could not be kept."""
OTHER_CONTENT: Final = "other_content"
"""A fact of this id said something else before; the first counts."""

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD: Final = timedelta(days=1)
"""How far a teller's clock may be ahead."""


class Record(Protocol):
    """What we need of a Kafka client's record."""

    @property
    def topic(self) -> str:
        """The topic it came from."""

    @property
    def partition(self) -> int:
        """The partition it came from."""

    @property
    def offset(self) -> int:
        """Its place there."""

    @property
    def key(self) -> bytes | None:
        """Its key."""

    @property
    def value(self) -> bytes | None:
        """Its value."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Its headers; a foreign producer may leave values null or not UTF-8."""


class Refused(msgspec.Struct, frozen=True, gc=False):
    """A record nobody can handle, and why."""

    record: Record
    reason: str


class Read(msgspec.Struct, frozen=True, gc=False):
    """A record read as a fact."""

    record: Record
    fact: Fact[Data]


_DECODE: Final[Mapping[bytes, Callable[[bytes], Data]]] = {
    name.encode(): msgspec.json.Decoder(data).decode for name, data in KNOWN.items()
}
_ALIKE: Final = 1024
"""Times and traces are the same in many records of a batch: they are read once."""
_decode_time = msgspec.json.Decoder(datetime).decode
_decode_id = msgspec.json.Decoder(UUID).decode
_is_trace = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}").fullmatch


def read(record: Record, now: datetime) -> Read | Refused:
    """Read one record as CloudEvents binary mode says."""
    named = dict(record.headers)
    try:
        decode = _DECODE.get(named.get("ce_type") or b"")
        if decode is None:
            kind = (named.get("ce_type") or b"").decode()
            return Refused(record, UNKNOWN_TYPE if kind else NO_ENVELOPE)
        identity = _identity(named["ce_id"], named.get("ce_source"))
        time = _moment(named.get("ce_time") or b"")
    except (KeyError, ValueError):  # also UnicodeDecodeError and msgspec's errors
        return Refused(record, NO_ENVELOPE)
    if time.tzinfo is None:
        return Refused(record, NO_ENVELOPE)
    if not EARLIEST <= time <= now + AHEAD:
        return Refused(record, WRONG_TIME)
    if not record.value:
        return Refused(record, EMPTY)
    try:
        data = decode(record.value)
    except msgspec.ValidationError:
        return Refused(record, WRONG_SCHEMA)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refused(record, UNREADABLE)
    if data.topic.name != record.topic:
        return Refused(record, WRONG_TOPIC)
    if record.key != written_as_key(data.key):
        return Refused(record, WRONG_KEY)
    return Read(record, Fact(identity, data, time, _trace(named.get("traceparent"))))


def trace_of(record: Record) -> str | None:
    """The trace a record was told in, whatever else is wrong with it."""
    return _trace(dict(record.headers).get("traceparent"))


@lru_cache(_ALIKE)
def _moment(told: bytes) -> datetime:
    return _decode_time(b'"' + told + b'"')


@lru_cache(_ALIKE)
def _trace(told: bytes | None) -> str | None:
    """The trace to go on with; what is no W3C trace context is none (as the standard says)."""
    return told.decode() if told and _is_trace(told) else None


def _identity(told: bytes | None, source: bytes | None) -> UUID:
    """The fact's id; a foreign one that is no UUID is told apart by its source (CloudEvents)."""
    if not told:
        raise KeyError("ce_id")
    try:
        return _decode_id(b'"' + told + b'"')
    except msgspec.DecodeError:
        return derived_id(FACTS, f"{(source or b'').decode()}/{told.decode()}")


def place(record: Record) -> str:
    """Where a record lies: what may be logged of it."""
    return f"{record.topic}/{record.partition}/{record.offset}"

"""From a Kafka record to a fact, or to a reason why not. Nothing here ever raises."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID, uuid5

import msgspec

from shared.events import KNOWN, Data, Fact
from shared.events.fact import FACTS

UNREADABLE: Final = "unreadable"
"""The value is no JSON (or nested too deep to read)."""
WRONG_SCHEMA: Final = "wrong_schema"
"""JSON, but not what its type promises."""
EMPTY: Final = "empty"
UNKNOWN_TYPE: Final = "unknown_type"
NO_ENVELOPE: Final = "no_envelope"
"""`ce_id`, `ce_type` or `ce_time` is missing or cannot be read."""
WRONG_TOPIC: Final = "wrong_topic"
WRONG_KEY: Final = "wrong_key"
"""The key is not the id the fact is about, so its order could not be kept."""


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
    def headers(self) -> "tuple[tuple[str, bytes | None], ...]":
        """Its headers; a foreign producer may leave values null or not UTF-8."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A record nobody can handle, and why."""

    record: Record
    reason: str


@dataclass(frozen=True, slots=True)
class Read:
    """A record read as a fact."""

    record: Record
    fact: Fact[Data]


_DECODE: Final[Mapping[str, Callable[[bytes], Data]]] = {
    name: msgspec.json.Decoder(data).decode for name, data in KNOWN.items()
}
_decode_time = msgspec.json.Decoder(datetime).decode


def read(record: Record) -> Read | Refused:
    """Read one record as CloudEvents binary mode says."""
    named = dict(record.headers)
    try:
        kind = (named.get("ce_type") or b"").decode()
        decode = _DECODE.get(kind)
        if decode is None:
            return Refused(record, UNKNOWN_TYPE if kind else NO_ENVELOPE)
        identity = _identity(named["ce_id"], named.get("ce_source"))
        time = _decode_time(b'"' + (named.get("ce_time") or b"") + b'"')
        trace = named.get("traceparent")
        traceparent = trace.decode("ascii") if trace else None
    except (KeyError, ValueError):  # also UnicodeDecodeError and msgspec's errors
        return Refused(record, NO_ENVELOPE)
    if time.tzinfo is None:
        return Refused(record, NO_ENVELOPE)
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
    if record.key != str(data.key).encode():
        return Refused(record, WRONG_KEY)
    return Read(record, Fact(identity, data, time, traceparent))


def _identity(told: bytes | None, source: bytes | None) -> UUID:
    """The fact's id; a foreign one that is no UUID is told apart by its source (CloudEvents)."""
    name = (told or b"").decode()
    if not name:
        raise KeyError("ce_id")
    try:
        return UUID(name)
    except ValueError:
        return uuid5(FACTS, f"{(source or b'').decode()}/{name}")


def place(record: Record) -> str:
    """Where a record lies: what may be logged of it."""
    return f"{record.topic}/{record.partition}/{record.offset}"

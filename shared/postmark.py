"""What goes around a fact on the wire, as it lies in `told`: nothing that follows from the rest.

Of a fact of our own only its type, its source, its time and its trace are kept (a JSON array); its
other headers follow from these, its id and its key. Headers of others are kept as they came (a
JSON object).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Final, Protocol
from uuid import UUID

import msgspec

from shared.events import Data, Fact, constants, written_as_key

Headers = list[tuple[str, bytes]]

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict[str, str] | tuple[str, ...]).decode
_decode_others: Final = msgspec.json.Decoder(dict[str, str]).decode


class Row(Protocol):
    """A row of `told`."""

    @property
    def fact_id(self) -> UUID:
        """The fact's id."""

    @property
    def key(self) -> bytes | None:
        """Its key."""

    @property
    def headers(self) -> bytes:
        """What `of_fact` or `of_record` gave."""


def of_fact(fact: Fact[Data], source: str) -> bytes:
    """What is kept of a fact's headers; `source` is its CloudEvents source."""
    trace = b"," + _encode(fact.traceparent) if fact.traceparent else b""
    return _beginning(type(fact.data), source) + _moment(fact.time) + trace + b"]"


def of_record(headers: Mapping[str, str]) -> bytes:
    """What is kept of any other headers: all."""
    return _encode(headers)


def headers_of(row: Row) -> Headers:
    """All headers of a row, as Kafka takes them."""
    if (alike := _alike(row.headers)) is None:
        return [(name, value.encode()) for name, value in _decode_others(row.headers).items()]
    constant, time, trace = alike
    fact_id = ("ce_id", written_as_key(row.fact_id))
    return [*constant, fact_id, time, ("ce_subject", row.key or b""), *trace]


def trace_of(row: Row) -> str | None:
    """The trace context a row tells its fact in."""
    kept = _decode(row.headers)
    if isinstance(kept, dict):
        return kept.get("traceparent")
    _, _, _, *trace = kept
    return trace[0] if trace else None


@cache
def _beginning(kind: type[Data], source: str) -> bytes:
    return _encode([kind.type, source])[:-1] + b","


@lru_cache(64)
def _moment(at: datetime) -> bytes:
    return _encode(at.astimezone(UTC).isoformat())


@lru_cache(64)
def _alike(headers: bytes) -> tuple[Headers, tuple[str, bytes], Headers] | None:
    """What facts of a type that are told together have in common; None for headers of others."""
    kept = _decode(headers)
    if isinstance(kept, dict):
        return None
    kind, source, at, *trace = kept
    constant = [(name, text.encode()) for name, text in constants(kind, source).items()]
    return constant, ("ce_time", at.encode()), [("traceparent", one.encode()) for one in trace]

"""Every kind of record that should not be on the bus, and what ought to become of each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer

from shared.envelope import (
    EMPTY,
    NO_ENVELOPE,
    OTHER_CONTENT,
    UNKNOWN_TYPE,
    UNREADABLE,
    WRONG_KEY,
    WRONG_SCHEMA,
    WRONG_TIME,
    WRONG_TOPIC,
)
from shared.events import Data, EmployeeRegistered, Fact, encode, headers
from shared.events.topics import EMPLOYEES, EVALUATIONS, IMPORTS, RECOMMENDATIONS
from tests.services.facts import completed, registered, result
from tests.shared.unreadable import with_names_that_are_no_text

MARK = b"RAHASIA"
"""Stands in every bad record, wherever there is room; it must stand in no log."""
BOTH = ("training", "notifications")
LISTENERS = {EVALUATIONS.name: BOTH} | dict.fromkeys(
    (EMPLOYEES.name, IMPORTS.name, RECOMMENDATIONS.name), ("notifications",)
)
HANDLER = "handler:DBAPIError"
MEBIBYTE = 1_048_588 - 1_000
"""The value of the largest record a topic takes; the rest is its envelope."""
NO_TEXT = b"\xff\xfe\xed\xa0" + MARK
Header = tuple[str, bytes | None]


@dataclass(slots=True)
class Told:
    """A record to be written, and why it is refused; None where it is handled."""

    kind: str
    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[Header]
    reason: str | None = None
    by: tuple[str, ...] = ()
    """Who refuses it; by default all who listen to its topic."""
    no_text: bool = False
    """A header called `odd!` gets a name that is no UTF-8."""
    id: str = field(init=False)

    def __post_init__(self) -> None:
        self.id = (dict(self.headers).get("ce_id") or b"").decode("utf-8", "replace")
        if self.reason and not self.by:
            self.by = LISTENERS[self.topic]


def told(kind: str, data: Data, **changed: bytes | str | None) -> Told:
    """A fact as it should be, but for what is changed; a header that is None is left out."""
    fact = Fact(uuid4(), data, datetime.now(UTC))
    own: dict[str, bytes | None] = {
        name: said.encode() for name, said in headers(fact, "urn:kinerja:test").items()
    }
    for name, said in changed.items():
        if not name.startswith("ce_"):
            continue
        own.pop(name)
        if isinstance(said, bytes):
            own[name] = said
    reason, value, key = (
        changed.get("reason"),
        changed.get("value", encode(data)),
        changed.get("key", str(data.key).encode()),
    )
    assert reason is None or isinstance(reason, str)
    assert not isinstance(value, str)
    assert not isinstance(key, str)
    topic = str(changed.get("topic", data.topic.name))
    return Told(kind, topic, key, value, list(own.items()), reason)


def member(data: Data, name: str, raw: bytes) -> bytes:
    """The fact's JSON with one more member: the last of a name counts."""
    return encode(data)[:-1] + b',"' + name.encode() + b'":' + raw + b"}"


def values() -> Iterable[Told]:
    """Values nobody can read."""
    good = result("GOOD", 9_000)
    quoted = b'"' + MARK + b'"'
    for kind, value, reason in (
        ("no JSON", b"no JSON " + MARK, UNREADABLE),
        ("half of it", encode(good)[:-20] + MARK, UNREADABLE),
        ("UTF-16", MARK.decode().encode("utf-16"), UNREADABLE),
        ("empty", b"", EMPTY),
        ("null", None, EMPTY),
        ("another schema", b'{"nip": ' + quoted + b"}", WRONG_SCHEMA),
        ("a list", b"[" + quoted + b"]", WRONG_SCHEMA),
        ("text for a number", member(good, "version", quoted), WRONG_SCHEMA),
        ("an unknown word", member(good, "predicate", quoted), WRONG_SCHEMA),
        ("NaN", member(good, "score", b"NaN"), UNREADABLE),
        ("Infinity", member(good, "score", b"-Infinity"), UNREADABLE),
        ("a lone surrogate", member(good, "unit", b'"\\ud800' + MARK + b'"'), UNREADABLE),
        ("a raw surrogate", member(good, "unit", b'"\xed\xa0\x80' + MARK + b'"'), UNREADABLE),
        ("depth", b"[" * 10_000 + quoted + b"]" * 10_000, WRONG_SCHEMA),
        (
            "depth in a member",
            member(good, "more", b'{"a":' * 10_000 + quoted + b"}" * 10_000),
            UNREADABLE,
        ),
        ("a mebibyte", MARK + b"x" * (MEBIBYTE - len(MARK)), UNREADABLE),
        ("a mebibyte of brackets", b"[" * MEBIBYTE, WRONG_SCHEMA),
    ):
        whose = result("GOOD", 9_100 + len(kind))  # so that they lie on all partitions
        key = str(whose.key).encode()
        yield told(kind, good, key=key, value=value, reason=reason)


def envelopes() -> Iterable[Told]:
    """Envelopes that say nothing, or something wrong."""
    good = result("GOOD", 9_001)
    yield told("an unknown type", good, ce_type=b"evaluation.burnt.v1", reason=UNKNOWN_TYPE)
    yield told("a major version", good, ce_type=b"evaluation.finalized.v2", reason=UNKNOWN_TYPE)
    yield told("a type that is no text", good, ce_type=NO_TEXT, reason=NO_ENVELOPE)
    yield told("an id that is no text", good, ce_id=NO_TEXT, reason=NO_ENVELOPE)
    yield told("no id", good, ce_id=None, reason=NO_ENVELOPE)
    yield told("no time", good, ce_time=None, reason=NO_ENVELOPE)
    yield told("1970", good, ce_time=b"1970-01-01T00:00:00Z", reason=WRONG_TIME)
    yield told("2100", good, ce_time=b"2100-01-01T00:00:00Z", reason=WRONG_TIME)
    yield told("no key", good, key=None, reason=WRONG_KEY)
    yield told("a wrong key", good, key=MARK, reason=WRONG_KEY)
    yield told("a stranger's key", good, key=str(uuid4()).encode(), reason=WRONG_KEY)
    yield told("another topic", completed(0), topic=EVALUATIONS.name, reason=WRONG_TOPIC)
    null = told("an id that is null", good, reason=NO_ENVELOPE)
    null.headers = [(name, None if name == "ce_id" else said) for name, said in null.headers]
    null.id = ""
    yield null
    bare = told("no headers", good, reason=NO_ENVELOPE)
    bare.headers, bare.id = [], ""
    yield bare


def kept_by_no_database() -> Iterable[Told]:
    """Facts that are read, and then do not fit."""
    large = result("GOOD", 9_002)
    found = told("2^63", large, value=member(large, "version", b"9223372036854775808"))
    found.reason, found.by = "handler:OverflowError", ("training",)
    yield found
    someone = registered(9_003)
    assert isinstance(someone, EmployeeRegistered)
    yield told("NUL", registered(9_003, email=f"{MARK.decode()}\0@x.example"), reason=HANDLER)
    too_new = member(someone, "version", b"9223372036854775808")
    yield told("2^63", someone, value=too_new, reason=HANDLER)


def odd() -> Iterable[Told]:
    """Facts that look odd and mean what they say."""
    yield told("NUL in a name", registered(9_010).__class__(**_of(registered(9_010), "A\0B")))
    null = told("a null header", result("GOOD", 9_011))
    null.headers.append(("x-" + MARK.decode(), None))
    yield null
    binary = told("a header that is no text", result("GOOD", 9_012))
    binary.headers.append(("x", NO_TEXT))
    yield binary
    name = told("a header's name that is no text", result("GOOD", 9_013))
    name.headers.append(("odd!", MARK))
    name.no_text = True
    yield name
    grown = result("GOOD", 9_014)
    more = b'"' + MARK + b"x" * 900_000 + b'"'
    yield told("a large member nobody knows", grown, value=member(grown, "more", more))
    yield told("an id that is no UUID", result("GOOD", 9_015), ce_id=b"4711")
    yield told("an hour ahead", result("GOOD", 9_016), ce_time=_in_an_hour())


def _in_an_hour() -> bytes:
    return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "-01:00").encode()


def _of(data: Data, name: str) -> Mapping[str, object]:
    return {one: getattr(data, one) for one in data.__struct_fields__} | {"name": name}


def twice() -> tuple[Told, Told]:
    """A fact, and one of the same id that says something else."""
    first = told("the first of an id", result("GOOD", 9_020))
    second = told(
        "the second of an id",
        result("VERY_GOOD", 9_020),
        ce_id=first.id.encode(),
        reason=OTHER_CONTENT,
    )
    return first, second


def versions(number: int, *order: int) -> list[Told]:
    """Versions of one evaluation in this order."""
    return [told(f"version {one}", result("POOR", number, version=one)) for one in order]


async def write(producer: AIOKafkaProducer, one: Told, partition: int) -> None:
    """Write a record as it is, in a batch of its own."""
    batch = producer.create_batch()
    assert batch.append(timestamp=None, key=one.key, value=one.value, headers=one.headers)
    if one.no_text:
        raw = bytes(batch._build())
        batch._buffer = bytearray(with_names_that_are_no_text(raw, b"odd!"))
    await (await producer.send_batch(batch, one.topic, partition=partition))


def person_of(one: Told) -> UUID:
    """Whom a well-meant record is about."""
    return UUID((one.key or b"").decode())

import tracemalloc
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import envelope
from shared.envelope import Read, Refused
from shared.events import EmployeeRegistered, Fact, encode
from tests.shared.broker import Record
from tests.shared.facts import NOW, record, registered, with_field

FACT = registered("Siti", employee_id=UUID("01a20d47-640b-746e-afc8-848290f1507e"))


def read(found: Record) -> Read | Refused:
    return envelope.read(found, NOW)


def reason(found: Record) -> str:
    said = read(found)
    assert isinstance(said, Refused)
    assert said.record is found
    return said.reason


def fact(found: Record) -> Fact[Any]:
    said = read(found)
    assert isinstance(said, Read), said
    return said.fact


def test_a_fact_is_read_as_it_was_told() -> None:
    assert fact(record(FACT)) == FACT


@pytest.mark.parametrize("missing", ["ce_id", "ce_type", "ce_time"])
def test_without_an_envelope_there_is_no_fact(missing: str) -> None:
    assert reason(record(FACT, **{missing: None})) == envelope.NO_ENVELOPE
    assert reason(record(FACT, **{missing: b"\xff\xfe"})) in {
        envelope.NO_ENVELOPE,
        envelope.UNKNOWN_TYPE,
    }


def test_headers_may_be_null_or_no_text_where_they_say_nothing_we_need() -> None:
    odd = record(FACT)
    odd.headers = (*odd.headers, ("x-null", None), ("x-bytes", b"\xff\xfe\x00"))
    assert fact(odd) == FACT
    odd.headers = tuple((name, None) for name, _ in odd.headers)
    assert reason(odd) == envelope.NO_ENVELOPE


@pytest.mark.parametrize(
    "kind", [b"employee.registered.v2", b"employee.fired.v1", b"EmployeeRegistered", b" "]
)
def test_an_unknown_type_or_major_version_is_said_to_be_one(kind: bytes) -> None:
    assert reason(record(FACT, ce_type=kind)) == envelope.UNKNOWN_TYPE


@pytest.mark.parametrize("value", [None, b""])
def test_an_empty_value_is_no_fact(value: bytes | None) -> None:
    assert reason(record(FACT, value=value)) == envelope.EMPTY


@pytest.mark.parametrize(
    "value",
    [
        b"not JSON",
        b"\xff\xfe\x00",
        b"{",
        b'{"name": NaN}',
        b'{"version": Infinity}',
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": "\\ud800"}',
        encode(FACT.data)[:-1],
        encode(FACT.data) + b"}",
        b"[" * 10_000,
        b'{"more":' * 10_000,
        b'{"more":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    ],
    ids=lambda value: value[:24].decode("latin-1"),
)
def test_what_is_no_json_is_unreadable(value: bytes) -> None:
    assert reason(record(FACT, value=value)) in {envelope.UNREADABLE, envelope.WRONG_SCHEMA}


@pytest.mark.parametrize(
    "value",
    [
        b"null",
        b"[]",
        b"{}",
        b'"text"',
        b"1e999",
        with_field(FACT, "version", b'"one"'),
        with_field(FACT, "version", b"1.5"),
        with_field(FACT, "employee_id", b'"19850101"'),
        with_field(FACT, "employment_kind", b'"PRESIDENT"'),
        with_field(FACT, "name", b"null"),
    ],
    ids=lambda value: value[:24].decode("latin-1"),
)
def test_json_that_is_not_what_its_type_promises_has_the_wrong_schema(value: bytes) -> None:
    assert reason(record(FACT, value=value)) == envelope.WRONG_SCHEMA


def test_members_we_do_not_know_are_ignored_so_that_facts_can_grow() -> None:
    grown = record(FACT, value=with_field(FACT, "added_later", b'{"a": [1, null]}'))
    assert fact(grown) == FACT


def test_a_fact_on_a_foreign_topic_or_under_a_foreign_key_is_none() -> None:
    assert reason(record(FACT, topic="appraisal.imports.v1")) == envelope.WRONG_TOPIC
    for key in (None, b"", b"somebody", str(registered().data.key).encode()):
        assert reason(record(FACT, key=key)) == envelope.WRONG_KEY


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (b"2026-03-01T09:30:00", envelope.NO_ENVELOPE),
        (b'2026-03-01T09:30:00Z" ', envelope.NO_ENVELOPE),
        (b"yesterday", envelope.NO_ENVELOPE),
        (b"1970-01-01T00:00:00Z", envelope.WRONG_TIME),
        (b"0001-01-01T00:00:00+14:00", envelope.WRONG_TIME),
        (b"2100-01-01T00:00:00Z", envelope.WRONG_TIME),
        (b"9999-12-31T23:59:59-14:00", envelope.WRONG_TIME),
    ],
)
def test_a_time_without_zone_or_out_of_this_world_is_refused(told: bytes, why: str) -> None:
    assert reason(record(FACT, ce_time=told)) == why


def test_a_clock_that_is_a_little_ahead_is_forgiven() -> None:
    soon = (NOW + timedelta(hours=3)).isoformat().encode()
    assert fact(record(FACT, ce_time=soon)).time == NOW + timedelta(hours=3)


def test_an_id_that_is_no_uuid_is_told_apart_by_its_source() -> None:
    here, again = (fact(record(FACT, ce_id=b"42")).id for _ in range(2))
    there = fact(record(FACT, ce_id=b"42", ce_source=b"urn:elsewhere")).id
    assert here == again
    assert here != there
    assert isinstance(here, UUID)


def test_a_trace_that_is_none_is_left_out_and_a_good_one_goes_on() -> None:
    good = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert fact(record(FACT, traceparent=good)).traceparent == good.decode()
    for bad in (b"Siti", b"\xff", good.upper(), good + b"\n"):
        assert fact(record(FACT, traceparent=bad)).traceparent is None


def test_a_huge_number_is_read_or_refused_but_breaks_nothing() -> None:
    for number in (b"9223372036854775808", b"1" + b"0" * 4000):
        said = read(record(FACT, value=with_field(FACT, "version", number)))
        assert isinstance(said, Read | Refused)


def test_a_megabyte_of_anything_takes_a_few_megabytes() -> None:
    values = [
        b"[" * 2**20,
        b'{"a":' * 2**17,
        b'{"name": "' + b"\\u0041" * 2**17 + b'"}',
        b"[" + b"[]," * 2**18 + b"[]]",
        b'{"more": [' + b"{}," * 2**18 + b"{}]}",
    ]
    tracemalloc.start()
    try:
        for value in values:
            reason(record(FACT, value=value))
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()


@given(
    value=st.none() | st.binary(max_size=200),
    key=st.none() | st.binary(max_size=40),
    named=st.dictionaries(
        st.sampled_from(["ce_id", "ce_type", "ce_time", "ce_source", "traceparent", "x"]),
        st.none() | st.binary(max_size=60) | st.just(EmployeeRegistered.type.encode()),
    ),
)
def test_reading_never_raises(
    value: bytes | None, key: bytes | None, named: dict[str, bytes | None]
) -> None:
    odd = record(FACT, value=value, key=key)
    odd.headers = tuple((dict(odd.headers) | named).items())
    assert isinstance(read(odd), Read | Refused)


def test_a_place_names_where_a_record_lies_and_nothing_of_it() -> None:
    assert envelope.place(record(FACT, 7, partition=3)) == "workforce.employees.v1/3/7"

from dataclasses import dataclass
from datetime import timedelta, timezone
from uuid import UUID, uuid4

import msgspec
import pytest

from shared.events import headers
from shared.postmark import headers_of, of_fact, of_record, trace_of
from tests.shared.facts import SOURCE, registered

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class Row:
    fact_id: UUID
    key: bytes | None
    headers: bytes


@pytest.mark.parametrize("trace", [TRACE, None])
def test_a_fact_s_headers_come_back_as_they_are_told(trace: str | None) -> None:
    fact = msgspec.structs.replace(registered(), traceparent=trace)
    row = Row(fact.id, str(fact.data.key).encode(), of_fact(fact, SOURCE))
    told = headers(fact, SOURCE)
    assert headers_of(row) == [(name, value.encode()) for name, value in told.items()]
    assert trace_of(row) == trace


def test_what_follows_from_a_row_is_not_kept_in_it_twice() -> None:
    fact = registered()
    kept = of_fact(fact, SOURCE)
    assert str(fact.id).encode() not in kept
    assert str(fact.data.key).encode() not in kept
    assert len(kept) < 120


def test_a_time_is_kept_in_utc_wherever_it_was_told() -> None:
    jakarta = timezone(timedelta(hours=7))
    fact = registered()
    there = msgspec.structs.replace(fact, time=fact.time.astimezone(jakarta))
    assert of_fact(there, SOURCE) == of_fact(fact, SOURCE)


def test_headers_of_others_come_back_as_they_came() -> None:
    came = {"ce_type": "strange.v1", "dead_reason": "unreadable", "x": "ü"}
    row = Row(uuid4(), None, of_record(came))
    assert headers_of(row) == [(name, value.encode()) for name, value in came.items()]
    assert trace_of(row) is None
    assert trace_of(Row(uuid4(), None, of_record({"traceparent": TRACE}))) == TRACE

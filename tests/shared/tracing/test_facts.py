from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from opentelemetry.trace import SpanKind, StatusCode
from sqlalchemy.ext.asyncio import AsyncSession

from shared import delivery as core
from shared import outbox, tracing
from shared.database import Database
from shared.delivery import Delivery, Listening
from shared.events import EmployeeRegistered, Fact, following
from shared.tracing.work import written
from tests.shared.broker import Broker
from tests.shared.dead import failing_for, headers_of, waiting
from tests.shared.facts import NOW, SECRET, SOURCE, kept, listening, records, registered
from tests.shared.telling import TOPIC, one, settle, tell_all
from tests.shared.tracing.conftest import FACTS, Spans
from tests.shared.tracing.test_work import CALLER, TRACE, parent_of, trace_of

SILENT = f"{CALLER[:-2]}00"


def traced(count: int = 1, traceparent: str = CALLER) -> list[Fact[EmployeeRegistered]]:
    facts = [registered(f"{SECRET} {number}") for number in range(count)]
    return [msgspec.structs.replace(fact, traceparent=traceparent) for fact in facts]


def listening_and_telling() -> Listening:
    """A service that tells on what it hears, and keeps a row of each."""
    listens = Listening("tests")

    @listens.on(EmployeeRegistered)
    async def tell_on(facts: Sequence[Fact[EmployeeRegistered]], session: AsyncSession) -> None:
        told = [following(fact, fact.data, at=NOW) for fact in facts]
        await outbox.tell(session, told, source=SOURCE)
        tracing.kept("row", ((fact, {"rows": 1}) for fact in facts))

    return listens


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "FIRST_PAUSE", 0.001)


def test_while_tracing_is_off_facts_stay_what_they_are() -> None:
    facts = traced(3)
    assert tracing.told(facts) is facts
    assert tracing.follow(facts) is facts
    never: Any = iter(())
    tracing.kept("row", never)


def test_of_many_facts_told_at_once_some_are_followed_evenly(spans: Spans) -> None:
    with tracing.going_on("work", CALLER):
        facts = traced(23, tracing.here() or "")
        told = tracing.told(facts)
    sampled = [place for place, fact in enumerate(told) if (fact.traceparent or "")[-2:] == "01"]
    assert sampled == [0, 5, 10, 15, 20]
    assert len(sampled) <= FACTS
    assert {(fact.traceparent or "")[3:35] for fact in told} == {TRACE}
    assert [fact.id for fact in told] == [fact.id for fact in facts]
    (event,) = spans.one("work").events
    assert event.attributes == {
        "cloudevents.event_type": "employee.registered.v1",
        "kinerja.facts": 23,
    }


def test_facts_that_are_followed_already_stay_so_however_many_they_are(spans: Spans) -> None:
    facts = [traced(1, CALLER.replace("b7ad", f"{number:04x}"))[0] for number in range(1, 30)]
    assert tracing.told(facts) == facts


def test_none_is_followed_where_none_is_wanted(
    spans: Spans, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing.work.switch, "facts", 0)
    assert {fact.traceparent for fact in tracing.told(traced(3))} == {SILENT}


async def test_a_fact_has_a_span_in_its_trace_and_what_follows_from_it_is_below(
    database: Database, spans: Spans
) -> None:
    (fact,) = traced()
    untraced = registered()
    batch = records([fact, *traced(3, SILENT), untraced])
    await Delivery(listening_and_telling(), database).take(batch)
    span = spans.one("process employee.registered.v1")
    assert parent_of(span) == CALLER
    assert span.kind is SpanKind.CONSUMER
    assert dict(span.attributes or {}) == {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.consumer.group.name": "tests",
        "messaging.destination.name": TOPIC,
        "cloudevents.event_type": "employee.registered.v1",
        "cloudevents.event_id": str(fact.id),
    }
    row = spans.one("row")
    assert parent_of(row) == written(span.get_span_context())
    whole = spans.one("process batch")
    assert whole.parent is None
    assert (whole.attributes or {})["messaging.batch.message_count"] == 5
    assert [written(link.context) for link in whole.links] == [CALLER]
    assert [link.context for link in span.links] == [whole.get_span_context()]
    told = Counter(headers_of(row).get("traceparent") for row in await waiting(database, TOPIC))
    assert told == {written(span.get_span_context()): 1, SILENT: 3, None: 1}
    for one_span in spans:
        assert SECRET not in one_span.to_json()


async def test_a_fact_heard_again_has_no_second_span(database: Database, spans: Spans) -> None:
    delivery = Delivery(listening(), database)
    batch = records(traced())
    await delivery.take(batch)
    await delivery.take(batch)
    assert len(spans.named("process employee.registered.v1")) == 1
    assert len(spans.named("process batch")) == 2


async def test_a_batch_that_fails_leaves_only_that_it_failed(
    database: Database, spans: Spans
) -> None:
    good, bad = traced(2)
    listens = failing_for(bad.data.name)
    await Delivery(listens, database).take(records([good, bad]))
    assert await kept(database) == [good.data.name]
    assert len(spans.named("process employee.registered.v1")) == 1
    failed = [one for one in spans if one.status.status_code is StatusCode.ERROR]
    assert {(one.attributes or {})["error.type"] for one in failed} == {"ArithmeticError"}
    alone = spans.one("try alone")
    assert parent_of(alone) == CALLER
    assert [trace_of(one) for one in failed].count(TRACE) == core.TRIES - 1, (
        "tries are in its trace"
    )
    for span in spans:
        assert SECRET not in span.to_json()


async def test_facts_sent_to_kafka_are_linked_to_their_traces(
    database: Database, broker: Broker, spans: Spans
) -> None:
    with tracing.going_on("work", CALLER):
        place = tracing.here() or ""
        facts = [*traced(3, place), *traced(2, SILENT), registered()]
        await tell_all(database, facts)
    relay = one(database)
    await settle(relay)
    span = spans.one("send facts")
    assert span.kind is SpanKind.PRODUCER
    assert (span.attributes or {})["messaging.batch.message_count"] == len(facts)
    assert [written(link.context) for link in span.links] == [place]
    broker.failing = {TOPIC: 1}
    await tell_all(database, traced())
    await settle(relay)
    statuses = [one.status.status_code for one in spans.named("send facts")]
    assert statuses == [StatusCode.UNSET, StatusCode.ERROR, StatusCode.UNSET]

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.cli import letters
from deploy.cli.letters import Letter, Mark, Selection
from shared import reading
from tests.deploy.cli.kafka import CLIENT, FACT_ID, TOPIC, Broker, set_aside

EIGHT = datetime(2026, 11, 24, 8, tzinfo=UTC)


def letter(broker: Broker, **values: Any) -> Letter:
    found = letters.read(set_aside(broker, **values))
    assert isinstance(found, Letter)
    return found


async def every() -> list[Letter]:
    async with reading.reader(CLIENT) as consumer:
        where = await reading.partitions(CLIENT, letters.TOPICS)
        return [one async for one in letters.every(consumer, where)]


def test_a_dead_record_is_read_with_its_own_envelope_apart_from_what_was_added(
    broker: Broker,
) -> None:
    found = letter(broker)
    assert (found.topic, found.reason, found.service) == (TOPIC, "unreadable", "training")
    assert (found.origin, found.place) == (f"{TOPIC}/2/7", f"{TOPIC}.dead/0/0")
    assert (found.type, found.fact_id) == ("evaluation.finalized.v1", FACT_ID)
    assert found.time == EIGHT
    assert found.headers == (
        ("ce_specversion", b"1.0"),
        ("ce_id", FACT_ID.encode()),
        ("ce_type", b"evaluation.finalized.v1"),
        ("content-type", b"application/json"),
    )


def test_the_id_is_that_of_what_was_set_aside_whoever_did_and_wherever_it_lies(
    broker: Broker,
) -> None:
    first = letter(broker)
    assert letter(broker, service="notifications", reason="x", time="").id == first.id
    others = [
        letter(broker, offset=8),
        letter(broker, key=None),
        letter(broker, value=b"{}"),
        letter(broker, fact_id="x"),
    ]
    assert len({first.id, *(one.id for one in others)}) == 5


def test_a_foreign_record_is_read_too(broker: Broker) -> None:
    record = broker.put(
        f"{TOPIC}.dead", key=None, value=None, headers=(("x", None), ("y", b"\xff"))
    )
    found = letters.read(record, EIGHT)
    assert isinstance(found, Letter)
    assert (found.reason, found.service, found.type, found.fact_id) == ("?", "?", "?", "")
    assert (found.value, found.time, found.key) == (b"", EIGHT, None)
    assert found.headers == (("x", b""), ("y", b"\xff"))


def test_a_mark_is_no_letter(broker: Broker) -> None:
    headers = ((letters.MARK_ID, b"abc"), (letters.MARK_TIME, b"2026-11-24T08:00:00+00:00"))
    assert letters.read(broker.put("x.dead", headers=headers)) == Mark("abc", EIGHT)
    headers = ((letters.MARK_ID, b"abc"), (letters.MARK_TIME, b"yesterday"))
    assert letters.read(broker.put("x.dead", headers=headers), EIGHT) == Mark("abc", EIGHT)


async def test_letters_come_with_whether_they_were_sent_back(broker: Broker) -> None:
    first, second = letter(broker), letter(broker, offset=8)
    headers = ((letters.MARK_ID, first.id.encode()), (letters.MARK_TIME, b"2026-11-24T09:00+00:00"))
    broker.put(f"{TOPIC}.dead", value=b"", headers=headers)
    found = {one.id: one.redriven for one in await every()}
    assert found == {first.id: EIGHT + timedelta(hours=1), second.id: None}


async def test_a_letter_told_twice_counts_once_and_one_of_two_services_twice(
    broker: Broker,
) -> None:
    for service in ("training", "training", "notifications"):
        letter(broker, service=service)
    assert [one.service for one in await every()] == ["training", "notifications"]


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection(), True),
        (Selection(topic=TOPIC), True),
        (Selection(topic=f"{TOPIC}.dead"), True),
        (Selection(topic="other"), False),
        (Selection(reason="handler"), True),
        (Selection(reason="handler:KeyError"), True),
        (Selection(reason="handler:ValueError"), False),
        (Selection(reason="hand"), False),
        (Selection(type="evaluation.finalized.v1"), True),
        (Selection(type="evaluation.superseded.v1"), False),
        (Selection(service="training"), True),
        (Selection(service="notifications"), False),
        (Selection(since=EIGHT), True),
        (Selection(since=EIGHT + timedelta(seconds=1)), False),
        (Selection(until=EIGHT), False),
        (Selection(until=EIGHT + timedelta(seconds=1)), True),
        (Selection(ids=("nothing", FACT_ID.upper())), True),
        (Selection(ids=("nothing",)), False),
        (Selection(reason="handler", service="notifications"), False),
    ],
)
def test_a_selection_takes(broker: Broker, selection: Selection, taken: bool) -> None:
    assert selection.takes(letter(broker, reason="handler:KeyError")) is taken


def test_a_selection_takes_the_beginning_of_an_id_only(broker: Broker) -> None:
    one = letter(broker)
    assert Selection(ids=(one.id[:4].upper(),)).takes(one)
    assert not Selection(ids=(one.id[4:],)).takes(one)
    assert not Selection(ids=(FACT_ID[:8],)).takes(one)


def test_a_letter_without_a_time_is_in_no_span_of_time(broker: Broker) -> None:
    one = replace(letter(broker), time=None)
    assert Selection().takes(one)
    assert not Selection(since=EIGHT - timedelta(days=9999)).takes(one)

import asyncio
import logging

import msgspec
import pytest
from sqlalchemy import text

from shared import delivery as core
from shared import envelope, outbox
from shared.database import Database
from shared.delivery import TRIES, Delivery
from tests.shared.dead import failing_for, headers_of, reasons, waiting
from tests.shared.facts import (
    SECRET,
    kept,
    listening,
    record,
    records,
    registered,
    with_field,
)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "FIRST_PAUSE", 0.001)


@pytest.fixture
def delivery(database: Database) -> Delivery:
    return Delivery(listening(), database)


async def test_a_culprit_is_tried_a_bounded_number_of_times(database: Database) -> None:
    calls: list[int] = []
    delivery = Delivery(failing_for("culprit", calls=calls), database)
    await delivery.take(records([registered("culprit")]))
    assert len(calls) == TRIES


async def test_many_culprits_do_not_take_many_pauses(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(core, "PATIENCE", 0.1)
    slept: list[float] = []
    sleep = asyncio.sleep

    async def count(seconds: float) -> None:
        slept.append(seconds)
        await sleep(seconds)

    monkeypatch.setattr(core.asyncio, "sleep", count)
    batch = records([registered("bad") for _ in range(10)])
    await Delivery(failing_for("bad"), database).take(batch)
    assert sum(slept) == pytest.approx(0.1)
    assert len(await waiting(database)) == 10


async def test_what_is_set_aside_is_told_once_as_it_came_and_without_personal_values(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    delivery = Delivery(failing_for(SECRET), database)
    culprit = record(registered(SECRET), 7, note=SECRET.encode())
    with caplog.at_level(logging.DEBUG):
        await delivery.take([culprit])
        await delivery.take([culprit])
    (row,) = await waiting(database)
    assert (row.key, row.payload) == (culprit.key, culprit.value)
    told = headers_of(row)
    assert told["dead_topic"] == "workforce.employees.v1"
    assert (told["dead_partition"], told["dead_offset"]) == ("0", "7")
    assert told["dead_service"] == "tests"
    assert told["ce_id"] == dict(culprit.headers)["ce_id"].decode()  # type: ignore[union-attr]  # it has one
    assert SECRET not in str(told)
    logged = " ".join(str(line.__dict__) for line in caplog.records if line.name == core.__name__)
    assert "ArithmeticError" in logged
    assert SECRET not in logged


async def test_a_fact_set_aside_can_be_sent_again_and_is_handled_then(database: Database) -> None:
    fact = registered("culprit")
    await Delivery(failing_for("culprit"), database).take([record(fact, 0)])
    await Delivery(listening(), database).take([record(fact, 12)])
    assert await kept(database) == ["culprit"]


async def test_the_same_fact_failing_at_another_place_is_set_aside_again(
    database: Database,
) -> None:
    fact = registered("culprit")
    delivery = Delivery(failing_for("culprit"), database)
    await delivery.take([record(fact, 0)])
    await delivery.take([record(fact, 12)])
    assert len(await waiting(database)) == 2


async def test_another_record_at_the_same_place_of_a_new_topic_is_not_swallowed(
    database: Database, delivery: Delivery
) -> None:
    await delivery.take([record(registered(), 0, ce_id=None, value=b"one")])
    await delivery.take([record(registered(), 0, ce_id=None, value=b"two")])
    assert [row.payload for row in await waiting(database)] == [b"one", b"two"]


async def test_the_same_id_with_other_content_is_set_aside_and_the_first_counts(
    database: Database, delivery: Delivery
) -> None:
    fact = registered("first")
    other = msgspec.structs.replace(fact.data, name="other")
    again = record(msgspec.structs.replace(fact, data=other), 1)
    await delivery.take([record(fact, 0), again])
    await delivery.take([again])
    assert await kept(database) == ["first"]
    assert await reasons(database) == [envelope.OTHER_CONTENT]
    third = msgspec.structs.replace(fact.data, name="third")
    await delivery.take([record(msgspec.structs.replace(fact, data=third), 2)])
    assert await reasons(database) == [envelope.OTHER_CONTENT] * 2
    assert await kept(database) == ["first"]


async def test_unreadable_records_are_set_aside_in_one_go_and_hold_nothing_up(
    database: Database, delivery: Delivery
) -> None:
    good = [registered("before"), registered("behind")]
    poison = [record(registered(), 1 + number, value=b"not JSON") for number in range(50)]
    await delivery.take([record(good[0], 0), *poison, record(good[1], 51)])
    assert await kept(database) == ["before", "behind"]
    assert await reasons(database) == [envelope.UNREADABLE] * 50


@pytest.mark.parametrize("raw", [b'"a\\u0000b"', b'"ok"'])
async def test_what_a_database_cannot_hold_is_set_aside_and_the_rest_is_kept(
    database: Database, delivery: Delivery, raw: bytes
) -> None:
    odd = registered("odd")
    await delivery.take(
        [
            record(registered("one"), 0),
            record(odd, 1, value=with_field(odd, "name", raw)),
            record(registered("two"), 2),
        ]
    )
    names = await kept(database)
    assert names[0] == "one"
    assert names[-1] == "two"
    if len(names) == 2:
        assert (await reasons(database))[0].startswith("handler:")


async def test_what_cannot_even_be_set_aside_is_taken_again_after_a_pause(
    database: Database, delivery: Delivery
) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text("drop table outbox"))
    with pytest.raises(Exception, match="outbox"):
        await delivery.take([record(registered(), value=b"poison")])
    assert not delivery.busy
    async with database.engine.begin() as connection:
        await connection.run_sync(outbox.metadata.create_all)
    await delivery.take([record(registered(), value=b"poison")])
    assert await reasons(database) == [envelope.UNREADABLE]

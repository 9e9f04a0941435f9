import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import delivery as core
from shared import envelope, outbox
from shared.database import Database
from shared.delivery import TRIES, Delivery, Listening
from shared.events import EmployeeRegistered, Fact, ImportCompleted, following, new_fact
from shared.inbox import inbox
from tests.shared.facts import (
    NOW,
    SECRET,
    SOURCE,
    keep,
    kept,
    listening,
    record,
    records,
    registered,
    with_field,
)

DEAD = "workforce.employees.v1.dead"


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "FIRST_PAUSE", 0.001)


@pytest.fixture
def delivery(database: Database) -> Delivery:
    return Delivery(listening(), database)


async def waiting(database: Database, topic: str = DEAD) -> Sequence[Row[Any]]:
    table = outbox.outbox
    async with database.engine.connect() as connection:
        rows = select(table).where(table.c.topic == topic).order_by(table.c.id)
        return (await connection.execute(rows)).all()


async def reasons(database: Database) -> list[str]:
    return [headers_of(row)["dead_reason"] for row in await waiting(database)]


def headers_of(row: Row[Any]) -> dict[str, str]:
    return {name: value.decode() for name, value in outbox.unpack(row.headers)}


def failing_for(*names: str, calls: list[int] | None = None) -> Listening:
    """A service whose handler has a bug with some names."""
    listens = Listening("tests")

    @listens.on(EmployeeRegistered)
    async def note(facts: Sequence[Fact[EmployeeRegistered]], session: AsyncSession) -> None:
        if calls is not None:
            calls.append(len(facts))
        await keep(facts, session)
        if any(fact.data.name in names for fact in facts):
            raise ArithmeticError(f"cannot count {facts[0].data.name}")

    return listens


async def test_a_batch_is_kept_in_the_order_it_was_told_in(
    database: Database, delivery: Delivery
) -> None:
    names = [f"person {number}" for number in range(200)]
    await delivery.take(records([registered(name) for name in names]))
    assert await kept(database) == names


async def test_a_fact_is_kept_once_however_often_it_comes(
    database: Database, delivery: Delivery
) -> None:
    one, two = registered("one"), registered("two")
    await delivery.take([record(one, 0), record(one, 1), record(two, 2), record(one, 3)])
    await delivery.take([record(two, 2), record(one, 3)])
    assert await kept(database) == ["one", "two"]
    assert await waiting(database) == []


async def test_an_effect_is_kept_with_what_is_told_of_it_or_not_at_all(database: Database) -> None:
    listens = Listening("tests")

    @listens.on(EmployeeRegistered)
    async def tell_on(facts: Sequence[Fact[EmployeeRegistered]], session: AsyncSession) -> None:
        told = [following(fact, fact.data, at=NOW) for fact in facts]
        await keep(facts, session)
        await outbox.tell(session, told, source=SOURCE)
        if facts[0].data.name == "bad":
            raise ArithmeticError

    await Delivery(listens, database).take(records([registered("bad"), registered("good")]))
    assert await kept(database) == ["good"]
    assert len(await waiting(database, "workforce.employees.v1")) == 1


async def test_a_batch_that_fails_is_halved_until_the_culprit_stands_alone(
    database: Database,
) -> None:
    calls: list[int] = []
    names = [f"person {number}" for number in range(64)]
    names[41] = "culprit"
    delivery = Delivery(failing_for("culprit", calls=calls), database)
    await delivery.take(records([registered(name) for name in names]))
    assert await kept(database) == [name for name in names if name != "culprit"]
    assert await reasons(database) == ["handler:ArithmeticError"]
    assert len(calls) < 20, "halving takes about two calls a halving, not one a fact"


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
    assert told["ce_id"] == dict(culprit.headers)["ce_id"].decode()  # type: ignore[union-attr]
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


async def test_a_known_type_nobody_listens_to_passes_by(
    database: Database, delivery: Delivery
) -> None:
    data = ImportCompleted(
        import_id=registered().id,
        agency_id=registered().id,
        told=1,
        low=0,
        rejected=0,
        set_aside=0,
    )
    fact: Any = new_fact(data, at=NOW)
    await delivery.take([record(fact)])
    async with database.engine.connect() as connection:
        rows = select(func.count()).select_from(inbox)
        assert (await connection.execute(rows)).scalar() == 0
    assert await waiting(database, "appraisal.imports.v1.dead") == []


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


async def test_where_the_database_is_away_everything_waits_with_a_growing_pause(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    listens = Listening("tests")
    away = True

    @listens.on(EmployeeRegistered)
    async def note(facts: Sequence[Fact[EmployeeRegistered]], session: AsyncSession) -> None:
        if away:
            raise ConnectionRefusedError(SECRET)
        await keep(facts, session)

    monkeypatch.setattr(core.asyncio, "sleep", sleep)
    delivery = Delivery(listens, database)
    batch = records([registered("one"), registered("two")])
    for _ in range(8):
        with pytest.raises(ConnectionRefusedError):
            await delivery.take(batch)
    assert pauses == sorted(pauses)
    assert pauses[-1] == pytest.approx(pauses[0] * 2**7)
    away = False
    await delivery.take(batch)
    assert await kept(database) == ["one", "two"]
    away = True
    with pytest.raises(ConnectionRefusedError):
        await delivery.take(records([registered()]))
    assert pauses[-1] == pauses[0], "a success forgets the failures before"
    assert SECRET not in str([line.__dict__ for line in caplog.records])


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


async def test_a_table_that_is_not_there_yet_blames_no_fact(
    database: Database, delivery: Delivery
) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text("drop table effect"))
    with pytest.raises(Exception, match="effect"):
        await delivery.take(records([registered()]))
    assert await waiting(database) == []


async def test_two_processes_with_the_same_batch_keep_it_once(database: Database) -> None:
    batch = records([registered(f"person {number}") for number in range(50)])
    both = [Delivery(listening(), database) for _ in range(2)]
    await asyncio.gather(*(one.take(batch) for one in both))
    assert sorted(await kept(database)) == sorted(f"person {number}" for number in range(50))
    assert await waiting(database) == []


async def test_a_rebalance_waits_for_the_batch_under_way(
    database: Database, delivery: Delivery
) -> None:
    taking = asyncio.create_task(delivery.take(records([registered()])))
    await asyncio.sleep(0)
    async with delivery.gate:
        assert await kept(database) == [SECRET]
    await taking


async def test_progress_is_seen_while_a_batch_of_culprits_is_worked_off(
    database: Database, delivery: Delivery
) -> None:
    before = delivery.progress
    await delivery.take(records([registered()]))
    assert delivery.progress > before
    assert not delivery.busy

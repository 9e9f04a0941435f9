import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import delivery as core
from shared import outbox
from shared.database import Database
from shared.delivery import Delivery, Listening
from shared.events import EmployeeRegistered, Fact, ImportCompleted, following, new_fact
from shared.inbox import inbox
from tests.shared.dead import failing_for, reasons, waiting
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
)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "FIRST_PAUSE", 0.001)


@pytest.fixture
def delivery(database: Database) -> Delivery:
    return Delivery(listening(), database)


async def test_a_batch_is_kept_in_the_order_it_was_told_in(
    database: Database, delivery: Delivery
) -> None:
    people = [uuid4() for _ in range(9)]
    told = [registered(f"{n % 9} {n:03}", people[n % 9]) for n in range(300)]
    await delivery.take(records(told))
    assert await kept(database) == [fact.data.name for fact in told]


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

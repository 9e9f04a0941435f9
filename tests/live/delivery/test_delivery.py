"""The delivery core in real processes on a real broker: killed, ended, poisoned, and shared."""

import signal
import time
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from shared import outbox, postmark
from shared.envelope import UNREADABLE
from shared.events import EmployeeRegistered, Fact, ImportCompleted
from tests.live.delivery.conftest import Stage
from tests.live.delivery.program import BUG
from tests.shared import postgres
from tests.shared.conftest import fresh
from tests.shared.facts import record, registered

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

TOPIC = EmployeeRegistered.topic.name
PEOPLE = [UUID(int=number) for number in range(1, 40)]


def facts(count: int) -> list[Fact[EmployeeRegistered]]:
    return [registered(str(number), PEOPLE[number % len(PEOPLE)]) for number in range(count)]


def once_and_in_order(kept: list[str], count: int) -> None:
    """Every fact's effect is there once, and those of a person in the order they were told in."""
    assert sorted(map(int, kept)) == list(range(count))
    for person in range(len(PEOPLE)):
        own = [int(name) for name in kept if int(name) % len(PEOPLE) == person]
        assert own == sorted(own)


async def answered_once_in_effect(stage: Stage, count: int) -> None:
    """What a hearer tells of what it heard is told too, under one id each."""
    await stage.all_told()
    assert len(await stage.told(ImportCompleted.topic.name)) == count


async def test_a_hearer_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(
    stage: Stage,
) -> None:
    stage.start("hearer", TESTS_BATCH_SECONDS=0.1)
    await stage.ready("hearer")
    await stage.tell(facts(2000))
    await stage.heard(300)
    stage.end("hearer")
    stage.start("hearer")
    await stage.heard(2000)
    await stage.ready("hearer")
    once_and_in_order(await stage.kept(), 2000)
    await answered_once_in_effect(stage, 2000)


async def test_a_hearer_told_to_end_ends_its_batch_and_nothing_comes_again(stage: Stage) -> None:
    stage.start("hearer", TESTS_BATCH_SECONDS=0.3)
    await stage.ready("hearer")
    await stage.tell(facts(1500))
    await stage.heard(200)
    began = time.monotonic()
    assert stage.end("hearer", signal.SIGTERM) == 0
    assert time.monotonic() - began < 10
    before = await stage.effects()
    assert before < 1500, "it was ended in the middle"
    stage.start("hearer")
    await stage.heard(1500)
    await stage.ready("hearer")
    once_and_in_order(await stage.kept(), 1500)
    assert await stage.metric("kinerja_facts_total") == 1500 - before
    assert await stage.metric('kinerja_facts_total{outcome="repeat"') == 0


async def test_a_broker_that_dies_and_comes_back_empty_loses_nobodys_fact(stage: Stage) -> None:
    stage.start("hearer", TESTS_BATCH_SECONDS=0.1)
    await stage.ready("hearer")
    await stage.tell(facts(1000))
    await stage.heard(200)
    await stage.kill_broker()
    more = facts(1500)[1000:]
    await stage.tell(more)
    await stage.start_broker()
    await stage.heard(1500)
    kept = await stage.kept()
    assert sorted(map(int, kept)) == list(range(1500))
    await answered_once_in_effect(stage, 1500)
    assert await stage.metric("kinerja_refills_total", "teller") > 0
    assert max((await stage.told(TOPIC)).values()) <= 2


async def test_poison_between_good_facts_is_set_aside_and_holds_up_none_of_them(
    stage: Stage,
) -> None:
    stage.start("hearer")
    await stage.ready("hearer")
    good = facts(300)
    poison = [b"not JSON", b"[" * 10_000, b'{"name": NaN}', b"\xff\xfe", b"x" * 900_000]
    async with stage.stranger() as producer:
        for number in range(100):
            odd = record(good[number], ce_id=None)
            await producer.send(
                TOPIC,
                poison[number % len(poison)],
                key=odd.key,
                headers=[("ce_id", str(uuid4()).encode()), *odd.headers, ("x", None)],
            )
        await producer.flush()
        began = time.monotonic()
        await stage.tell([*good[:150], registered(BUG), *good[150:]])
        await stage.heard(300, 15)
        assert time.monotonic() - began < 15
    once_and_in_order(await stage.kept(), 300)
    await stage.all_told()
    dead = await stage.told(f"{TOPIC}.dead")
    assert len(dead) == 101
    assert set(dead.values()) == {1}
    async with stage.databases["hearer"].engine.connect() as connection:
        told = select(outbox.told).where(outbox.told.c.topic == f"{TOPIC}.dead")
        rows = (await connection.execute(told)).all()
        reasons = [dict(postmark.headers_of(row))["dead_reason"].decode() for row in rows]
    assert reasons.count("handler:ArithmeticError") == 1
    assert reasons.count(UNREADABLE) > 50
    assert BUG not in stage.logs()


async def test_a_second_hearer_takes_over_half_and_what_it_leaves_behind_when_killed(
    stage: Stage, server: postgres.Server | None
) -> None:
    if server is not None:
        await stage.databases["hearer"].close()
        stage.urls["hearer"] = server.url()
        stage.databases["hearer"] = await fresh(server.url())
    stage.start("hearer", TESTS_BATCH_SECONDS=0.2)
    await stage.ready("hearer")
    await stage.tell(facts(2000))
    await stage.heard(100)
    stage.start("hearer", number=1, TESTS_BATCH_SECONDS=0.2)
    await stage.ready("hearer", 1)

    async def both_hear() -> bool:
        return await stage.metric("kinerja_facts_total", number=1) > 0

    await stage.tell(facts(3000)[2000:])
    await stage.until(both_hear, "the second hearer has its share")
    stage.end("hearer1")
    await stage.heard(3000, 60)
    once_and_in_order(await stage.kept(), 3000)
    await answered_once_in_effect(stage, 3000)

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Row, insert, select, text

from shared import outbox
from shared import relay as core
from shared.carrier import Carrier, Seen
from shared.database import Database
from shared.events import EmployeeRegistered, Fact, encode
from shared.outbox import COLUMNS, shard_of, tell, told, told_position
from shared.relay import Relay
from tests.shared.broker import PARTITIONS, Broker
from tests.shared.conftest import only_postgres
from tests.shared.facts import SOURCE, registered

TOPIC = EmployeeRegistered.topic.name


@pytest.fixture
def relay(database: Database, broker: Broker) -> Relay:
    return one(database)


def one(database: Database, **knobs: Any) -> Relay:
    return Relay(database, Carrier({}, {}), check_seconds=knobs.pop("check_seconds", 0), **knobs)


async def tell_all(database: Database, facts: Sequence[Fact[EmployeeRegistered]]) -> None:
    async with database.begin() as session:
        await tell(session, facts, source=SOURCE)


async def rows(database: Database, table: Any) -> Sequence[Row[Any]]:
    async with database.engine.connect() as connection:
        return (await connection.execute(select(table).order_by(table.c[0]))).all()


async def settle(relay: Relay) -> None:
    """Relay until nothing waits, or nothing moves any more."""
    for _ in range(50):
        try:
            if await relay.relay_once() == 0:
                return
        except ConnectionError:
            pass


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[list["asyncio.Task[None]"]]:
    tasks = [asyncio.create_task(one.run()) for one in relays]
    try:
        yield tasks
    finally:
        for one in relays:
            one.stop()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(true: Any, seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "that took too long"
        await asyncio.sleep(0.01)


def in_order(broker: Broker, facts: Sequence[Fact[EmployeeRegistered]]) -> bool:
    """Whether the facts of each key lie in the order they were told in, each once."""
    for key in {fact.data.key for fact in facts}:
        said = [encode(fact.data) for fact in facts if fact.data.key == key]
        log = [r.value for r in broker.records(TOPIC) if r.key == str(key).encode()]
        if log != said:
            return False
    return True


def of_people(people: int, facts: int) -> list[Fact[EmployeeRegistered]]:
    ids = [uuid4() for _ in range(people)]
    return [registered(f"fact {number}", ids[number % people]) for number in range(facts)]


async def test_a_fact_is_told_only_if_what_it_tells_of_is_kept(
    database: Database, broker: Broker, relay: Relay
) -> None:
    with pytest.raises(ArithmeticError):
        async with database.begin() as session:
            await tell(session, [registered("never")], source=SOURCE)
            raise ArithmeticError
    await tell_all(database, [fact := registered("always")])
    await settle(relay)
    (record,) = broker.records(TOPIC)
    assert (record.key, record.value) == (str(fact.data.key).encode(), encode(fact.data))
    headers = dict(record.headers)
    assert headers["ce_id"] == str(fact.id).encode()
    assert headers["ce_source"] == SOURCE.encode()
    assert await rows(database, outbox.outbox) == []
    (kept,) = await rows(database, told)
    assert (kept.fact_id, kept.topic, kept.error) == (fact.id, TOPIC, None)


async def test_facts_of_one_key_leave_in_the_order_they_were_told_in(
    database: Database, broker: Broker, relay: Relay
) -> None:
    facts = of_people(7, 300)
    for start in range(0, 300, 60):
        await tell_all(database, facts[start : start + 60])
    await settle(relay)
    assert in_order(broker, facts)
    assert len({record.partition for record in broker.records(TOPIC)}) > 1


@only_postgres
async def test_a_late_commit_is_not_lost_though_its_id_is_low(
    database: Database, broker: Broker, relay: Relay
) -> None:
    late, soon = registered("late"), registered("soon")
    async with database.begin() as session:
        await tell(session, [late], source=SOURCE)
        await tell_all(database, [soon])
        await settle(relay)
        assert broker.values(TOPIC) == [encode(soon.data)]
    await settle(relay)
    assert encode(late.data) in broker.values(TOPIC)
    assert len(await rows(database, told)) == 2


async def test_rows_that_came_in_while_others_were_sent_stay(
    database: Database, broker: Broker
) -> None:
    class Slow(Carrier):
        async def send(self, rows: Any) -> Any:
            await tell_all(database, [registered("meanwhile")])
            return await super().send(rows)

    await tell_all(database, [registered("first")])
    slow = Relay(database, Slow({}, {}), check_seconds=0)
    assert await slow.relay_once() == 1
    assert len(await rows(database, outbox.outbox)) == 1


async def test_where_the_broker_is_away_facts_wait_and_leave_once_it_is_back(
    database: Database, broker: Broker, relay: Relay
) -> None:
    broker.away = True
    facts = of_people(3, 30)
    async with running(relay):
        await tell_all(database, facts)
        await asyncio.sleep(0.3)
        age = REGISTRY.get_sample_value("kinerja_outbox_age_seconds")
        assert age is not None
        assert age > 0
        broker.away = False
        await until(lambda: len(broker.records(TOPIC)) == 30)
    assert in_order(broker, facts)


async def test_an_answer_that_was_lost_leads_to_a_repeat_with_the_same_id(
    database: Database, broker: Broker, relay: Relay
) -> None:
    await tell_all(database, [fact := registered()])
    broker.lose_answers = True
    with pytest.raises(ConnectionError):
        await relay.relay_once()
    broker.lose_answers = False
    await settle(relay)
    ids = {dict(record.headers)["ce_id"] for record in broker.records(TOPIC)}
    assert len(broker.records(TOPIC)) == 2
    assert ids == {str(fact.id).encode()}


async def test_a_batch_refused_for_now_keeps_its_order_behind_it(
    database: Database, broker: Broker, relay: Relay
) -> None:
    facts = of_people(2, 200)
    await tell_all(database, facts)
    broker.failing = {TOPIC: 3}
    await settle(relay)
    assert in_order(broker, facts)


async def test_a_fact_too_large_for_any_broker_is_noted_and_the_rest_leaves_in_order(
    database: Database, broker: Broker, relay: Relay
) -> None:
    facts = of_people(1, 20)
    giant = registered("x" * 5000, facts[0].data.employee_id)
    await tell_all(database, [*facts[:10], giant, *facts[10:]])
    broker.largest = 4000
    await settle(relay)
    assert in_order(broker, facts)
    refused = [row for row in await rows(database, told) if row.error]
    assert [(row.fact_id, row.error) for row in refused] == [(giant.id, "MessageSizeTooLargeError")]


async def test_a_topic_that_is_missing_holds_up_no_other(
    database: Database, broker: Broker, relay: Relay
) -> None:
    key = b"k"
    row = (shard_of(key), uuid4(), "nowhere.v1.dead", key, b"{}", outbox.pack({}))
    async with database.begin() as session:
        await outbox.put(session, [row])
    await tell_all(database, [registered()])
    broker.missing = {"nowhere.v1.dead"}
    with pytest.raises(ConnectionError):
        await relay.relay_once()
    assert len(broker.records(TOPIC)) == 1
    assert [left.topic for left in await rows(database, outbox.outbox)] == ["nowhere.v1.dead"]


async def test_a_broker_that_forgot_is_told_all_again_once_with_the_same_ids_in_order(
    database: Database, broker: Broker, relay: Relay
) -> None:
    facts = of_people(5, 100)
    await tell_all(database, facts)
    await settle(relay)
    first = await rows(database, told)
    broker.forget()
    await tell_all(database, later := [registered("later", facts[0].data.employee_id)])
    await settle(relay)
    await settle(relay)
    assert in_order(broker, [*facts, *later])
    again = await rows(database, told)
    assert [(row.id, row.fact_id) for row in again[:100]] == [(r.id, r.fact_id) for r in first]
    positions = await rows(database, told_position)
    assert {row.cluster for row in positions} == {broker.cluster}


async def test_a_topic_that_was_emptied_is_filled_again_and_the_others_are_left(
    database: Database, broker: Broker, relay: Relay
) -> None:
    other = "training.recommendations.v1"
    row = (0, uuid4(), other, b"k", b"{}", outbox.pack({}))
    async with database.begin() as session:
        await outbox.put(session, [row])
    await tell_all(database, of_people(4, 20))
    await settle(relay)
    for where in [where for where in broker.logs if where[0] == TOPIC]:
        del broker.logs[where]
    await settle(relay)
    assert len(broker.records(TOPIC)) == 20
    assert len(broker.records(other)) == 1


async def test_what_was_refused_for_good_is_not_told_again(
    database: Database, broker: Broker, relay: Relay
) -> None:
    await tell_all(database, [registered("x" * 5000), registered("small")])
    broker.largest = 4000
    await settle(relay)
    broker.forget()
    await settle(relay)
    assert len(broker.records(TOPIC)) == 1


async def test_two_relays_that_see_the_same_loss_fill_the_topic_once(
    database: Database, broker: Broker
) -> None:
    facts = of_people(3, 60)
    await tell_all(database, facts)
    await settle(one(database))
    broker.forget()
    quick, slow = one(database), one(database)
    look = slow._carrier.look

    async def while_the_other_acts(topics: Collection[str]) -> Seen:
        seen = await look(topics)
        await settle(quick)
        return seen

    slow._carrier.look = while_the_other_acts  # type: ignore[method-assign]  # a race, staged
    await slow.relay_once()
    await settle(quick)
    assert in_order(broker, facts)
    assert len(await rows(database, told)) == 60


async def test_topics_are_made_again_before_they_are_filled(
    database: Database, broker: Broker
) -> None:
    made: list[str] = []

    async def provision() -> None:
        made.append(broker.cluster)

    relay = one(database, provision=provision)
    await tell_all(database, [registered()])
    await settle(relay)
    broker.forget()
    await settle(relay)
    assert made[0] == "first"
    assert made[-1] == "first'"


async def test_a_relay_is_woken_by_a_commit_of_its_own_process(
    database: Database, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "POLL_SECONDS", 30)
    async with running(one(database, check_seconds=60)):
        await asyncio.sleep(0.1)
        await tell_all(database, [registered()])
        await until(lambda: len(broker.records(TOPIC)) == 1, 5)


async def test_a_relay_ends_soon_when_it_is_told_to_even_where_all_is_away(
    database: Database, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "POLL_SECONDS", 30)
    broker.away = True
    await tell_all(database, [registered()])
    began = time.monotonic()
    async with running(one(database)):
        await asyncio.sleep(0.1)
    assert time.monotonic() - began < 5


async def test_a_batch_holds_no_more_bytes_than_it_may(
    database: Database, broker: Broker, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "BATCH_BYTES", 10_000)
    await tell_all(database, [registered("x" * 4000) for _ in range(9)])
    await tell_all(database, [registered("x" * 50_000)])
    moved = [await relay.relay_once() for _ in range(7)]
    assert moved == [2, 2, 2, 2, 1, 1, 0]


@only_postgres
async def test_two_relays_share_the_work_of_one_and_keep_the_order(
    database: Database, broker: Broker
) -> None:
    facts = of_people(5, 400)
    async with running(one(database, check_seconds=60), one(database, check_seconds=60)):
        for start in range(0, 400, 20):
            await tell_all(database, facts[start : start + 20])
        await until(lambda: len(broker.records(TOPIC)) >= 400)
    assert in_order(broker, facts)


@only_postgres
async def test_a_leader_that_dies_is_taken_over_and_nothing_is_lost(
    database: Database, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "IDLE_POLL_SECONDS", 0.05)
    facts = of_people(3, 30)

    class Stuck(Carrier):
        async def send(self, rows: Any) -> Any:
            await super().send(rows)
            leading.set()
            await asyncio.sleep(60)

    leading = asyncio.Event()
    await tell_all(database, facts)
    leader = Relay(database, Stuck({}, {}), check_seconds=60)
    async with running(leader) as (task,):
        await asyncio.wait_for(leading.wait(), 5)
        heir = one(database, check_seconds=60)
        assert await heir.relay_once() is None
        assert REGISTRY.get_sample_value("kinerja_outbox_age_seconds") == 0
        async with database.engine.connect() as connection:
            await connection.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_locks "
                    "where locktype = 'advisory' and granted"
                )
            )
        async with running(heir):
            ends = time.monotonic() + 5
            while await rows(database, outbox.outbox):
                assert time.monotonic() < ends
                await asyncio.sleep(0.05)
        task.cancel()
    assert len(await rows(database, told)) == 30
    by_key: dict[bytes | None, list[bytes | None]] = {}
    for record in broker.records(TOPIC):
        by_key.setdefault(record.key, []).append(record.value)
    for key, values in by_key.items():
        said = [encode(f.data) for f in facts if str(f.data.key).encode() == key]
        assert values == said * 2, "a repeat comes behind what it repeats, in the same order"


async def test_a_key_always_goes_to_the_same_partition(database: Database, broker: Broker) -> None:
    person = UUID(int=7)
    await tell_all(database, [registered(str(n), person) for n in range(50)])
    await settle(one(database))
    assert len({record.partition for record in broker.records(TOPIC)}) == 1
    assert PARTITIONS > 1


async def test_facts_put_by_hand_in_the_table_are_told_too(
    database: Database, broker: Broker, relay: Relay
) -> None:
    row = (0, uuid4(), TOPIC, b"k", b"{}", outbox.pack({"ce_id": "1"}))
    async with database.engine.begin() as connection:
        await connection.execute(insert(outbox.outbox), [dict(zip(COLUMNS, row, strict=True))])
    await settle(relay)
    assert broker.values(TOPIC) == [b"{}"]

import asyncio
import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY

from shared import outbox, postmark
from shared import relay as core
from shared.carrier import Carrier
from shared.database import Database
from shared.events import encode
from shared.fresh import Fresh
from shared.outbox import shard_of, tell, told
from shared.relay import Relay
from tests.shared.broker import PARTITIONS, Broker
from tests.shared.conftest import only_postgres
from tests.shared.facts import SOURCE, registered
from tests.shared.telling import (
    TOPIC,
    in_order,
    of_people,
    one,
    rows,
    running,
    settle,
    tell_all,
    until,
    waiting,
)


@pytest.fixture
def relay(database: Database, broker: Broker) -> Relay:
    return one(database)


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
        async def send(self, rows: Any, **more: Any) -> Any:
            await tell_all(database, [registered("meanwhile")])
            return await super().send(rows, **more)

    await tell_all(database, [registered("first")])
    slow = Relay(database, Slow({}, {}), check_seconds=0)
    assert await slow.relay_once() == 1
    assert len(await waiting(database)) == 1


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
    row = (shard_of(key), uuid4(), "nowhere.v1.dead", key, b"{}", postmark.of_record({}))
    async with database.begin() as session:
        await outbox.put(session, [row])
    await tell_all(database, [registered()])
    broker.missing = {"nowhere.v1.dead"}
    with pytest.raises(ConnectionError):
        await relay.relay_once()
    assert len(broker.records(TOPIC)) == 1
    assert [left.topic for left in await waiting(database)] == ["nowhere.v1.dead"]


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
    monkeypatch.setattr(outbox, "PARCEL_BYTES", 5_000)
    await tell_all(database, [registered("x" * 4000) for _ in range(9)])
    await tell_all(database, [registered("x" * 50_000)])
    moved = [await relay.relay_once() for _ in range(7)]
    assert moved == [2, 2, 2, 2, 1, 1, 0]


async def test_a_key_always_goes_to_the_same_partition(database: Database, broker: Broker) -> None:
    person = UUID(int=7)
    await tell_all(database, [registered(str(n), person) for n in range(50)])
    await settle(one(database))
    assert len({record.partition for record in broker.records(TOPIC)}) == 1
    assert PARTITIONS > 1


async def test_facts_told_by_another_process_are_read_from_the_table(
    database: Database, broker: Broker, relay: Relay
) -> None:
    facts = of_people(30, 60)
    await tell_all(database, facts)
    database.fresh = Fresh()
    await settle(relay)
    assert in_order(broker, facts)
    assert len(broker.records(TOPIC)) == 60


async def test_of_a_parcel_taken_in_part_only_the_rest_is_sent_again(
    database: Database, broker: Broker, relay: Relay
) -> None:
    facts = of_people(40, 80)
    await tell_all(database, facts)
    parcels = len(await rows(database, outbox.outbox))
    broker.failing = {TOPIC: 1}
    with pytest.raises(ConnectionError):
        await relay.relay_once()
    left = await waiting_places(database)
    taken = len(broker.records(TOPIC))
    assert 0 < taken < 80
    assert sum(left.values()) == 80 - taken
    assert 0 < len(left) <= parcels
    await settle(relay)
    assert in_order(broker, facts)
    assert len(broker.records(TOPIC)) == 80
    assert await rows(database, outbox.outbox) == []


async def waiting_places(database: Database) -> dict[int, int]:
    """How many facts wait, by parcel."""
    return {row.id: row.facts for row in await rows(database, outbox.outbox)}


async def test_a_parcel_holds_facts_of_one_shard_and_topic_and_no_more_than_there_is_room_for(
    database: Database, broker: Broker, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = of_people(1, outbox.ROOM + 1)
    await tell_all(database, [*facts, *of_people(50, 50)])
    parcels = await rows(database, outbox.outbox)
    told_rows = await rows(database, told)
    assert sum(one.facts for one in parcels) == len(told_rows) == outbox.ROOM + 51
    assert sum(one.bytes for one in parcels) == sum(len(row.payload) for row in told_rows)
    for parcel in parcels:
        mine = [row for row in told_rows if row.id // outbox.ROOM == parcel.id]
        assert len(mine) == parcel.facts <= outbox.ROOM
        assert {row.shard for row in mine} == {parcel.shard}
    await settle(relay)
    assert in_order(broker, facts)

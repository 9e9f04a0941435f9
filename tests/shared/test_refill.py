from collections.abc import Collection
from typing import Any
from uuid import uuid4

import pytest

from shared import outbox, postmark
from shared.carrier import Seen
from shared.database import Database
from shared.events import encode
from shared.outbox import told, told_position
from shared.relay import Relay
from tests.shared.broker import Broker
from tests.shared.conftest import only_postgres
from tests.shared.facts import registered
from tests.shared.telling import TOPIC, in_order, of_people, one, rows, settle, tell_all


@pytest.fixture
def relay(database: Database, broker: Broker) -> Relay:
    return one(database)


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
    row = (0, uuid4(), other, b"k", b"{}", postmark.of_record({}))
    async with database.begin() as session:
        await outbox.put(session, [row])
    await tell_all(database, of_people(4, 20))
    await settle(relay)
    for where in [where for where in broker.logs if where[0] == TOPIC]:
        del broker.logs[where]
    await settle(relay)
    assert len(broker.records(TOPIC)) == 20
    assert len(broker.records(other)) == 1


@pytest.mark.parametrize("later", [1, 40])
async def test_a_loss_between_two_looks_is_noticed_by_what_is_told_next(
    database: Database, broker: Broker, later: int
) -> None:
    """The cluster's id is the same and the topics are there: only the places tell."""
    relay = one(database, check_seconds=1000)
    facts = of_people(1, 30)
    await tell_all(database, facts)
    await settle(relay)
    await tell_all(database, more := [registered("more", facts[0].data.employee_id)])
    await settle(relay)
    broker.logs.clear()
    whose = facts[0].data.employee_id
    await tell_all(database, last := [registered("x", whose) for _ in range(later)])
    await settle(relay)
    everything = {encode(fact.data) for fact in [*facts, *more, *last]}
    assert set(broker.values(TOPIC)) == everything
    assert len(await rows(database, told)) == 31 + later
    await settle(relay)
    assert len(broker.values(TOPIC)) == 31 + 2 * later


@only_postgres
async def test_two_leaders_that_tell_on_one_partition_at_once_are_no_loss(
    database: Database, broker: Broker
) -> None:
    """The later places may be settled first."""
    facts = of_people(40, 40)
    await tell_all(database, facts[:20])
    await settle(one(database))
    slow, quick = one(database), one(database)
    slow._full = True  # so that it leaves shards to the other
    send = slow._carrier.send

    async def and_the_other_overtakes(rows: Any, **more: Any) -> Any:
        sent = await send(rows, **more)
        assert await quick.relay_once()
        return sent

    slow._carrier.send = and_the_other_overtakes  # type: ignore[method-assign]  # a race, staged
    await tell_all(database, facts[20:])
    assert await slow.relay_once()
    slow._carrier.send = send  # type: ignore[method-assign]  # it is over
    await settle(slow)
    assert len(broker.records(TOPIC)) == 40
    positions = await rows(database, told_position)
    assert {row.cluster for row in positions} == {broker.cluster}


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

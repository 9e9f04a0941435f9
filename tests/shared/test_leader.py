import asyncio
import time
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from shared import lead, outbox
from shared import relay as core
from shared.carrier import Carrier
from shared.database import Database, passes
from shared.events import encode
from shared.outbox import told, told_position
from shared.relay import Relay
from tests.shared.broker import Broker
from tests.shared.conftest import only_postgres
from tests.shared.facts import registered
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
)


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
        async def send(self, rows: Any, **more: Any) -> Any:
            await super().send(rows, **more)
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
        await _take_leads_away(database)
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


@only_postgres
async def test_a_leader_that_stood_still_while_another_took_over_sends_nothing_more(
    database: Database, broker: Broker
) -> None:
    facts = of_people(3, 30)

    class Frozen(Carrier):
        async def producer(self) -> Any:
            found = await super().producer()
            read.set()
            await thaw.wait()
            return found

    read, thaw = asyncio.Event(), asyncio.Event()
    await tell_all(database, facts)
    leader = asyncio.create_task(Relay(database, Frozen({}, {}), check_seconds=60).relay_once())
    await asyncio.wait_for(read.wait(), 5)
    await _take_leads_away(database)
    heir = one(database, check_seconds=60)
    await settle(heir)
    await tell_all(database, later := of_people(1, 5))
    await settle(heir)
    await asyncio.sleep(2 * lead.SURE_SECONDS)
    thaw.set()
    with pytest.raises(Exception) as raised:  # noqa: PT011  # it is noticed in many ways
        await leader
    assert passes(raised.value)
    assert in_order(broker, [*facts, *later]), "what it had read was old by then"


@only_postgres
async def test_a_relay_with_more_than_it_can_carry_at_once_leaves_half_of_the_shards_to_others(
    database: Database, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "BATCH", 20)

    class Slow(Carrier):
        async def send(self, rows: Any, **more: Any) -> Any:
            leading.set()
            await go_on.wait()
            return await super().send(rows, **more)

    leading, go_on = asyncio.Event(), asyncio.Event()
    facts = of_people(40, 200)
    for fact in facts:  # parcels of one
        await tell_all(database, [fact])
    busy = Relay(database, Slow({}, {}), check_seconds=60)
    go_on.set()
    await busy.relay_once()
    leading.clear()
    go_on.clear()
    batch = asyncio.create_task(busy.relay_once())
    await asyncio.wait_for(leading.wait(), 5)
    assert await one(database, check_seconds=60).relay_once() == 20
    go_on.set()
    await batch
    await settle(busy)
    assert in_order(broker, facts)


@only_postgres
async def test_leaders_who_tell_on_one_partition_at_once_are_no_sign_of_a_loss(
    database: Database, broker: Broker
) -> None:
    first, others = registered("first"), of_people(200, 200)
    heir = one(database, check_seconds=60)

    class Late(Carrier):
        async def send(self, rows: Any, **more: Any) -> Any:
            sent = await super().send(rows, **more)
            await tell_all(database, others)
            assert await heir.relay_once()
            return sent

    await tell_all(database, of_people(20, 20))
    await settle(heir)
    await tell_all(database, [first])
    assert await Relay(database, Late({}, {}), check_seconds=60).relay_once() == 1
    assert {row.cluster for row in await rows(database, told_position)} == {broker.cluster}


async def _take_leads_away(database: Database) -> None:
    """As PostgreSQL does once a leader has stood still for too long."""
    async with database.engine.connect() as connection:
        await connection.execute(
            text(
                "select pg_terminate_backend(pid) from pg_locks "
                "where locktype = 'advisory' and granted"
            )
        )

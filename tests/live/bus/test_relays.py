"""Relays on the real bus: nothing lost, every key in order, whoever leads and whoever dies."""

import asyncio
import random
import signal
from collections.abc import Sequence
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy import BigInteger, Column, MetaData, Table, Uuid, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared import carrier, outbox
from shared import relay as core
from shared.database import Database
from shared.events import EmployeeRegistered, Fact
from shared.relay import Relay
from shared.service import producer_settings
from tests.live.bus.stage import Stage, firsts
from tests.shared.facts import SOURCE, registered
from tests.shared.telling import running

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

PEOPLE = [UUID(int=number) for number in range(1, 21)]
person = Table(
    "person",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("told", BigInteger, nullable=False),
)
"""What writers change before they tell: how often each person was told of."""


def numbered(number: int, of: UUID = PEOPLE[0]) -> Fact[EmployeeRegistered]:
    return registered(str(number), of)


async def change_and_tell(database: Database, who: UUID) -> None:
    """As a door does: what changes is locked, then told."""
    async with database.begin() as session:
        connection = await session.connection()
        change = update(person).where(person.c.id == who).values(told=person.c.told + 1)
        number = (await connection.execute(change.returning(person.c.told))).scalar_one()
        await outbox.tell(session, [numbered(number - 1, who)], source=SOURCE)


async def people(database: Database) -> None:
    async with database.begin() as session:
        connection = await session.connection()
        await connection.run_sync(person.metadata.create_all)
        await connection.execute(person.insert(), [{"id": one, "told": 0} for one in PEOPLE])


async def counts(database: Database) -> dict[str, int]:
    async with database.read() as session:
        rows = await (await session.connection()).execute(select(person))
        return {str(row.id): row.told for row in rows}


async def leads(database: Database) -> list[int]:
    """The database connections of relays that lead now."""
    async with database.read() as session:
        locks = "select distinct pid from pg_locks where locktype = 'advisory' and granted"
        return list((await (await session.connection()).execute(text(locks))).scalars())


async def freeze_a_leader(stage: Stage) -> int:
    """Stop whichever relay is just then in the middle of a batch; gives its number."""
    for attempt in range(400):
        number = attempt % 2
        stage.signal("teller", number, signal.SIGSTOP)
        before = await leading(stage.databases["teller"])
        await asyncio.sleep(0.1)
        if before & await leading(stage.databases["teller"]):
            return number
        stage.signal("teller", number, signal.SIGCONT)
        await asyncio.sleep(0.01)
    pytest.fail("no relay was in the middle of a batch")


async def leading(database: Database) -> set[tuple[int, object]]:
    """Transactions that lead now, each with its begin: one that stays is a leader's that stands."""
    found = text(
        "select distinct pid, xact_start from pg_locks join pg_stat_activity using (pid) "
        "where locktype = 'advisory' and granted"
    )
    async with database.read() as session:
        rows = await (await session.connection()).execute(found)
        return {(row.pid, row.xact_start) for row in rows}


async def depose(database: Database) -> int:
    """Take the leads away, as PostgreSQL does once a leader has stood still for too long."""
    async with database.engine.connect() as connection:
        cut = text(
            "select count(pg_terminate_backend(pid)) from "
            "(select distinct pid from pg_locks where locktype = 'advisory' and granted) as leads"
        )
        return int((await connection.execute(cut)).scalar() or 0)


async def test_a_transaction_that_commits_late_is_told_though_its_id_is_low(stage: Stage) -> None:
    await stage.topics()
    database = stage.databases["teller"]
    async with stage.relaying():
        async with database.begin() as late:
            await outbox.tell(late, [numbered(0)], source=SOURCE)
            low = await own_number(late)
            async with database.begin() as soon:
                await outbox.tell(soon, [numbered(0, PEOPLE[1])], source=SOURCE)
                assert await own_number(soon) > low
            await stage.all_told()
            assert len(await stage.told()) == 1
        await stage.all_told()
    assert await stage.told() == {str(one).encode(): [0] for one in PEOPLE[:2]}


async def own_number(session: AsyncSession) -> int:
    """The number of the parcel that was told in this transaction: nobody sees others' yet."""
    numbers = await (await session.connection()).execute(select(outbox.outbox.c.id))
    return int(numbers.scalar_one())


async def test_the_producer_waits_for_all_copies_and_kafka_knows_it_by_an_id(stage: Stage) -> None:
    knobs = producer_settings(stage.common)
    assert knobs["acks"] == "all"
    async with AIOKafkaProducer(**stage.client, **knobs) as producer:
        assert producer._txn_manager.has_pid(), "repeats of a request are told apart by it"
        assert producer._sender._acks == -1


async def test_a_producer_that_was_given_up_sends_nothing_later(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "SEND_SECONDS", 0.5)
    monkeypatch.setattr(carrier, "CLOSE_SECONDS", 0.5)
    await stage.topics()
    bearer = stage.carrier()
    relay = Relay(stage.databases["teller"], bearer, check_seconds=60)
    await stage.tell([numbered(0)])
    assert await relay.relay_once() == 1
    await stage.tell([numbered(1)])
    stage.kafka.pause()
    try:
        with pytest.raises(ConnectionError):
            await relay.relay_once()
        alive = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]
        assert "Sender._sender_routine" not in alive, "it would go on behind our back"
    finally:
        stage.kafka.resume()
    async with running(relay):
        await stage.tell([numbered(2)])
        await stage.all_told()
    await bearer.close()
    (log,) = (await stage.told()).values()
    assert log in ([0, 1, 2], [0, 1, 1, 2])


async def test_two_relays_one_of_them_killed_or_frozen_again_and_again_keep_every_key_in_order(
    stage: Stage,
) -> None:
    chance = random.Random(5)
    database = stage.databases["teller"]
    await stage.topics()
    await people(database)
    for number in range(2):
        stage.start("teller", number=number)
    stage.start("hearer")
    await stage.ready("teller", 0)
    await stage.ready("teller", 1)
    writing = asyncio.Event()
    writers = [asyncio.create_task(write(database, writing, random.Random(n))) for n in range(8)]
    deposed = 0
    for turn in range(6):
        await asyncio.sleep(chance.uniform(0.2, 0.5))
        victim = turn % 2
        if turn % 4 == 3:
            stage.kill("teller", victim)
            await asyncio.sleep(0.3)
            stage.start("teller", number=victim)
            await stage.ready("teller", victim)
            continue
        frozen = await freeze_a_leader(stage)
        deposed += await depose(database)
        await asyncio.sleep(1)  # the other goes on
        stage.signal("teller", frozen, signal.SIGCONT)
    writing.set()
    await asyncio.gather(*writers)
    await stage.all_told()
    wanted = await counts(database)
    assert deposed, "a leader was frozen in the middle"
    logs = await stage.told()
    assert {key.decode(): max(log) + 1 for key, log in logs.items() if key} == wanted
    assert all(firsts(log) == list(range(max(log) + 1)) for log in logs.values())
    await stage.heard(sum(wanted.values()))
    assert in_order(await effects(stage), wanted)


async def write(database: Database, stop: asyncio.Event, chance: random.Random) -> None:
    while not stop.is_set():
        await change_and_tell(database, chance.choice(PEOPLE))
        await asyncio.sleep(0.01)


async def effects(stage: Stage) -> Sequence[tuple[str, int]]:
    async with stage.databases["hearer"].read() as session:
        rows = text("select employee_id, name from effect order by place")
        found = await (await session.connection()).execute(rows)
        return [(str(row.employee_id), int(row.name)) for row in found]


def in_order(effects: Sequence[tuple[str, int]], wanted: dict[str, int]) -> bool:
    """Whether every fact had its effect once, each person's in the order they were told in."""
    return all(
        [number for who, number in effects if who == one] == list(range(count))
        for one, count in wanted.items()
    )


async def test_shards_are_led_by_several_relays_at_once_and_by_one_alone_where_it_is_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "BATCH", 50)
    monkeypatch.setattr(core, "IDLE_POLL_SECONDS", 0.05)
    await stage.topics()
    database = stage.databases["teller"]
    people = [UUID(int=number) for number in range(1, 101)]
    await stage.tell([numbered(n // 100, people[n % 100]) for n in range(5000)])
    both = 0
    async with stage.relaying(), stage.relaying():
        while await stage.count("teller", outbox.outbox):
            both += len(await leads(database)) > 1
    assert both, "two led, each its shards"
    logs = await stage.told()
    assert not {key: log for key, log in logs.items() if log != list(range(50))}
    assert len(logs) == 100

"""Facts told through a relay, and what has become of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, select

from shared.carrier import Carrier
from shared.database import Database
from shared.events import EmployeeRegistered, Fact, encode
from shared.outbox import ROOM, outbox, tell, told
from shared.relay import Relay
from tests.shared.broker import Broker
from tests.shared.facts import SOURCE, registered

TOPIC = EmployeeRegistered.topic.name


def one(database: Database, **knobs: Any) -> Relay:
    return Relay(database, Carrier({}, {}), check_seconds=knobs.pop("check_seconds", 0), **knobs)


async def tell_all(database: Database, facts: Sequence[Fact[EmployeeRegistered]]) -> None:
    async with database.begin() as session:
        await tell(session, facts, source=SOURCE)


async def rows(database: Database, table: Any) -> Sequence[Row[Any]]:
    async with database.engine.connect() as connection:
        return (await connection.execute(select(table).order_by(table.c[0]))).all()


async def waiting(database: Database) -> Sequence[Row[Any]]:
    """What waits to be told, parcels unpacked."""
    async with database.engine.connect() as connection:
        waits = told.c.id // ROOM == outbox.c.id
        asked = select(told).join(outbox, waits).order_by(told.c.id)
        return (await connection.execute(asked)).all()


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

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import registry

from shared.database import Database
from shared.driver import Lookup, driver_of
from tests.shared.conftest import only_postgres
from tests.shared.tally import metadata, numbers, run, tally


@dataclass
class Row:
    """A row of `tally` as an object."""

    id: UUID
    number: int


@pytest.fixture(autouse=True)
async def _tables(database: Database) -> AsyncIterator[None]:
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    mapped = registry()
    mapped.map_imperatively(Row, tally)
    yield
    mapped.dispose()


@only_postgres
async def test_what_the_driver_and_the_session_are_told_is_kept_together_or_not_at_all(
    database: Database,
) -> None:
    async def tell() -> None:
        async with database.begin() as session:
            driver = driver_of(session)
            assert driver is not None
            await driver.execute("insert into tally (id, number) values ($1, 1)", uuid4())
            await run(session, insert(tally), [{"id": uuid4(), "number": 2}])
            await driver.execute("insert into tally (id, number) values ($1, 3)", uuid4())
            session.add(Row(uuid4(), 4))
            if failing:
                raise ArithmeticError

    failing = True
    with pytest.raises(ArithmeticError):
        await tell()
    assert await numbers(database) == []
    failing = False
    await tell()
    assert await numbers(database) == [1, 2, 3, 4]


async def test_objects_added_to_a_session_are_kept_with_it(database: Database) -> None:
    async with database.begin() as session:
        session.add(Row(uuid4(), 1))
    assert await numbers(database) == [1]


async def test_sqlite_has_no_driver_to_ask(database: Database) -> None:
    async with database.begin() as session:
        assert (driver_of(session) is not None) == database.is_postgres
    async with database.read() as session:
        assert driver_of(session) is None


@only_postgres
async def test_what_went_wrong_is_told_even_where_the_connection_is_gone(
    database: Database,
) -> None:
    with pytest.raises(ArithmeticError):
        async with database.begin() as session:
            driver = driver_of(session)
            assert driver is not None
            driver.terminate()
            raise ArithmeticError
    assert await database.answers()


@only_postgres
async def test_a_connection_left_in_the_middle_of_a_transaction_goes_to_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a task is cancelled once more while it takes back what it did."""

    async def cancelled(_self: Any) -> None:
        raise asyncio.CancelledError

    backends = set[int]()
    with monkeypatch.context() as broken, pytest.raises(asyncio.CancelledError):
        broken.setattr(asyncpg.transaction.Transaction, "rollback", cancelled)
        async with database.begin() as session:
            driver = driver_of(session)
            assert driver is not None
            backends.add(await driver.fetchval("select pg_backend_pid()"))
            await driver.execute("insert into tally (id, number) values ($1, 1)", uuid4())
            raise ArithmeticError
    for _ in range(5):
        async with database.begin() as session:
            driver = driver_of(session)
            assert driver is not None
            assert await driver.fetchval("select pg_backend_pid()") not in backends
    assert await numbers(database) == []


async def test_a_lookup_finds_the_rows_of_many_values_and_only_those(database: Database) -> None:
    lookup = Lookup(select(tally.c.number, tally.c.id).where(tally.c.number > 0), tally.c.id)
    ids = [uuid4() for _ in range(1000)]
    async with database.begin() as session:
        rows = [{"id": one, "number": n} for n, one in enumerate(ids)]
        await run(session, insert(tally), rows)
        assert list(await lookup(session, [])) == []
        assert list(await lookup(session, {uuid4()})) == []
        found = [(number, one) for number, one in await lookup(session, ids[:500])]
    assert sorted(found) == list(enumerate(ids))[1:500]
    async with database.read() as session:  # past the driver
        assert [number for number, _ in await lookup(session, ids[7:8])] == [7]


def test_a_lookup_is_one_statement_whatever_is_looked_for() -> None:
    lookup = Lookup(select(tally.c.number), tally.c.id)
    assert "tally.id = ANY ($1" in lookup._on_postgres

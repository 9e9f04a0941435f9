"""Databases to prove the delivery core on: SQLite always, PostgreSQL where it is installed."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from shared import outbox
from shared.database import Database, connect
from shared.settings import ServiceSettings
from tests.shared import broker as stand_in
from tests.shared import facts, postgres

only_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
"""For what SQLite, which belongs to one process and has one writer at a time, cannot get into."""


@pytest.fixture(scope="session")
def postgres_server(ran_on: Callable[[str, str], None]) -> Iterator[postgres.Server]:
    programs = postgres.programs()
    if programs is None:
        pytest.skip("no PostgreSQL is installed on this machine (initdb was not found)")
    ran_on("a stand-in in memory", f"PostgreSQL in {programs}")
    with postgres.running(programs) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database: a fresh file, or a server that other tests use too."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'service.db'}"
    server: postgres.Server = request.getfixturevalue("postgres_server")
    return server.url()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with the delivery tables and one for effects, all empty."""
    found = await fresh(database_url)
    yield found
    await found.close()


async def fresh(url: str) -> Database:
    database = connect(ServiceSettings(database_url=url))
    async with database.engine.begin() as connection:
        if database.is_postgres:
            await connection.execute(text("drop schema public cascade"))
            await connection.execute(text("create schema public"))
        await connection.run_sync(outbox.metadata.create_all)
        await connection.run_sync(facts.metadata.create_all)
    return database


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> stand_in.Broker:
    """A broker in memory, reached through the real carrier."""
    return stand_in.install(monkeypatch)

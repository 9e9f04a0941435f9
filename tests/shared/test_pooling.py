import asyncio

import pytest
from sqlalchemy import text

from shared import pooling
from shared.database import Database
from tests.shared.conftest import only_postgres

pytestmark = only_postgres


async def connection_of(database: Database) -> int:
    async with database.begin() as session:
        found = await session.execute(text("select pg_backend_pid()"))
        return int(found.scalar_one())


async def end(database: Database, backend: int) -> None:
    async with database.engine.connect() as other:
        await other.execute(text("select pg_terminate_backend(:pid)"), {"pid": backend})
        await other.commit()
    await asyncio.sleep(0.1)


async def test_a_connection_is_used_again(database: Database) -> None:
    assert await connection_of(database) == await connection_of(database)


async def test_one_that_the_server_closed_is_not_and_nobody_notices(database: Database) -> None:
    async with database.begin() as session:  # so that the one who ends it is another
        backend = int((await session.execute(text("select pg_backend_pid()"))).scalar_one())
        async with database.engine.connect() as second:
            await second.execute(text("select 1"))
    await end(database, backend)
    used = {await connection_of(database) for _ in range(5)}
    assert backend not in used


async def test_one_that_lay_unused_for_long_is_asked_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    dialect = database.engine.sync_engine.dialect
    ping = type(dialect).do_ping

    def do_ping(self: object, connection: object) -> bool:
        asked.append(connection)
        return bool(ping(dialect, connection))  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(type(dialect), "do_ping", do_ping)
    await connection_of(database)
    await connection_of(database)
    assert asked == []
    monkeypatch.setattr(pooling, "IDLE_SECONDS", 0)
    await connection_of(database)
    assert len(asked) == 1


async def test_one_that_does_not_answer_is_replaced(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await connection_of(database)

    def fail(*_: object) -> bool:
        raise ConnectionError

    monkeypatch.setattr(type(database.engine.sync_engine.dialect), "do_ping", fail)
    monkeypatch.setattr(pooling, "IDLE_SECONDS", 0)
    assert await connection_of(database) != before

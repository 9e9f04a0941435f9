import asyncio
import sqlite3
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import (
    exc,
    insert,
    text,
)

from shared.database import Database, connect, insert_rows, passes
from shared.driver import driver_of
from shared.settings import ServiceSettings
from tests.shared.conftest import only_postgres
from tests.shared.tally import ONE, metadata, run, tally

with_table = pytest.mark.usefixtures("_table")


@pytest.fixture
async def _table(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)


@with_table
@pytest.mark.parametrize(
    "statement", ["select * from nowhere", "select absent from tally"], ids=["table", "column"]
)
async def test_a_schema_that_is_behind_is_nobodys_fault_and_passes(
    database: Database, statement: str
) -> None:
    with pytest.raises(exc.DBAPIError) as raised:
        async with database.read() as session:
            await run(session, text(statement))
    assert passes(raised.value)


async def test_a_statement_that_cannot_be_read_never_passes(database: Database) -> None:
    with pytest.raises(exc.DBAPIError) as raised:
        async with database.read() as session:
            await run(session, text("selekt 1"))
    assert not passes(raised.value)


@with_table
@only_postgres
async def test_a_value_the_driver_cannot_write_never_passes(database: Database) -> None:
    with pytest.raises(asyncpg.DataError) as raised:
        async with database.begin() as session:
            driver = driver_of(session)
            assert driver is not None
            await driver.execute("insert into tally (id, number) values ($1, $2)", uuid4(), 2**70)
    assert not passes(raised.value)


@with_table
@only_postgres
async def test_a_connection_cut_in_the_middle_passes_and_the_next_one_is_good(
    database: Database,
) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011  # it is noticed in many ways
        async with database.begin() as session:
            me = (await run(session, text("select pg_backend_pid()"))).scalar()
            async with database.engine.connect() as other:
                await other.execute(text(f"select pg_terminate_backend({me})"))
            rows = [(uuid4(), number) for number in range(5)]
            await insert_rows(session, tally, ("id", "number"), rows)
    assert passes(raised.value)
    assert await database.answers()


@with_table
@only_postgres
async def test_a_writer_that_waits_too_long_passes(database: Database) -> None:
    async with database.begin() as holder:
        await run(holder, insert(tally), [{"id": ONE, "number": 1}])
        with pytest.raises(exc.DBAPIError) as raised:
            async with database.begin() as session:
                await run(session, text("set local lock_timeout = '50ms'"))
                await run(session, insert(tally), [{"id": ONE, "number": 2}])
    assert passes(raised.value)


async def test_a_database_that_is_away_passes_and_does_not_answer(tmp_path: Path) -> None:
    for url in (
        f"postgresql+asyncpg://nobody@/kinerja?host={tmp_path}",
        f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/service.db",
    ):
        away = connect(ServiceSettings(database_url=url))
        assert not await away.answers()
        with pytest.raises(Exception) as raised:  # noqa: PT011  # each driver has its own
            async with away.begin() as session:
                await session.connection()
        assert passes(raised.value)
        await away.close()
    await asyncio.sleep(0.1)  # the driver's thread says goodbye to the loop


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (exc.TimeoutError("the pool is used up"), True),
        (asyncpg.SerializationError("again"), True),
        (asyncpg.DeadlockDetectedError("again"), True),
        (asyncpg.CannotConnectNowError("starting up"), True),
        (asyncpg.TooManyConnectionsError("full"), True),
        (asyncpg.DiskFullError("full"), True),
        (asyncpg.ReadOnlySQLTransactionError("this is the standby now"), True),
        (asyncpg.InvalidPasswordError("rotated"), True),
        (asyncpg.InsufficientPrivilegeError("not granted yet"), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (asyncpg.DataError("invalid input for query argument $1"), False),
        (asyncpg.CharacterNotInRepertoireError("0x00"), False),
        (asyncpg.UniqueViolationError("twice"), False),
        (asyncpg.PostgresSyntaxError("selekt"), False),
        (sqlite3.IntegrityError("twice"), False),
        (ValueError("a bug"), False),
        (KeyError("a bug"), False),
        (RecursionError(), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_what_passes_by_itself(error: Exception, waits: bool, wrapped: bool) -> None:
    if wrapped:
        outer = Exception("as the driver's adapter wraps it")
        outer.__cause__ = error
        error = exc.DBAPIError("select 1", {}, outer)
    assert passes(error) is waits


@pytest.mark.parametrize(
    ("code", "waits"),
    [
        (sqlite3.SQLITE_BUSY, True),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, True),
        (sqlite3.SQLITE_IOERR_WRITE, True),
        (sqlite3.SQLITE_FULL, True),
        (sqlite3.SQLITE_ERROR, False),
        (sqlite3.SQLITE_TOOBIG, False),
    ],
)
def test_what_passes_in_sqlite(code: int, waits: bool) -> None:
    error = sqlite3.OperationalError("whatever")
    error.sqlite_errorcode = code
    assert passes(exc.OperationalError("select 1", {}, error)) is waits

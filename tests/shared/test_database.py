import asyncio
import contextlib
import sqlite3
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import (
    Column,
    Dialect,
    Integer,
    MetaData,
    String,
    Table,
    Uuid,
    exc,
    insert,
    select,
    text,
)
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.database import COPY_FROM, Database, Moment, connect, insert_rows, passes
from shared.settings import ServiceSettings
from tests.shared.conftest import only_postgres

metadata = MetaData()
tally = Table(
    "tally",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("word", String(5)),
    Column("at", Moment),
)
ONE = UUID(int=1)
SECRET = "198501012010011001"


@pytest.fixture(autouse=True)
async def _tables(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)


async def run(session: AsyncSession, statement: Any, rows: Any = None) -> Any:
    return await (await session.connection()).execute(statement, rows)


async def numbers(database: Database) -> list[int]:
    async with database.read() as session:
        return list((await run(session, select(tally.c.number).order_by(tally.c.number))).scalars())


async def test_a_transaction_is_kept_whole_or_not_at_all(database: Database) -> None:
    async with database.begin() as session:
        await run(session, insert(tally), [{"id": uuid4(), "number": 1}])
    with pytest.raises(ArithmeticError):
        async with database.begin() as session:
            await run(session, insert(tally), [{"id": uuid4(), "number": 2}])
            raise ArithmeticError
    assert await numbers(database) == [1]


async def test_the_bell_rings_only_once_what_is_told_is_kept(database: Database) -> None:
    with contextlib.suppress(ArithmeticError):
        async with database.begin() as session:
            session.info["told"] = True
            raise ArithmeticError
    async with database.begin() as session:
        pass
    assert not database.told.is_set()
    async with database.begin() as session:
        session.info["told"] = True
        assert not database.told.is_set()
    assert database.told.is_set()


async def test_read_modify_write_by_eight_tasks_loses_nothing(database: Database) -> None:
    async with database.begin() as session:
        await run(session, insert(tally), [{"id": ONE, "number": 0}])

    async def count() -> None:
        for _ in range(10):
            async with database.begin() as session:
                asked = select(tally.c.number).where(tally.c.id == ONE).with_for_update()
                number = (await run(session, asked)).scalar()
                await asyncio.sleep(0)
                changed = tally.update().where(tally.c.id == ONE).values(number=number + 1)
                await run(session, changed)

    await asyncio.gather(*(count() for _ in range(8)))
    assert await numbers(database) == [80]


async def test_a_writer_gets_its_turn_however_busy_another_is(database: Database) -> None:
    busy = True

    async def keep_writing() -> None:
        while busy:
            async with database.begin() as session:
                await run(session, insert(tally), [{"id": uuid4(), "number": 0}])
                await asyncio.sleep(0.01)

    writers = [asyncio.create_task(keep_writing()) for _ in range(2)]
    await asyncio.sleep(0.05)
    waits = []
    for _ in range(10):
        began = time.monotonic()
        async with database.begin() as session:
            await run(session, insert(tally), [{"id": uuid4(), "number": 1}])
        waits.append(time.monotonic() - began)
    busy = False
    await asyncio.gather(*writers)
    assert max(waits) < 1


async def test_a_task_cancelled_again_and_again_leaves_nothing_behind(database: Database) -> None:
    """As those of streams are when a browser goes."""

    async def work() -> None:
        while True:
            async with database.begin() as session:
                await run(session, insert(tally), [{"id": uuid4(), "number": 0}])
            await numbers(database)

    before = asyncio.all_tasks()
    for number in range(60):
        task = asyncio.create_task(work())
        await asyncio.sleep(number / 10_000)
        while not task.done():
            task.cancel()
            await asyncio.sleep(0)
    left = asyncio.all_tasks() - before
    if left:
        _, never = await asyncio.wait(left, timeout=5)
        assert never == set()
    assert await database.answers()


async def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    async with database.begin() as session:
        await run(session, insert(tally), [{"id": ONE, "number": 1}])
        began = time.monotonic()
        assert await numbers(database) == []
        assert time.monotonic() - began < 2
    assert await numbers(database) == [1]


@pytest.mark.parametrize("count", [1, COPY_FROM - 1, COPY_FROM, 300])
async def test_rows_put_at_once_are_part_of_the_transaction(database: Database, count: int) -> None:
    rows = [(uuid4(), number, "word", datetime.now(UTC)) for number in range(count)]
    columns = ("id", "number", "word", "at")
    with pytest.raises(ArithmeticError):
        async with database.begin() as session:  # also as the very first statement
            await insert_rows(session, tally, columns, rows)
            raise ArithmeticError
    assert await numbers(database) == []
    async with database.begin() as session:
        await insert_rows(session, tally, columns, rows)
        await insert_rows(session, tally, columns, [])
    assert await numbers(database) == list(range(count))


async def test_rows_put_at_once_that_clash_are_the_rows_fault(database: Database) -> None:
    rows = [(ONE, number) for number in range(COPY_FROM)]
    with pytest.raises((exc.IntegrityError, asyncpg.UniqueViolationError)) as raised:
        async with database.begin() as session:
            await insert_rows(session, tally, ("id", "number"), rows)
    assert not passes(raised.value)
    async with database.begin() as session:
        await insert_rows(session, tally, ("id", "number"), rows[:1])
    assert await numbers(database) == [0], "the connection is as good as before"


@pytest.mark.parametrize("count", [1, COPY_FROM])
async def test_a_number_too_large_for_its_column_is_the_facts_fault(
    database: Database, count: int
) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011  # each driver has its own
        async with database.begin() as session:
            await insert_rows(
                session, tally, ("id", "number"), [(uuid4(), 2**70) for _ in range(count)]
            )
    assert not passes(raised.value)


async def test_an_error_does_not_tell_the_values_it_failed_on(database: Database) -> None:
    async with database.begin() as session:
        await run(session, insert(tally), [{"id": ONE, "number": 1}])
    with pytest.raises(exc.IntegrityError) as raised:
        async with database.begin() as session:
            await run(session, insert(tally), [{"id": ONE, "number": 1, "word": SECRET[:5]}])
    assert SECRET[:5] not in str(raised.value)


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


@only_postgres
async def test_a_connection_cut_in_the_middle_passes_and_the_next_one_is_good(
    database: Database,
) -> None:
    with pytest.raises((exc.DBAPIError, asyncpg.PostgresError)) as raised:
        async with database.begin() as session:
            me = (await run(session, text("select pg_backend_pid()"))).scalar()
            async with database.engine.connect() as other:
                await other.execute(text(f"select pg_terminate_backend({me})"))
            rows = [(uuid4(), number) for number in range(COPY_FROM)]
            await insert_rows(session, tally, ("id", "number"), rows)
    assert passes(raised.value)
    assert await database.answers()


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


async def test_a_database_that_answers_says_so(database: Database) -> None:
    assert await database.answers()


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


async def test_a_moment_comes_back_as_the_same_moment_in_utc(database: Database) -> None:
    jakarta = timezone(timedelta(hours=7))
    moments = [
        datetime(2026, 1, 1, 6, 30, 0, 123456, tzinfo=jakarta),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2100, 12, 31, 23, 59, tzinfo=UTC),
    ]
    async with database.begin() as session:
        for number, at in enumerate(moments):
            await run(session, insert(tally), [{"id": uuid4(), "number": number, "at": at}])
    async with database.read() as session:
        found = list((await run(session, select(tally.c.at).order_by(tally.c.number))).scalars())
        early = select(tally.c.number).where(tally.c.at < datetime(2026, 1, 1, tzinfo=UTC))
        before = sorted((await run(session, early)).scalars())
    assert found == moments
    assert all(at.tzinfo is UTC or at.utcoffset() == timedelta(0) for at in found)
    assert before == [0, 1], "moments compare as moments, whatever zone they came in"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Moment().process_bind_param(datetime(2026, 1, 1), Dialect())  # noqa: DTZ001  # the very point
    assert Moment().process_bind_param(None, Dialect()) is None
    assert Moment().process_result_value(None, Dialect()) is None


def test_the_password_comes_from_its_file_and_shows_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("open sesame\n")
    settings = ServiceSettings(
        database_url="postgresql+asyncpg://kinerja@db/training", database_password_file=secret
    )
    engine = connect(settings).engine
    assert engine.url.password == "open sesame"
    assert "sesame" not in f"{engine!r} {engine.url!r} {settings!r}"

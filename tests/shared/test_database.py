import asyncio
import contextlib
import gc
import ssl
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import (
    Dialect,
    delete,
    event,
    exc,
    insert,
    select,
)

from shared.database import Database, Moment, connect, insert_rows, passes
from shared.outbox import Parcel
from shared.settings import ServiceSettings
from tests.shared.authority import Authority
from tests.shared.tally import ONE, metadata, numbers, run, tally

SECRET = "198501012010011001"


@pytest.fixture(autouse=True)
async def _tables(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)


async def test_a_transaction_is_kept_whole_or_not_at_all(database: Database) -> None:
    async with database.begin() as session:
        await run(session, insert(tally), [{"id": uuid4(), "number": 1}])
    with pytest.raises(ArithmeticError):
        async with database.begin() as session:
            await run(session, insert(tally), [{"id": uuid4(), "number": 2}])
            raise ArithmeticError
    assert await numbers(database) == [1]


PARCEL = Parcel(1, 0, 0, ())


async def test_the_bell_rings_only_once_what_is_told_is_kept(database: Database) -> None:
    with contextlib.suppress(ArithmeticError):
        async with database.begin() as session:
            session.info["told"] = [PARCEL]
            raise ArithmeticError
    async with database.begin() as session:
        pass
    assert not database.told.is_set()
    async with database.begin() as session:
        session.info["told"] = [PARCEL]
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


@pytest.mark.parametrize("times", [1, 100])
async def test_a_task_that_is_cancelled_leaves_no_lock_and_no_task_behind(
    database: Database, times: int
) -> None:
    """Once, as clocks are; or again and again, as those of streams are when a browser goes."""

    async def work() -> None:
        while True:
            async with database.begin() as session:
                rows = [{"id": uuid4(), "number": number} for number in range(100)]
                await run(session, insert(tally), rows)
            await numbers(database)

    before = asyncio.all_tasks()
    gc.disable()  # what is left over must not matter until it is collected
    try:
        for number in range(25):
            task = asyncio.create_task(work())
            await asyncio.sleep(number / 2_000)
            for _ in range(times):
                task.cancel()
                await asyncio.sleep(0)
            await asyncio.wait([task])
            async with asyncio.timeout(2), database.begin() as session:
                await run(session, delete(tally))
    finally:
        gc.enable()
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


@pytest.mark.parametrize("count", [1, 5, 300])
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
    rows = [(ONE, number) for number in range(2)]
    with pytest.raises((exc.IntegrityError, asyncpg.UniqueViolationError)) as raised:
        async with database.begin() as session:
            await insert_rows(session, tally, ("id", "number"), rows)
    assert not passes(raised.value)
    async with database.begin() as session:
        await insert_rows(session, tally, ("id", "number"), rows[:1])
    assert await numbers(database) == [0], "the connection is as good as before"


@pytest.mark.parametrize("count", [1, 5])
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


async def test_a_database_that_answers_says_so(database: Database) -> None:
    assert await database.answers()


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


def test_a_server_that_must_prove_its_name_is_met_with_a_context_that_asks(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    url = "postgresql+asyncpg://kinerja@db/training"
    known = ServiceSettings(
        database_url=url, database_tls="verify", database_ca_file=authority.file
    )
    met = _asked_with(known)["ssl"]
    assert isinstance(met, ssl.SSLContext)
    assert met.check_hostname
    assert len(met.get_ca_certs()) == 1
    assert "ssl" not in _asked_with(ServiceSettings(database_url=url))


def _asked_with(settings: ServiceSettings) -> dict[str, Any]:
    """What the driver is given when a connection is made."""
    engine = connect(settings).engine.sync_engine
    seen: dict[str, Any] = {}

    @event.listens_for(engine, "do_connect")
    def _look(_dialect: object, _record: object, _args: object, knobs: dict[str, Any]) -> None:
        seen.update(knobs)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        engine.connect()
    return seen

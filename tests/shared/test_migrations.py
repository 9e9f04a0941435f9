import asyncio
import importlib
from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import inspect, text

from shared import migrations, months, outbox
from shared.database import connect
from shared.settings import ServiceSettings
from tests.shared.conftest import only_postgres

SERVICES = ("appraisal", "training", "notifications")
every_service = pytest.mark.parametrize("service", SERVICES)


async def clear(url: str) -> None:
    database = connect(ServiceSettings(database_url=url))
    if database.is_postgres:
        async with database.engine.begin() as connection:
            await connection.execute(text("drop schema public cascade"))
            await connection.execute(text("create schema public"))
    await database.close()


@pytest.fixture
def url(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database that every service takes for its own."""
    for service in SERVICES:
        monkeypatch.setenv(f"{service.upper()}_DATABASE_URL", database_url)
    asyncio.run(clear(database_url))
    return database_url


def tables(url: str) -> set[str]:
    """All but partitions, which are a part of their tables."""

    async def ask() -> set[str]:
        database = connect(ServiceSettings(database_url=url))
        async with database.engine.connect() as connection:
            names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
            if database.is_postgres:
                parts = "select inhrelid::regclass::text from pg_inherits"
                names = set(names) - set((await connection.execute(text(parts))).scalars())
        await database.close()
        return set(names)

    return asyncio.run(ask())


def declared(service: str) -> set[str]:
    base = importlib.import_module(f"services.{service}.models").Base
    return set(base.metadata.tables) | set(outbox.metadata.tables)


@every_service
def test_migrations_make_what_the_models_declare_and_can_be_taken_back(
    url: str, service: str
) -> None:
    for _ in range(2):
        migrations.upgrade(service)
        assert tables(url) == declared(service) | {"alembic_version"}
        command.check(migrations.configuration(service))
        migrations.main([service, "--down-to", "base"])
        assert tables(url) == {"alembic_version"}


@every_service
def test_a_database_that_is_up_to_date_is_left_alone(url: str, service: str) -> None:
    migrations.upgrade(service)
    before = tables(url)
    migrations.upgrade(service)
    assert tables(url) == before


def test_a_migration_that_fails_keeps_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic.operations import Operations  # noqa: PLC0415  # only here

    create = Operations.create_table

    def fail(self: Operations, name: str, *columns: object, **more: object) -> object:
        if name == "told_position":
            raise ArithmeticError
        return create(self, name, *columns, **more)  # type: ignore[arg-type]  # passed on as they are

    monkeypatch.setattr(Operations, "create_table", fail)
    with pytest.raises(ArithmeticError):
        migrations.upgrade("training")
    assert tables(url) <= {"alembic_version"}
    monkeypatch.undo()


OLD = "id, shard, fact_id, topic, key, payload, headers, put_at"


def change(url: str, *statements: str) -> None:
    async def run() -> None:
        database = connect(ServiceSettings(database_url=url))
        async with database.engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))
        await database.close()

    asyncio.run(run())


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    async def run() -> list[tuple[object, ...]]:
        database = connect(ServiceSettings(database_url=url))
        async with database.engine.connect() as connection:
            found = [tuple(row) for row in await connection.execute(text(statement))]
        await database.close()
        return found

    return asyncio.run(run())


def test_what_was_told_and_what_waits_stays_so_when_facts_come_to_be_written_once(url: str) -> None:
    migrations.upgrade("training", "0001")
    fact = "0, '0000000000000000000000000000000{n}', 't', null, 'ab', '{{}}', '2026-01-01 00:00:00'"
    rows = {n: fact.format(n=n) for n in range(1, 6)}
    change(
        url,
        *(f"insert into told ({OLD}) values ({n}, {rows[n]})" for n in (1, 2, 4)),  # noqa: S608  # ours
        f"insert into told ({OLD}, error) values (6, {rows[5]}, 'TooLarge')",  # noqa: S608  # the same
        *(f"insert into outbox ({OLD}) values ({n}, {rows[n]})" for n in (3, 5)),  # noqa: S608  # the same
    )
    migrations.upgrade("training", "0002")
    assert ask(url, "select id, shard, facts, bytes, places from outbox order by id") == [
        (3, 0, 1, 2, None),
        (5, 0, 1, 2, None),
    ]
    assert ask(url, "select id, error from told order by id") == [
        *((n * outbox.ROOM, None) for n in range(1, 6)),
        (6 * outbox.ROOM, "TooLarge"),
    ]
    change(url, "insert into outbox (shard, facts, bytes) values (1, 1, 2)")
    assert ask(url, "select max(id) from outbox") == [(7,)]
    change(
        url,
        "update outbox set facts = 1, places = '[1]' where id = 5",
        f"insert into told ({OLD}) values ({5 * outbox.ROOM + 1}, {rows[5]})",  # noqa: S608  # the same
    )
    migrations.downgrade("training", "0001")
    assert ask(url, "select id from outbox order by id") == [
        (3 * outbox.ROOM,),
        (5 * outbox.ROOM + 1,),
    ]
    assert ask(url, "select count(*), count(error) from told") == [(5, 1)]
    columns = OLD.removeprefix("id, ")
    change(url, f"insert into outbox ({columns}) values ({rows[1]})")  # noqa: S608  # the same
    assert ask(url, "select max(id) from outbox") == [(6 * outbox.ROOM + 1,)]


def test_what_is_kept_stays_as_it_is_when_it_comes_to_lie_in_months(url: str) -> None:
    migrations.upgrade("training", "0002")
    values = "0, '{n:032x}', 't', null, 'ab', '{{}}', '2026-01-01 00:00:00'"
    change(
        url,
        *(f"insert into told ({OLD}) values ({1024 * n}, {values.format(n=n)})" for n in (1, 2)),  # noqa: S608  # ours
        "insert into outbox (shard, facts, bytes) values (0, 1, 2), (0, 1, 2)",
        *(f"insert into inbox (fact_id, digest) values ('{n:032x}', {n})" for n in (1, 2)),  # noqa: S608  # the same
    )
    everything = (
        "select id, shard, facts, bytes from outbox order by id",
        "select id, shard, topic, payload, error from told order by id",
        "select digest from inbox order by digest",
    )
    before = [ask(url, one) for one in everything]
    for _ in range(2):
        migrations.upgrade("training")
        assert [ask(url, one) for one in everything] == before
        migrations.downgrade("training", "0002")
        assert [ask(url, one) for one in everything] == before


@only_postgres
def test_once_divided_each_month_has_its_own_numbers_of_parcels(url: str) -> None:
    migrations.upgrade("training")
    change(url, "insert into outbox (shard, facts, bytes) values (0, 1, 2)")
    [(first,)] = ask(url, "select id from outbox")
    month = months.month_of(datetime.now(UTC))
    assert first == months.first_parcel(month) + 1
    where = f"select to_regclass('{months.name_of('told', month)}') is not null"
    assert ask(url, where) == [(True,)]
    told = f"insert into told ({OLD}) values ({{id}}, 0, '{1:032x}', 't', null, '', '', now())"  # noqa: S608  # the same
    change(url, told.format(id=first * outbox.ROOM), told.format(id=outbox.ROOM))
    assert ask(url, "select tableoid::regclass::text from told order by id desc") == [
        (months.name_of("told", month),),
        ("told_before",),
    ]
    migrations.downgrade("training", "0002")
    migrations.upgrade("training")  # numbers that were used are used no second time
    change(url, "insert into outbox (shard, facts, bytes) values (0, 1, 2)")
    assert ask(url, "select max(id) from outbox") == [(first + 1,)]

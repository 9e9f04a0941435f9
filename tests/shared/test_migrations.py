import asyncio
import importlib

import pytest
from alembic import command
from sqlalchemy import inspect, text

from shared import migrations, outbox
from shared.database import connect
from shared.settings import ServiceSettings

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
    async def ask() -> set[str]:
        database = connect(ServiceSettings(database_url=url))
        async with database.engine.connect() as connection:
            names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
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

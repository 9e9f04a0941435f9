"""Schemas, one a service: `python -m shared.migrations appraisal` brings one up to date.

`--down-to REVISION` takes one back; what later revisions added goes, with what is in it.
"""

import asyncio
import importlib
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Final, Literal

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, text
from sqlmodel.sql.sqltypes import AutoString

from shared import outbox
from shared.database import Moment, connect
from shared.inbox import inbox
from shared.settings import ServiceSettings

assert inbox.metadata is outbox.metadata  # noqa: S101  # imported so that its table is known

LOCK: Final = 7410


def configuration(service: str) -> Config:
    """Alembic's configuration of one service."""
    package = importlib.import_module(f"services.{service}")
    config = Config()
    config.set_main_option("script_location", str(Path(package.__path__[0]) / "migrations"))
    config.set_main_option("version_path_separator", "os")
    return config


def upgrade(service: str, revision: str = "head") -> None:
    """Bring a service's database to a revision (the newest, if none is named)."""
    command.upgrade(configuration(service), revision)


def downgrade(service: str, revision: str) -> None:
    """Take a service's database back to a revision."""
    command.downgrade(configuration(service), revision)


def _render(kind: str, thing: object, _context: object) -> str | Literal[False]:
    """Migrations speak plain SQLAlchemy: they must outlive our own types and SQLModel's."""
    if kind == "type" and isinstance(thing, Moment):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, AutoString):
        return "sa.String()"
    return False


def _partitions(connection: Connection) -> set[str]:
    """Tables that are a part of another: they come and go by themselves (`shared.partitions`)."""
    if connection.dialect.name != "postgresql":
        return set()
    asked = text("select relname from pg_class where relispartition and relkind = 'r'")
    return set(connection.execute(asked).scalars())


def run(tables: MetaData, service: str) -> None:
    """What each service's `migrations/env.py` calls: migrate over the service's own database.

    Of the service's knobs only those of its database are needed, none of its secrets.
    """
    settings = ServiceSettings(_env_prefix=f"{service.upper()}_")

    def migrate(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            # One at a time; then never wait long for a table that is in use.
            connection.execute(text(f"select pg_advisory_lock({LOCK})"))
            connection.execute(text("set lock_timeout = '5s'"))
            connection.commit()
        parts = _partitions(connection)
        context.configure(
            connection=connection,
            target_metadata=[tables, outbox.metadata],
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            render_item=_render,
            include_name=lambda name, kind, _parents: kind != "table" or name not in parts,
        )
        with context.begin_transaction():
            context.run_migrations()

    async def over() -> None:
        database = connect(settings, command_seconds=None)
        try:
            async with database.engine.connect() as connection:
                await connection.run_sync(migrate)
                await connection.commit()
        finally:
            await database.close()

    asyncio.run(over())


def main(arguments: list[str]) -> None:
    """Migrate the services named, up or down."""
    parser = ArgumentParser(prog="python -m shared.migrations")
    parser.add_argument("services", nargs="+", metavar="SERVICE")
    parser.add_argument("--down-to", metavar="REVISION")
    asked = parser.parse_args(arguments)
    for service in asked.services:
        if asked.down_to is None:
            upgrade(service)
        else:
            downgrade(service, asked.down_to)


if __name__ == "__main__":
    main(sys.argv[1:])

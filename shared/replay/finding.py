"""A way to find what was told by its id, for as long as a replay lasts: nobody else needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import text

from shared import partitions
from shared.database import Database

_MAKE: Final = "create index {concurrently} {table}_fact_id on {table} (fact_id)"
_DROP: Final = "drop index {concurrently} if exists {table}_fact_id"


@asynccontextmanager
async def quick_to_find(database: Database) -> AsyncIterator[None]:
    """Let `shared.outbox.told_before` find quickly; who tells meanwhile does not have to wait."""
    await _run(database, _DROP)  # what a replay that was killed has left
    await _run(database, _MAKE)
    try:
        yield
    finally:
        await _run(database, _DROP)


async def _run(database: Database, statement: str) -> None:
    """On PostgreSQL for each partition: of all together none can be made without a lock."""
    if not database.is_postgres:
        async with database.engine.begin() as connection:
            await connection.execute(text(statement.format(concurrently="", table="told")))
        return
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.begin() as connection:
        for table in await partitions.of(connection, "told"):
            one = statement.format(concurrently="concurrently", table=table)
            await connection.execute(text(one))

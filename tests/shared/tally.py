"""A table to count in, and how to reach it."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Uuid,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database, Moment

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


async def run(session: AsyncSession, statement: Any, rows: Any = None) -> Any:
    return await (await session.connection()).execute(statement, rows)


async def numbers(database: Database) -> list[int]:
    async with database.read() as session:
        return list((await run(session, select(tally.c.number).order_by(tally.c.number))).scalars())

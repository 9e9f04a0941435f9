"""Remembered when handled: the ids of facts whose effect is kept, in the effect's transaction."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Column, Index, Table, Uuid, func, text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.database import Moment, json_list
from shared.outbox import metadata

inbox = Table(
    "inbox",
    metadata,
    Column("fact_id", Uuid, primary_key=True),
    Column("seen_at", Moment, nullable=False, server_default=func.now()),
    Index("inbox_seen_at", "seen_at"),
)

_ON_POSTGRES = text(
    "insert into inbox (fact_id) select unnest(cast(:ids as uuid[])) "
    "on conflict do nothing returning fact_id"
)
_ON_SQLITE = text(
    "insert into inbox (fact_id) select value from json_each(:ids) where true "
    "on conflict do nothing returning fact_id"
)


async def first_seen(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    """Remember these facts in the caller's transaction; give those never seen before."""
    once = sorted(set(ids))
    if not once:
        return set()
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        rows = await connection.execute(_ON_POSTGRES, {"ids": once})
        return set(rows.scalars())
    rows = await connection.execute(_ON_SQLITE, {"ids": json_list(i.hex for i in once)})
    return {UUID(hex=row) for row in rows.scalars()}

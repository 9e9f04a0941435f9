"""What the broker has acknowledged: moved out of the outbox, and where it lies."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import json_list
from shared.outbox import told_position

Positions = Mapping[tuple[str, int], int]
"""By topic and partition the offset of what was acknowledged last."""

_MOVE_ON_POSTGRES = text("""
    with gone as (
        delete from outbox where id = any(:ids)
        returning id, shard, fact_id, topic, key, payload, headers, put_at
    )
    insert into told (id, shard, fact_id, topic, key, payload, headers, put_at, error)
    select id, shard, fact_id, topic, key, payload, headers, put_at, :error from gone
""")
_COPY_ON_SQLITE = text("""
    insert into told (id, shard, fact_id, topic, key, payload, headers, put_at, error)
    select id, shard, fact_id, topic, key, payload, headers, put_at, :error from outbox
    where id in (select value from json_each(:ids))
""")
_DROP_ON_SQLITE = text("delete from outbox where id in (select value from json_each(:ids))")


async def move(connection: AsyncConnection, ids: Sequence[int], *, error: str | None) -> None:
    """Move these rows to `told`, by id, with the error no broker will ever take them for."""
    if not ids:
        return
    if connection.dialect.name == "postgresql":
        await connection.execute(_MOVE_ON_POSTGRES, {"ids": ids, "error": error})
        return
    found = json_list(ids)
    await connection.execute(_COPY_ON_SQLITE, {"ids": found, "error": error})
    await connection.execute(_DROP_ON_SQLITE, {"ids": found})


async def positions(connection: AsyncConnection) -> Positions:
    """Where all topics stand, as far as was settled until now."""
    rows = await connection.execute(select(told_position))
    return {(row.topic, row.partition): row.offset for row in rows}

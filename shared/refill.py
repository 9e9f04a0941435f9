"""Topics the broker has forgotten: what was told there waits once more."""

from collections.abc import Set as AbstractSet
from typing import Any, Final

from sqlalchemy import Row, delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import telemetry
from shared.outbox import ROOM, told_position

_AGAIN: Final = text(f"""
    insert into outbox (id, shard, facts, bytes, put_at)
    select id / {ROOM}, shard, count(*), sum(length(payload)), min(put_at) from told
    where topic = :topic and error is null group by id / {ROOM}, shard
    on conflict (id) do update
    set facts = excluded.facts, bytes = excluded.bytes, places = null
""")  # noqa: S608  # a number of ours


async def refill(connection: AsyncConnection, lost: AbstractSet[Row[Any]]) -> list[str]:
    """Let the topics with these lost positions be told again; gives their names.

    The caller leads all shards, so that nobody tells newer facts of them first.
    """
    # Another relay may have filled a topic again since it was looked at: then its place moved.
    still = lost & set((await connection.execute(select(told_position))).all())
    topics = sorted({row.topic for row in still})
    for topic in topics:
        await connection.execute(_AGAIN, {"topic": topic})
        await connection.execute(delete(told_position).where(told_position.c.topic == topic))
        telemetry.REFILLS.labels(topic).inc()
    return topics

"""Topics the broker has forgotten, put back into the outbox from what was told."""

from collections.abc import Set as AbstractSet
from typing import Any, Final

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import telemetry
from shared.outbox import outbox, told, told_position

_MOVED: Final = ("id", "shard", "fact_id", "topic", "key", "payload", "headers", "put_at")


async def refill(connection: AsyncConnection, lost: AbstractSet[Row[Any]]) -> list[str]:
    """Let the topics with these lost positions be told again; gives their names.

    The caller leads all shards, so that nobody tells newer facts of them first.
    """
    # Another relay may have filled a topic again since it was looked at: then its place moved.
    still = lost & set((await connection.execute(select(told_position))).all())
    topics = sorted({row.topic for row in still})
    for topic in topics:
        of_topic = (told.c.topic == topic, told.c.error.is_(None))
        columns = [told.c[name] for name in _MOVED]
        again = select(*columns).where(*of_topic)
        await connection.execute(insert(outbox).from_select(list(_MOVED), again))
        await connection.execute(delete(told).where(*of_topic))
        await connection.execute(delete(told_position).where(told_position.c.topic == topic))
        telemetry.REFILLS.labels(topic).inc()
    return topics

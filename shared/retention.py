"""What was kept for deliveries and is no longer needed goes: in small steps, a clock for it."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Delete, Table, delete, exists, literal_column, or_, select

from shared.database import Database
from shared.inbox import inbox
from shared.outbox import COMPACTED, ROOM, outbox, told

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 3600.0
STEP: Final = 1000
"""Rows that go in one transaction: nobody waits long for it."""
STEP_PAUSE: Final = 0.1
INBOX_DAYS_MORE: Final = 30
"""Whatever may be told again must still be known: the inbox remembers longer than tellers do."""

_old = told.alias("old")
_later = told.alias("later")
_seen = inbox.alias("seen")
_SUPERSEDED: Final = exists().where(
    _later.c.key == _old.c.key,
    _later.c.topic == _old.c.topic,
    _later.c.topic.in_([literal_column(f"'{name}'") for name in COMPACTED]),  # as its index has it
    _later.c.id > _old.c.id,
)
_WAITS: Final = exists().where(outbox.c.id == _old.c.id // ROOM)


async def sweep(database: Database, days: int) -> None:
    """A clock: once an hour, let go of told facts and inbox rows that are older than this."""
    while True:
        removed = await let_go(database, datetime.now(UTC), days)
        if removed:
            log.info("old delivery rows were removed", extra={"rows": removed})
        await asyncio.sleep(LOOK_SECONDS)


async def let_go(database: Database, now: datetime, days: int) -> int:
    """Remove what is older than `days`; gives how many rows went.

    A fact's age counts from when it was put, however often it was told; what still waits to be told
    stays. Of a compacted topic the newest fact of a key is kept for ever, as the topic itself does;
    to handle it again is harmless.
    """
    until = now - timedelta(days=days)
    old = select(_old.c.id).where(
        _old.c.put_at < until, or_(_old.c.topic.not_in(COMPACTED), _SUPERSEDED), ~_WAITS
    )
    seen = select(_seen.c.fact_id).where(_seen.c.seen_at < until - timedelta(days=INBOX_DAYS_MORE))
    return await _remove(database, told, told.c.id, old) + await _remove(
        database, inbox, inbox.c.fact_id, seen
    )


async def _remove(database: Database, table: Table, key: Any, which: Any) -> int:
    step: Delete = delete(table).where(key.in_(which.limit(STEP)))
    removed = 0
    while True:
        async with database.begin() as session:
            gone = (await (await session.connection()).execute(step)).rowcount
        removed += gone
        if gone < STEP:
            return removed
        await asyncio.sleep(STEP_PAUSE)

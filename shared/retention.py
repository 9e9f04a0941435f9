"""What was kept for deliveries and is no longer needed goes: a clock for it.

On PostgreSQL by the month (`shared.partitions`), on SQLite, and where it belongs to no month, in
small steps.
"""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Delete,
    MetaData,
    Table,
    delete,
    exists,
    literal_column,
    or_,
    select,
)

from shared import partitions
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

_later = told.alias("later")
_TOPICS: Final[list[ColumnElement[Any]]] = [
    literal_column(f"'{name}'") for name in COMPACTED
]  # as its index has it


async def sweep(database: Database, days: int) -> None:
    """A clock: once an hour, let go of told facts and inbox rows that are older than this."""
    while True:
        now = datetime.now(UTC)
        if database.is_postgres:
            await partitions.make_ahead(database, now)
        removed = await let_go(database, now, days)
        if removed:
            log.info("old delivery rows were removed", extra={"rows": removed})
        await asyncio.sleep(LOOK_SECONDS)


async def let_go(database: Database, now: datetime, days: int) -> int:
    """Remove what is older than `days`; gives how many rows went one by one.

    A fact's age counts from when it was put, however often it was told; what still waits to be told
    stays. Of a compacted topic the newest fact of a key is kept for ever, as the topic itself does;
    to handle it again is harmless. What lies in a month's partition goes once all of it is old.
    """
    until = now - timedelta(days=days)
    until_seen = until - timedelta(days=INBOX_DAYS_MORE)
    told_in, seen_in = [told], inbox
    if database.is_postgres:
        full = await partitions.drop_told(database, until)
        told_in = [_part(told, name) for name in ("told_default", *full)]
        await partitions.drop_inbox(database, until_seen)
        seen_in = _part(inbox, "inbox_default")
    removed = 0
    for table in told_in:
        removed += await _remove(database, table, table.c.id, _old_in(table, until))
    seen = select(seen_in.c.fact_id).where(seen_in.c.seen_at < until_seen)
    return removed + await _remove(database, seen_in, seen_in.c.fact_id, seen)


def _part(table: Table, name: str) -> Table:
    """A partition of a table, which has its columns."""
    return table.to_metadata(MetaData(), name=name)


def _old_in(table: Table, until: datetime) -> Any:
    """What may go of a table of told facts."""
    old = table.alias("old")
    superseded = exists().where(
        _later.c.key == old.c.key,
        _later.c.topic == old.c.topic,
        _later.c.topic.in_(_TOPICS),
        _later.c.id > old.c.id,
    )
    waits = exists().where(outbox.c.id == old.c.id // ROOM)
    return select(old.c.id).where(
        old.c.put_at < until, or_(old.c.topic.not_in(COMPACTED), superseded), ~waits
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

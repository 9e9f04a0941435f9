"""The months of the delivery tables on PostgreSQL: made ahead, dropped when old.

Whoever looks first does what is to be done, the others go on. Nobody waits long: a lock that is
not to be had within a second is tried for again at the next look. Where a month is missing, its
rows lie in the default partition, and nothing fails.
"""

import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Final, TypeVar

import asyncpg
from sqlalchemy import exc, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import months
from shared.database import Database
from shared.outbox import COMPACTED, ROOM

log = logging.getLogger(__name__)
T = TypeVar("T")

LOCK: Final = 7412
WAIT: Final = "1s"
"""How long a change of a table waits for those who use it; behind it others wait too."""
FEW: Final = 1000
"""So many rows of a month may be moved at once."""

_OF: Final = text("""
    select part.relname from pg_inherits join pg_class part on part.oid = inhrelid
    where inhparent = to_regclass(:table) order by part.relname
""")
_NOT_YET: Final = text("select last_value < :first from outbox_id_seq")
_COUNT_FROM: Final = text("""
    select setval('outbox_id_seq', :first) from outbox_id_seq where last_value < :first
""")
_TOPICS: Final = ", ".join(f"'{name}'" for name in COMPACTED)
_NEWEST: Final = f"""
    select old.id from {{part}} old where old.topic in ({_TOPICS}) and not exists (
        select 1 from told later where later.key = old.key and later.topic = old.topic
        and later.topic in ({_TOPICS}) and later.id > old.id)
"""  # noqa: S608  # names of ours
_WAITS: Final = f"""
    select old.id from outbox join {{part}} old
    on old.id >= outbox.id * {ROOM} and old.id < (outbox.id + 1) * {ROOM}
"""  # noqa: S608  # names of ours


async def of(connection: AsyncConnection, table: str) -> list[str]:
    """The names of a table's partitions, the default one too."""
    return list((await connection.execute(_OF, {"table": table})).scalars())


async def make_ahead(database: Database, now: datetime) -> None:
    """Have this month's partitions and the next's, and let parcels have this month's numbers."""
    month = months.month_of(now)

    async def make(connection: AsyncConnection) -> None:
        for table in months.KEYS:
            for one in (month, month + 1):
                if await _is_to_make(connection, table, one):
                    for statement in months.making(table, one):
                        await connection.execute(text(statement))

    async def count_on(connection: AsyncConnection) -> None:
        if months.name_of("told", month) in await of(connection, "told"):
            await connection.execute(_COUNT_FROM, {"first": months.first_parcel(month)})

    await _alone(database, make)
    await _alone(database, count_on)  # once others see what was made


async def _is_to_make(connection: AsyncConnection, table: str, month: int) -> bool:
    """Whether a month is missing, and can be made quickly: nothing, or little, came before it."""
    if months.name_of(table, month) in await of(connection, table):
        return False
    if table == "told":
        counts = {"first": months.first_parcel(month)}
        return bool((await connection.execute(_NOT_YET, counts)).scalar_one())
    low, high = months.bound(table, month), months.bound(table, month + 1)
    there = f"select 1 from inbox_default where fact_id >= {low} and fact_id < {high}"  # noqa: S608  # ours
    return len(await _ids(connection, there)) <= FEW


async def drop_inbox(database: Database, until: datetime) -> None:
    """Drop the months of the inbox in which nothing was seen since."""
    for part in await _ended(database, "inbox", until):

        async def drop(connection: AsyncConnection, part: str = part) -> bool:
            if await _has_later(connection, part, "seen_at", until):
                return False
            await connection.execute(text(f"drop table {part}"))
            return True

        if await _alone(database, drop):
            log.info("a month of the inbox was dropped", extra={"partition": part})


async def drop_told(database: Database, until: datetime) -> list[str]:
    """Drop the months of told facts in which nothing was put since.

    The few that must stay are moved to the default partition. Gives the partitions in which too
    many must stay for that.
    """
    full = []
    for part in await _ended(database, "told", until):

        async def drop(connection: AsyncConnection, part: str = part) -> bool | None:
            if await _has_later(connection, part, "put_at", until):
                return None
            newest = await _ids(connection, _NEWEST.format(part=part))
            waits = await _ids(connection, _WAITS.format(part=part))
            if len(newest) + len(waits) > FEW:
                return False
            await connection.execute(text(f"alter table told detach partition {part}"))
            # Nobody can let a fact of it wait again from here on: who has just done so is seen.
            await _keep(
                connection, part, {*newest, *await _ids(connection, _WAITS.format(part=part))}
            )
            await connection.execute(text(f"drop table {part}"))
            return True

        dropped = await _alone(database, drop)
        if dropped:
            log.info("a month of told facts was dropped", extra={"partition": part})
        elif dropped is False:
            full.append(part)
    return full


async def _keep(connection: AsyncConnection, part: str, ids: Collection[int]) -> None:
    kept = text(
        f"insert into told_default select * from {part} "  # noqa: S608  # names of ours
        "where id = any(cast(:ids as bigint[]))"
    )
    await connection.execute(kept, {"ids": sorted(ids)})


async def _ids(connection: AsyncConnection, asked: str) -> list[int]:
    return list((await connection.execute(text(f"{asked} limit {FEW + 1}"))).scalars())


async def _alone(database: Database, change: Callable[[AsyncConnection], Awaitable[T]]) -> T | None:
    """Change tables in a transaction; None where another process does, or a lock is not to be had.

    Then the next look is soon enough.
    """
    try:
        async with database.begin() as session:
            connection = await session.connection()
            await connection.execute(text(f"set local lock_timeout = '{WAIT}'"))
            taken = await connection.execute(text(f"select pg_try_advisory_xact_lock({LOCK})"))
            return await change(connection) if taken.scalar_one() else None
    except exc.DBAPIError as error:
        if not _is_busy(error):
            raise
        log.info("a table is in use and is changed later")
        return None


def _is_busy(error: exc.DBAPIError) -> bool:
    cause = error.orig.__cause__ if error.orig is not None else None
    return isinstance(cause, asyncpg.LockNotAvailableError | asyncpg.DeadlockDetectedError)


async def _ended(database: Database, table: str, until: datetime) -> list[str]:
    """The partitions of months that were over by then, and what there was before any."""
    async with database.read() as session:
        parts = await of(await session.connection(), table)
    current = months.month_of(until)
    return [
        part
        for part in parts
        if part == f"{table}_before"
        or ((month := months.month_in(part)) is not None and month < current)
    ]


async def _has_later(connection: AsyncConnection, part: str, column: str, until: datetime) -> bool:
    """Whether a partition has rows from this moment on; whoever adds some has to wait from now."""
    await connection.execute(text(f"lock table {part} in share mode"))
    later = text(f"select exists (select 1 from {part} where {column} >= :until)")  # noqa: S608  # the same
    return bool((await connection.execute(later, {"until": until})).scalar_one())

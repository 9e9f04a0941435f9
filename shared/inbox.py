"""Remembered when handled: the ids of facts whose effect is kept, in the effect's transaction."""

import hashlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import BigInteger, Column, Index, Table, Uuid, func, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import months
from shared.database import Moment, insert_rows, json_list
from shared.outbox import metadata

inbox = Table(
    "inbox",
    metadata,
    Column("fact_id", Uuid, primary_key=True),
    Column("digest", BigInteger, nullable=False),
    Column("seen_at", Moment, nullable=False, server_default=func.now()),
    Index("inbox_seen_at", "seen_at", postgresql_using="brin"),
    postgresql_partition_by="RANGE (fact_id)",
)
months.with_default(inbox)

Digests = Mapping[UUID, int]
"""Facts' ids, each with `digest` of what the fact says."""
MANY: Final = 100
"""Facts from which on it pays to hope that none was seen before."""

_REMEMBER: Final = {
    "postgresql": text(
        "with new as (insert into inbox (fact_id, digest) "
        "select * from unnest(cast(:ids as uuid[]), cast(:digests as bigint[])) "
        "on conflict do nothing returning fact_id) "
        "select case when count(*) < cardinality(cast(:ids as uuid[])) "
        "then array_agg(fact_id) end as some, count(*) as count from new"
    ),
    "sqlite": text(
        "insert into inbox (fact_id, digest) "
        "select value ->> 0, value ->> 1 from json_each(:pairs) where true "
        "on conflict do nothing"
    ),
}
_NEWEST: Final = text("select fact_id from inbox order by rowid desc limit :count")
"""On SQLite, whose only writer we are: what was remembered last."""
_KEPT: Final = {
    "postgresql": text(
        "select fact_id, digest from inbox where fact_id = any(cast(:ids as uuid[]))"
    ),
    "sqlite": text(
        "select fact_id, digest from inbox where fact_id in "
        "(select value ->> 0 from json_each(:pairs))"
    ),
}


def digest(value: bytes) -> int:
    """64 bits of what a fact says: enough to notice another content under the same id."""
    return int.from_bytes(hashlib.blake2b(value, digest_size=8).digest(), signed=True)


async def first_seen(session: AsyncSession, facts: Digests) -> AbstractSet[UUID]:
    """Remember these facts in the caller's transaction; give those never seen before."""
    if not facts:
        return set()
    connection = await session.connection()
    dialect = connection.dialect.name
    if dialect == "postgresql" and len(facts) >= MANY and await _remember_new(session, facts):
        return facts.keys()
    rows = await connection.execute(_REMEMBER[dialect], _parameters(dialect, facts))
    # mostly all are new: then their ids need not come back
    if dialect == "sqlite":
        if rows.rowcount == len(facts):
            return facts.keys()
        newest = await connection.execute(_NEWEST, {"count": rows.rowcount})
        return {UUID(hex=found) for found in newest.scalars()}
    some, count = rows.one()
    return facts.keys() if count == len(facts) else set(some or ())


async def _remember_new(session: AsyncSession, facts: Digests) -> bool:
    """Remember facts as if all were new, which takes half the time; False where one was not."""
    connection = await session.connection()
    try:
        async with connection.begin_nested():
            await insert_rows(session, inbox, ("fact_id", "digest"), _in_order(facts))
    except UniqueViolationError:
        return False
    return True


async def contradicted(session: AsyncSession, facts: Digests) -> set[UUID]:
    """Those of these facts, all seen before, that said something else then."""
    if not facts:
        return set()
    connection = await session.connection()
    dialect = connection.dialect.name
    rows = await connection.execute(_KEPT[dialect], _parameters(dialect, facts))
    kept = {_uuid(identity): was for identity, was in rows}
    return {identity for identity, is_now in facts.items() if kept.get(identity, is_now) != is_now}


def _parameters(dialect: str, facts: Digests) -> dict[str, object]:
    """As one list."""
    pairs = _in_order(facts)
    if dialect == "sqlite":
        return {"pairs": json_list([identity.hex, mark] for identity, mark in pairs)}
    return {"ids": [identity for identity, _ in pairs], "digests": [mark for _, mark in pairs]}


def _in_order(facts: Digests) -> list[tuple[UUID, int]]:
    """Sorted: processes that remember the same facts then wait in one order."""
    return sorted(facts.items(), key=lambda pair: pair[0].int)  # a UUID's own order is slow


def _uuid(found: UUID | str) -> UUID:
    return found if isinstance(found, UUID) else UUID(hex=found)

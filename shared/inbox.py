"""Remembered when handled: the ids of facts whose effect is kept, in the effect's transaction."""

import hashlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Table, Uuid, func, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Moment, json_list
from shared.outbox import metadata

inbox = Table(
    "inbox",
    metadata,
    Column("fact_id", Uuid, primary_key=True),
    Column("digest", BigInteger, nullable=False),
    Column("seen_at", Moment, nullable=False, server_default=func.now()),
    Index("inbox_seen_at", "seen_at", postgresql_using="brin"),
)

Digests = Mapping[UUID, int]
"""Facts' ids, each with `digest` of what the fact says."""

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
    rows = await connection.execute(_REMEMBER[dialect], _parameters(dialect, facts))
    # mostly all are new: then their ids need not come back
    if dialect == "sqlite":
        if rows.rowcount == len(facts):
            return facts.keys()
        newest = await connection.execute(_NEWEST, {"count": rows.rowcount})
        return {UUID(hex=found) for found in newest.scalars()}
    some, count = rows.one()
    return facts.keys() if count == len(facts) else set(some or ())


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
    """As one list, sorted: processes that remember the same facts then wait in one order."""
    pairs = sorted(facts.items(), key=lambda pair: pair[0].int)  # a UUID's own order is slow
    if dialect == "sqlite":
        return {"pairs": json_list([identity.hex, mark] for identity, mark in pairs)}
    return {"ids": [identity for identity, _ in pairs], "digests": [mark for _, mark in pairs]}


def _uuid(found: UUID | str) -> UUID:
    return found if isinstance(found, UUID) else UUID(hex=found)

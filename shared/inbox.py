"""Remembered when handled: the ids of facts whose effect is kept, in the effect's transaction."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import BigInteger, Column, Index, Table, Uuid, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import months
from shared.database import Moment, json_list
from shared.driver import Driver, Lookup, driver_of
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
Pairs = Sequence[tuple[UUID, int]]
"""The same as a list."""
MANY: Final = 100
"""Facts from which on it pays to hope that none was seen before."""

_REMEMBER_ON_POSTGRES: Final = """
    with new as (
        insert into inbox (fact_id, digest) select * from unnest($1::uuid[], $2::bigint[])
        on conflict do nothing returning fact_id
    )
    select case when count(*) < cardinality($1) then array_agg(fact_id) end, count(*) from new
"""
_REMEMBER_ON_SQLITE: Final = text(
    "insert into inbox (fact_id, digest) "
    "select value ->> 0, value ->> 1 from json_each(:pairs) where true "
    "on conflict do nothing"
)
_NEWEST: Final = text("select fact_id from inbox order by rowid desc limit :count")
"""On SQLite, whose only writer we are: what was remembered last."""
_KEPT: Final = Lookup(select(inbox.c.fact_id, inbox.c.digest), inbox.c.fact_id)


def digest(value: bytes) -> int:
    """64 bits of what a fact says: enough to notice another content under the same id."""
    return int.from_bytes(hashlib.blake2b(value, digest_size=8).digest(), signed=True)


async def first_seen(session: AsyncSession, facts: Digests) -> AbstractSet[UUID]:
    """Remember these facts in the caller's transaction; give those never seen before."""
    if not facts:
        return set()
    pairs = _in_order(facts)
    if driver := driver_of(session):
        some, count = await _remember_on_postgres(driver, pairs)
    else:
        some, count = await _remember_on_sqlite(session, pairs)
    return facts.keys() if count == len(facts) else set(some)


async def _remember_on_postgres(driver: Driver, pairs: Pairs) -> tuple[Iterable[UUID], int]:
    """Those never seen before, none where all are, and how many."""
    if len(pairs) >= MANY:
        try:
            async with driver.transaction():  # a savepoint
                await driver.copy_records_to_table(
                    inbox.name, records=pairs, columns=["fact_id", "digest"]
                )
        except UniqueViolationError:
            pass
        else:
            return (), len(pairs)
    found = await driver.fetchrow(_REMEMBER_ON_POSTGRES, *zip(*pairs, strict=True))
    some, count = found or (None, 0)
    return some or (), count


async def _remember_on_sqlite(session: AsyncSession, pairs: Pairs) -> tuple[Iterable[UUID], int]:
    """The same."""
    connection = await session.connection()
    listed = json_list([identity.hex, mark] for identity, mark in pairs)
    count = (await connection.execute(_REMEMBER_ON_SQLITE, {"pairs": listed})).rowcount
    if count == len(pairs):
        return (), count
    newest = await connection.execute(_NEWEST, {"count": count})
    return [UUID(hex=found) for found in newest.scalars()], count


async def contradicted(session: AsyncSession, facts: Digests) -> set[UUID]:
    """Those of these facts, all seen before, that said something else then."""
    if not facts:
        return set()
    kept: dict[UUID, int] = dict(await _KEPT(session, facts.keys()))
    return {identity for identity, is_now in facts.items() if kept.get(identity, is_now) != is_now}


def _in_order(facts: Digests) -> Pairs:
    """Sorted: processes that remember the same facts then wait in one order."""
    return sorted(facts.items(), key=lambda pair: pair[0].int)  # a UUID's own order is slow

"""Parcels that wait, and what the broker has acknowledged of them: where it lies, what is left."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import CursorResult, Executable, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import json_list
from shared.fresh import Fresh
from shared.outbox import ROOM, Told, outbox, told, told_position

Positions = Mapping[tuple[str, int], int]
"""By topic and partition the offset of what was acknowledged last."""

_PARCEL: Final = [outbox.c[name] for name in ("id", "facts", "bytes", "places", "put_at")]
_WAITING_ON_POSTGRES: Final = text("""
    select parcel.* from unnest(cast(:shards as integer[])) as led (shard)
    cross join lateral (
        select id, facts, bytes, places, put_at from outbox
        where shard = led.shard order by id limit :most
    ) as parcel order by parcel.id
""").columns(*_PARCEL)
_WAITING_ON_SQLITE: Final = text("""
    select id, facts, bytes, places, put_at from outbox order by id limit :most
""").columns(*_PARCEL)
_TYPES: Final = [told.c[name] for name in Told._fields]
_FACTS_OF: Final = {
    # The limit says how few they are: without it all of `told` looks cheaper to read.
    "postgresql": text(f"""
        select fact.* from unnest(cast(:ids as bigint[])) as parcel cross join lateral (
            select id, shard, fact_id, topic, key, payload, headers from told
            where id >= parcel * {ROOM} and id < (parcel + 1) * {ROOM} and error is null
            order by id limit {ROOM}
        ) as fact order by id
    """).columns(*_TYPES),  # noqa: S608  # a number of ours
    "sqlite": text(f"""
        select told.id, shard, fact_id, topic, key, payload, headers
        from (select value as parcel from json_each(:ids))
        join told on told.id >= parcel * {ROOM} and told.id < (parcel + 1) * {ROOM}
        where error is null order by told.id
    """).columns(*_TYPES),  # noqa: S608  # the same
}
_LET_GO: Final = {
    "postgresql": text("delete from outbox where id = any(cast(:ids as bigint[]))"),
    "sqlite": text("delete from outbox where id in (select value from json_each(:ids))"),
}
_LEAVE: Final = (
    update(outbox)
    .where(outbox.c.id == bindparam("parcel"))
    .values(facts=bindparam("left"), places=bindparam("left_places"))
)
_REFUSE: Final = (
    update(told).where(told.c.id == bindparam("refused")).values(error=bindparam("why"))
)
_places = msgspec.json.Decoder(frozenset[int]).decode


class Waiting(NamedTuple):
    """A parcel that waits; `places` of those facts that still do, None: all."""

    id: int
    facts: int
    size: int
    places: str | None
    put_at: datetime


async def waiting(
    connection: AsyncConnection, shards: Sequence[int] | None, *, facts: int, size: int
) -> list[Waiting]:
    """The oldest parcels of these shards (all where None), in order: no more than hold so much.

    Args:
        connection: asked in its transaction.
        shards: which; on SQLite one process has all.
        facts: enough of them.
        size: most bytes; one parcel that is larger still comes.
    """
    if connection.dialect.name == "postgresql":
        asked = {"shards": list(shards or ()), "most": facts}
        rows = await connection.execute(_WAITING_ON_POSTGRES, asked)
    else:
        rows = await connection.execute(_WAITING_ON_SQLITE, {"most": facts})
    found: list[Waiting] = []
    count = held = 0
    for row in rows:
        parcel = Waiting._make(row)
        held += parcel.size
        if found and (held > size or count >= facts):
            break
        count += parcel.facts
        found.append(parcel)
    return found


async def facts_of(
    connection: AsyncConnection, fresh: Fresh, parcels: Sequence[Waiting]
) -> list[Told]:
    """The facts of these parcels that wait, in order: those just told from memory."""
    known: dict[int, Sequence[Told]] = {}
    for parcel in parcels:
        if (rows := fresh.take(parcel.id)) is not None:
            known[parcel.id] = rows
    if to_read := [one.id for one in parcels if one.id not in known]:
        read: defaultdict[int, list[Told]] = defaultdict(list)
        for row in await _with_list(connection, _FACTS_OF, to_read):
            read[row.id // ROOM].append(Told._make(row))
        known |= read
    found: list[Told] = []
    for parcel in parcels:
        rows = known.get(parcel.id, ())
        if parcel.places is not None:
            left = _places(parcel.places)
            rows = [row for row in rows if row.id % ROOM in left]
        found += rows
    return found


async def settle(
    connection: AsyncConnection,
    parcels: Sequence[Waiting],
    rows: Sequence[Told],
    done: Sequence[int],
    refused: Mapping[int, str],
) -> None:
    """Let go of what the broker has: whole parcels, and what it took of the others.

    Args:
        connection: in whose transaction.
        parcels: what was to be sent.
        rows: their facts.
        done: ids of the facts the broker has acknowledged.
        refused: ids of those no broker will ever take, with the error's name.
    """
    left: dict[int, list[int]] = {}
    if len(done) < len(rows):
        settled = {*done, *refused}
        for row in rows:
            if row.id not in settled:
                left.setdefault(row.id // ROOM, []).append(row.id % ROOM)
    gone = [one.id for one in parcels if one.id not in left]
    await _with_list(connection, _LET_GO, gone)
    if left:
        still = [
            {"parcel": parcel, "left": len(places), "left_places": json_list(places)}
            for parcel, places in left.items()
        ]
        await connection.execute(_LEAVE, still)
    if refused:
        errors = [{"refused": identity, "why": why} for identity, why in refused.items()]
        await connection.execute(_REFUSE, errors)


async def _with_list(
    connection: AsyncConnection, statements: Mapping[str, Executable], ids: Sequence[int]
) -> CursorResult[Any]:
    """Execute a statement over a list, which is one parameter however long it is."""
    dialect = connection.dialect.name
    asked = ids if dialect == "postgresql" else json_list(ids)
    return await connection.execute(statements[dialect], {"ids": asked})


async def positions(connection: AsyncConnection) -> Positions:
    """Where all topics stand, as far as was settled until now."""
    rows = await connection.execute(select(told_position))
    return {(row.topic, row.partition): row.offset for row in rows}

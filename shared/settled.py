"""Parcels that wait, and what the broker has acknowledged of them: where it lies, what is left."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import json_list
from shared.driver import driver_of
from shared.fresh import Fresh
from shared.outbox import ROOM, Told, outbox, told, told_position

FORGOTTEN: Final = "forgotten"
"""In place of a cluster's id: what was told there is gone, whatever the log's end may say."""

Positions = Mapping[tuple[str, int], int]
"""By topic and partition the offset of what was acknowledged last."""

_WAITING_ON_POSTGRES: Final = """
    select parcel.* from unnest($1::integer[]) as led (shard)
    cross join lateral (
        select id, facts, bytes, places, put_at from outbox
        where shard = led.shard order by id limit $2
    ) as parcel order by parcel.id
"""
_WAITING_ON_SQLITE: Final = (
    select(outbox.c.id, outbox.c.facts, outbox.c.bytes, outbox.c.places, outbox.c.put_at)
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
)
# The limit says how few they are: without it all of `told` looks cheaper to read.
_FACTS_ON_POSTGRES: Final = f"""
    select fact.* from unnest($1::bigint[]) as parcel cross join lateral (
        select id, shard, fact_id, topic, key, payload, headers from told
        where id >= parcel * {ROOM} and id < (parcel + 1) * {ROOM} and error is null
        order by id limit {ROOM}
    ) as fact order by id
"""  # noqa: S608  # a number of ours
_FACTS_ON_SQLITE: Final = text(f"""
    select told.id, shard, fact_id, topic, key, payload, headers
    from (select value as parcel from json_each(:ids))
    join told on told.id >= parcel * {ROOM} and told.id < (parcel + 1) * {ROOM}
    where error is null order by told.id
""").columns(*(told.c[name] for name in Told._fields))  # noqa: S608  # the same
_SETTLE_ON_POSTGRES: Final = f"""
    with gone as (delete from outbox where id = any($1::bigint[]))
    insert into told_position (topic, partition, "offset", cluster)
    select * from unnest($2::text[], $3::integer[], $4::bigint[], $5::text[])
    on conflict (topic, partition) do update
    set "offset" = excluded."offset", cluster = excluded.cluster
    where told_position.cluster <> '{FORGOTTEN}'
"""  # noqa: S608  # a word of ours
_LET_GO_ON_SQLITE: Final = text(
    "delete from outbox where id in (select value from json_each(:ids))"
)
_PLACE_ON_SQLITE: Final = sqlite.insert(told_position)
_MOVE_ON_SQLITE: Final = _PLACE_ON_SQLITE.on_conflict_do_update(
    index_elements=["topic", "partition"],
    set_={name: _PLACE_ON_SQLITE.excluded[name] for name in ("offset", "cluster")},
    where=told_position.c.cluster != FORGOTTEN,
)
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


class Place(NamedTuple):
    """How far a topic's partition was told, and on which cluster."""

    topic: str
    partition: int
    offset: int
    cluster: str


async def waiting(
    session: AsyncSession, shards: Sequence[int] | None, *, facts: int, size: int
) -> tuple[list[Waiting], bool]:
    """The oldest parcels of these shards (all where None), in order: no more than hold so much.

    And whether more wait there.

    Args:
        session: asked in its transaction.
        shards: which; on SQLite one process has all.
        facts: enough of them.
        size: most bytes; one parcel that is larger still comes.
    """
    rows: Iterable[Iterable[Any]]
    if driver := driver_of(session):
        rows = await driver.fetch(_WAITING_ON_POSTGRES, shards, facts)
    else:
        rows = await session.execute(_WAITING_ON_SQLITE, {"most": facts})
    found: list[Waiting] = []
    count = held = 0
    for row in rows:
        parcel = Waiting._make(row)
        held += parcel.size
        if found and (held > size or count >= facts):
            return found, True
        count += parcel.facts
        found.append(parcel)
    return found, count >= facts


async def facts_of(session: AsyncSession, fresh: Fresh, parcels: Sequence[Waiting]) -> list[Told]:
    """The facts of these parcels that wait, in order: those just told from memory."""
    known: dict[int, Sequence[Told]] = {}
    for parcel in parcels:
        if (rows := fresh.take(parcel.id)) is not None:
            known[parcel.id] = rows
    if to_read := [one.id for one in parcels if one.id not in known]:
        read: defaultdict[int, list[Told]] = defaultdict(list)
        for row in await _read_back(session, to_read):
            read[row.id // ROOM].append(row)
        known |= read
    found: list[Told] = []
    for parcel in parcels:
        rows = known.get(parcel.id, ())
        if parcel.places is not None:
            left = _places(parcel.places)
            rows = [row for row in rows if row.id % ROOM in left]
        found += rows
    return found


async def _read_back(session: AsyncSession, parcels: Sequence[int]) -> Iterable[Told]:
    rows: Iterable[Iterable[Any]]
    if driver := driver_of(session):
        rows = await driver.fetch(_FACTS_ON_POSTGRES, parcels)
    else:
        rows = await session.execute(_FACTS_ON_SQLITE, {"ids": json_list(parcels)})
    return map(Told._make, rows)


async def settle(
    session: AsyncSession,
    parcels: Sequence[Waiting],
    rows: Sequence[Told],
    done: Sequence[int],
    refused: Mapping[int, str],
    places: Sequence[Place],
) -> None:
    """Let go of what the broker has: whole parcels, and what it took of the others.

    Args:
        session: in whose transaction.
        parcels: what was to be sent.
        rows: their facts.
        done: ids of the facts the broker has acknowledged.
        refused: ids of those no broker will ever take, with the error's name.
        places: where topics' partitions stand now; one that is `FORGOTTEN` stays so.
    """
    left: dict[int, list[int]] = {}
    if len(done) < len(rows):
        settled = {*done, *refused}
        for row in rows:
            if row.id not in settled:
                left.setdefault(row.id // ROOM, []).append(row.id % ROOM)
    gone = [one.id for one in parcels if one.id not in left]
    if driver := driver_of(session):
        await driver.execute(_SETTLE_ON_POSTGRES, gone, *_columns(places))
    else:
        await session.execute(_LET_GO_ON_SQLITE, {"ids": json_list(gone)})
        if places:
            await session.execute(_MOVE_ON_SQLITE, [place._asdict() for place in places])
    if left:
        still = [
            {"parcel": parcel, "left": len(places), "left_places": json_list(places)}
            for parcel, places in left.items()
        ]
        await (await session.connection()).execute(_LEAVE, still)
    if refused:
        errors = [{"refused": identity, "why": why} for identity, why in refused.items()]
        await (await session.connection()).execute(_REFUSE, errors)


def _columns(places: Sequence[Place]) -> Sequence[Sequence[Any]]:
    return list(zip(*places, strict=True)) or [()] * len(Place._fields)


async def positions(session: AsyncSession) -> Positions:
    """Where all topics stand, as far as was settled until now."""
    rows: Iterable[Iterable[Any]]
    if driver := driver_of(session):
        rows = await driver.fetch('select topic, partition, "offset" from told_position')
    else:
        where = (told_position.c.topic, told_position.c.partition, told_position.c.offset)
        rows = await session.execute(select(*where))
    return {(topic, partition): offset for topic, partition, offset in rows}

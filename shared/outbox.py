"""Told only if kept: facts wait in a table, written in the transaction of what they tell of.

`tell()` writes each fact once, into `told`, where it stays for a retention period, so that a topic
that was lost can be filled again. Facts of one topic and shard that are told together are a
parcel; `outbox` names the parcels no broker has acknowledged yet. `shared.relay` carries them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Uuid,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession

from shared import months, postmark, replaying, tracing
from shared.database import NAMING, Moment, among, insert_rows
from shared.driver import driver_of
from shared.events import Data, Fact, encode, topics, written_as_key
from shared.placing import partition_of, partitions_of

metadata = MetaData(naming_convention=NAMING)
"""The delivery tables: the same in every service's database."""

_ID = BigInteger().with_variant(Integer, "sqlite")
COMPACTED: Final = [topic.name for topic in topics.ALL if topic.compacted]
_COMPACTED = text("topic in ({})".format(", ".join(f"'{name}'" for name in COMPACTED)))

outbox = Table(
    "outbox",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("shard", SmallInteger, nullable=False),
    Column("facts", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("places", String, nullable=True),
    Column("put_at", Moment, nullable=False, server_default=func.now()),
    Index("outbox_shard_id", "shard", "id"),
    sqlite_autoincrement=True,
)
"""Parcels that wait: how many facts, how many bytes they hold. `places` (JSON) are those facts of
it that still wait, where a broker took only some; null: all."""
told = Table(
    "told",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("shard", SmallInteger, nullable=False),
    Column("fact_id", Uuid, nullable=False),
    Column("topic", String(249), nullable=False),
    Column("key", LargeBinary, nullable=True),
    Column("payload", LargeBinary, nullable=False),
    Column("headers", LargeBinary, nullable=False),
    Column("put_at", Moment, nullable=False, server_default=func.now()),
    Column("error", String(200), nullable=True),
    Index(
        "told_compacted",
        "key",
        "id",
        postgresql_where=_COMPACTED,
        sqlite_where=_COMPACTED,
    ),
    Index("told_put_at", "put_at", postgresql_using="brin"),
    postgresql_partition_by="RANGE (id)",
)
"""All facts told. A fact's id is that of its parcel times `ROOM`, and its place in there."""
months.with_default(told)
told_position = Table(
    "told_position",
    metadata,
    Column("topic", String(249), primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, nullable=False),
    Column("cluster", String(100), nullable=False),
)

COLUMNS: Final = ("shard", "fact_id", "topic", "key", "payload", "headers")
"""What a fact's row says of itself; its id comes with its parcel."""
SHARDS: Final = 4
"""How many relays may work side by side; one alone carries more than 15,000 facts a second. It is
no knob: all who tell must agree in which shard a key lies, at all times."""

ROOM: Final = months.ROOM
"""How many facts a parcel has room for."""
PARCEL_BYTES: Final = 1024 * 1024
"""And how many bytes; a single fact that is larger has one to itself."""

Row = tuple[Any, ...]
"""The values of `COLUMNS`."""


class Told(NamedTuple):
    """A row of `told`, as far as it is to be sent."""

    id: int
    shard: int
    fact_id: UUID
    topic: str
    key: bytes | None
    payload: bytes
    headers: bytes


_told = partial(tuple.__new__, Told)
"""`Told` of its values, in a third of the time."""


class Parcel(NamedTuple):
    """Facts told together, of one topic and one shard.

    Attributes:
        id: its number; order of telling, as far as facts of one key go.
        size: bytes of all payloads.
        rows: the facts, in order.
    """

    id: int
    size: int
    shard: int
    rows: Sequence[Told]


def shard_of(key: bytes | None) -> int:
    """Facts of one key share a shard, so one relay at a time carries them, in order.

    It is the partition their key has in a topic of as many: who hears of some partitions alone
    tells, where keys stay the same, of some shards alone.
    """
    return partition_of(key or b"", SHARDS)


async def tell(session: AsyncSession, facts: Sequence[Fact[Data]], *, source: str) -> None:
    """Tell these facts once the session's transaction is kept; never if it is not.

    Facts of one key leave in the order they are told in, provided the caller holds the row of
    what it changed (lock or version) before it tells. `source` is the CloudEvents source.
    """
    await put(session, rows_of(facts, source=source))


def rows_of(facts: Sequence[Fact[Data]], *, source: str) -> list[Row]:
    """The rows that tell these facts, for who makes them before there is time to `put` them."""
    facts = tracing.told(facts)
    keys = [written_as_key(fact.data.key) for fact in facts]
    return [
        (
            shard,
            fact.id,
            fact.data.topic.name,
            key,
            encode(fact.data),
            postmark.of_fact(fact, source),
        )
        for fact, key, shard in zip(facts, keys, partitions_of(keys, SHARDS), strict=True)
    ]


def payload_of(row: Row) -> bytes:
    """What a row says: its fact's data, JSON."""
    return bytes(row[4])


async def put(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Tell rows, as `COLUMNS` names them. Doors use `tell`.

    In a replay what was told before is not told again, not even in other words.
    """
    replay = replaying.current(session)
    if replay is not None:
        rows = await _not_told(session, rows, replay)
    if not rows:
        return
    parcels = await _number(session, list(_parcels(rows)))
    await insert_rows(session, told, Told._fields, [row for one in parcels for row in one.rows])
    session.info.setdefault("told", []).extend(parcels)


async def note(session: AsyncSession, rows: Sequence[tuple[Row, datetime]]) -> None:
    """Note facts that are on their topics already, and when they were told there."""
    if not rows:
        return
    at = {row[1]: moment for row, moment in rows}
    parcels = await _number(session, list(_parcels([row for row, _ in rows])))
    noted = [(*row, at[row.fact_id]) for one in parcels for row in one.rows]
    await insert_rows(session, told, (*Told._fields, "put_at"), noted)
    arrived = delete(outbox).where(outbox.c.id.in_([one.id for one in parcels]))
    await (await session.connection()).execute(arrived)


def _parcels(rows: Sequence[Row]) -> Iterator[tuple[int, Sequence[Row]]]:
    """Rows in parcels, each with the bytes it holds; those of one shard and topic in order."""
    alike: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in rows:
        alike[row[0], row[2]].append(row)
    for several in alike.values():
        begin = size = 0
        for place, row in enumerate(several):
            more = len(row[4])
            if place > begin and (size + more > PARCEL_BYTES or place - begin == ROOM):
                yield size, several[begin:place]
                begin, size = place, 0
            size += more
        yield size, several[begin:]


_NUMBER_ON_POSTGRES: Final = """
    insert into outbox (shard, facts, bytes)
    select shard, facts, bytes from unnest($1::smallint[], $2::integer[], $3::bigint[])
    with ordinality as parcel (shard, facts, bytes, place) order by place
    returning id
"""


async def _number(
    session: AsyncSession, parcels: Sequence[tuple[int, Sequence[Row]]]
) -> list[Parcel]:
    """Put parcels into the outbox, which numbers them in their order."""
    shards = [rows[0][0] for _, rows in parcels]
    facts = [len(rows) for _, rows in parcels]
    sizes = [size for size, _ in parcels]
    if driver := driver_of(session):
        made = await driver.fetch(_NUMBER_ON_POSTGRES, shards, facts, sizes)
        numbers = sorted(number for (number,) in made)
    else:
        connection = await session.connection()
        numbers = []
        for shard, n, size in zip(shards, facts, sizes, strict=True):
            put_there = insert(outbox).values(shard=shard, facts=n, bytes=size)
            made_one = await connection.execute(put_there.returning(outbox.c.id))
            numbers.append(made_one.scalar_one())
    return [
        Parcel(number, size, rows[0][0], [_told((first + n, *row)) for n, row in enumerate(rows)])
        for number, (size, rows) in zip(numbers, parcels, strict=True)
        for first in (number * ROOM,)
    ]


async def told_before(session: AsyncSession, rows: Sequence[Row]) -> dict[UUID, bytes]:
    """Those of these rows' facts that were told or wait to be: by id, what each says.

    Only replays ask, which have an index for it (`shared.replay`).
    """
    found = select(told.c.fact_id, told.c.payload).where(
        among(session, told.c.fact_id, {row[1] for row in rows})
    )
    rows_found = (await (await session.connection()).execute(found)).all()
    return {row.fact_id: row.payload for row in rows_found}


async def _not_told(
    session: AsyncSession, rows: Sequence[Row], replay: replaying.Replay
) -> Sequence[Row]:
    before = await told_before(session, rows) if rows else {}
    replay.otherwise += sum(before.get(row[1], row[4]) != row[4] for row in rows)
    left = [row for row in rows if row[1] not in before]
    replay.told += sum(not row[2].endswith(".dead") for row in left)
    return left

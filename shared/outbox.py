"""Told only if kept: facts wait in a table, written in the transaction of what they tell of.

`tell()` puts facts there; `shared.relay` carries them to Kafka and moves them to `told`, where they
stay for a retention period, so that a topic that was lost can be filled again.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
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
    func,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from shared import replaying, tracing
from shared.database import NAMING, Moment, insert_rows
from shared.events import Data, Fact, encode, headers, written

metadata = MetaData(naming_convention=NAMING)
"""The delivery tables: the same in every service's database."""

_ID = BigInteger().with_variant(Integer, "sqlite")


def _columns(*, counted: bool) -> list[Column[Any]]:
    return [
        Column("id", _ID, primary_key=True, autoincrement=counted),
        Column("shard", SmallInteger, nullable=False),
        Column("fact_id", Uuid, nullable=False),
        Column("topic", String(249), nullable=False),
        Column("key", LargeBinary, nullable=True),
        Column("payload", LargeBinary, nullable=False),
        Column("headers", LargeBinary, nullable=False),
    ]


outbox = Table(
    "outbox",
    metadata,
    *_columns(counted=True),
    Column("put_at", Moment, nullable=False, server_default=func.now()),
    Index("outbox_shard_id", "shard", "id"),
    sqlite_autoincrement=True,
)
told = Table(
    "told",
    metadata,
    *_columns(counted=False),
    Column("put_at", Moment, nullable=False),
    Column("told_at", Moment, nullable=False, server_default=func.now()),
    Column("error", String(200), nullable=True),
    Index("told_topic_id", "topic", "id"),
    Index("told_key", "key"),
    Index("told_put_at", "put_at"),
)
told_position = Table(
    "told_position",
    metadata,
    Column("topic", String(249), primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, nullable=False),
    Column("cluster", String(100), nullable=False),
)

COLUMNS: Final = ("shard", "fact_id", "topic", "key", "payload", "headers")
SHARDS: Final = 4
"""How many relays may work side by side; one alone carries more than 15,000 facts a second. It is
no knob: all who tell must agree in which shard a key lies, at all times."""

Row = tuple[Any, ...]


def shard_of(key: bytes | None) -> int:
    """Facts of one key share a shard, so one relay at a time carries them, in order."""
    return zlib.crc32(key or b"") % SHARDS


async def tell(session: AsyncSession, facts: Sequence[Fact[Data]], *, source: str) -> None:
    """Tell these facts once the session's transaction is kept; never if it is not.

    Facts of one key leave in the order they are told in, provided the caller holds the row of
    what it changed (lock or version) before it tells. `source` is the CloudEvents source.
    """
    await put(session, [_row(fact, source) for fact in tracing.told(facts)])


async def put(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Put rows, as `COLUMNS` names them, into the outbox. Doors use `tell`.

    In a replay what was told before is not told again, not even in other words.
    """
    replay = replaying.current(session)
    if replay is not None:
        rows = await _not_told(session, rows, replay)
    if not rows:
        return
    await insert_rows(session, outbox, COLUMNS, rows)
    session.info["told"] = True


async def told_before(session: AsyncSession, rows: Sequence[Row]) -> dict[UUID, bytes]:
    """Those of these rows' facts that were told or wait to be: by id, what each says."""
    ids = {row[1] for row in rows}
    keys = {row[3] for row in rows}
    found = select(told.c.fact_id, told.c.payload).where(
        told.c.key.in_(keys) | told.c.key.is_(None), told.c.fact_id.in_(ids)
    )
    waiting = select(outbox.c.fact_id, outbox.c.payload).where(outbox.c.fact_id.in_(ids))
    connection = await session.connection()
    rows_found = (await connection.execute(union_all(found, waiting))).all()
    return {row.fact_id: row.payload for row in rows_found}


async def _not_told(
    session: AsyncSession, rows: Sequence[Row], replay: replaying.Replay
) -> Sequence[Row]:
    before = await told_before(session, rows) if rows else {}
    replay.otherwise += sum(before.get(row[1], row[4]) != row[4] for row in rows)
    left = [row for row in rows if row[1] not in before]
    replay.told += sum(not row[2].endswith(".dead") for row in left)
    return left


def _row(fact: Fact[Data], source: str) -> Row:
    key = written(fact.data.key).encode()
    return (
        shard_of(key),
        fact.id,
        fact.data.topic.name,
        key,
        encode(fact.data),
        pack(headers(fact, source)),
    )


def pack(told_headers: Mapping[str, str]) -> bytes:
    """Headers as they lie in the table."""
    return msgspec.json.encode(told_headers)


_unpack = msgspec.json.Decoder(dict[str, str]).decode


def unpack(packed: bytes) -> list[tuple[str, bytes]]:
    """Headers as Kafka takes them."""
    return [(name, value.encode()) for name, value in _unpack(packed).items()]

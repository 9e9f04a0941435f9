"""Where the floor keeps rows: PostgreSQL by COPY, SQLite by prepared statements."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

import asyncpg

from tests.bench.floor.work import Row

TABLES: Final = (
    """create table inbox (fact_id uuid primary key, seen_at timestamptz not null default now())""",
    """create table recommendation_set (evaluation_id uuid primary key, employee_id uuid not null,
    version int not null, recommendations bytea not null,
    decided_at timestamptz not null default now())""",
    """create table notice (notice_id uuid primary key, recipient_id uuid not null,
    kind text not null, params text not null, link text not null, about uuid not null,
    caused_at timestamptz not null, created_at timestamptz not null default now())""",
    """create table outbox (id bigint primary key, topic text not null, key bytea not null,
    payload bytea not null, headers bytea not null)""",
)
COLUMNS: Final = {
    "inbox": ("fact_id",),
    "recommendation_set": ("evaluation_id", "employee_id", "version", "recommendations"),
    "notice": ("notice_id", "recipient_id", "kind", "params", "link", "about", "caused_at"),
    "outbox": ("id", "topic", "key", "payload", "headers"),
}
_DROP: Final = "delete from outbox where id >= $1 and id < $2"


class Disk(Protocol):
    """One transaction a batch."""

    async def keep(self, gone: tuple[int, int] | None, tables: dict[str, Sequence[Row]]) -> None:
        """Delete a range of the outbox, insert rows; all or nothing."""


class Postgres:
    """asyncpg and COPY."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: str) -> "Postgres":
        """Connect; the tables are there."""
        return cls(await asyncpg.connect(url))

    async def keep(self, gone: tuple[int, int] | None, tables: dict[str, Sequence[Row]]) -> None:
        """One transaction."""
        async with self._connection.transaction():
            if gone:
                await self._connection.execute(_DROP, *gone)
            for table, rows in tables.items():
                if rows:
                    await self._connection.copy_records_to_table(
                        table, records=rows, columns=COLUMNS[table]
                    )


class Sqlite:
    """The standard library, with the write-ahead log and synchronous mode of the product."""

    def __init__(self, file: str) -> None:
        self._file = sqlite3.connect(file, isolation_level=None)
        self._file.execute("pragma journal_mode=wal")
        self._file.execute("pragma synchronous=normal")
        self._file.execute("pragma busy_timeout=10000")
        self._insert = {
            table: f"insert into {table} ({', '.join(names)}) "  # noqa: S608  # our own names
            f"values ({', '.join('?' * len(names))})"
            for table, names in COLUMNS.items()
        }

    async def keep(self, gone: tuple[int, int] | None, tables: dict[str, Sequence[Row]]) -> None:
        """One transaction."""
        file = self._file
        file.execute("begin immediate")
        if gone:
            file.execute("delete from outbox where id >= ? and id < ?", gone)
        for table, rows in tables.items():
            file.executemany(self._insert[table], [tuple(map(as_sqlite, row)) for row in rows])
        file.execute("commit")


def as_sqlite(value: Any) -> Any:
    """A value as SQLite takes it."""
    if isinstance(value, UUID):
        return value.hex
    return value.isoformat(" ") if isinstance(value, datetime) else value

"""What SQLite needs to behave like a server's database: for the embedded default."""

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import aiosqlite
from sqlalchemy import Column, DateTime, Dialect, LargeBinary, Table
from sqlalchemy.ext.asyncio import AsyncConnection

BUSY_SECONDS: Final = 10
"""How long a writer waits for its turn."""

_PASSING: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_NOT_MIGRATED: Final = re.compile(r"no such (table|column)|table \w+ has no column named")


def passes(error: sqlite3.Error) -> bool:
    """Whether the file is busy, out of reach or not migrated yet: trying again later can help."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest tells it more finely
    return code in _PASSING or _NOT_MIGRATED.match(str(error)) is not None


class _File(sqlite3.Connection):
    """Closing it ends its transaction too.

    SQLite keeps both, and the write lock, for as long as any statement is left over, such as that
    of a task that was cancelled and is not yet collected.
    """

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self.rollback()
        super().close()


class _Connection(aiosqlite.Connection):
    """Whoever asks a stopped connection to stop need not wait: its thread answers nobody any more.

    Without this, a task that is cancelled twice while it asks (as those of streams are when a
    browser goes) leaves one behind that never ends, and a process that never does.
    """

    def stop(self) -> "asyncio.Future[Any] | None":
        return super().stop() if self._running else None


def connect(file: str, **knobs: Any) -> _Connection:
    """Open a file with a write-ahead log: readers do not wait for the writer.

    What is committed survives the process (`synchronous=normal`), not always a power cut.
    """

    def open_file() -> sqlite3.Connection:
        found: _File = sqlite3.connect(file, isolation_level=None, factory=_File, **knobs)
        found.execute("pragma journal_mode=wal")
        found.execute("pragma synchronous=normal")
        found.execute(f"pragma busy_timeout={BUSY_SECONDS * 1000}")
        found.execute("pragma foreign_keys=on")
        return found

    connection = _Connection(open_file, iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001  # as SQLAlchemy does where it opens them itself
    return connection


def lock_on_begin(connection: Any) -> None:
    """Transactions take the write lock when they begin, unless they only read.

    SQLite's own default begins no transaction on SELECT, which loses updates silently.
    """
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("begin" if reading else "begin immediate")


async def insert_rows(
    connection: AsyncConnection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Insert tuples in the order of `columns`, past all that SQLAlchemy does for each row."""
    each = zip(columns, zip(*rows, strict=True), strict=True)
    ready = [_ready(table.c[name], values, connection.dialect) for name, values in each]
    quote = connection.dialect.identifier_preparer.quote
    names, places = ", ".join(map(quote, columns)), ", ".join("?" * len(columns))
    await connection.exec_driver_sql(
        f"INSERT INTO {quote(table.name)} ({names}) VALUES ({places})",  # noqa: S608  # our own names
        list(zip(*ready, strict=True)),
    )


def _ready(column: Column[Any], values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:
    """A column's values as SQLite takes them: bytes as they are, also without a view of each."""
    if isinstance(column.type, LargeBinary):
        return values
    kind = column.type.dialect_impl(dialect)
    process = kind.bind_processor(dialect)
    if process is None:
        return values
    if isinstance(getattr(kind, "impl", kind), DateTime):  # slow, and often the same in many rows
        written = {value: process(value) for value in set(values)}
        return [written[value] for value in values]
    return list(map(process, values))

"""One database a service: PostgreSQL in production, SQLite on a laptop; the same code on both.

`Database.begin()` is the unit of work: one transaction, kept whole or not at all. Facts told in
it (see `shared.outbox`) leave only after it is kept.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    Table,
    TypeDecorator,
    any_,
    bindparam,
    event,
    exc,
    make_url,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from shared import codecs, pooling, sqlite, tls
from shared.driver import driver_of, transaction
from shared.fresh import Fresh
from shared.settings import ServiceSettings

NAMING: Final = {
    "ix": "%(table_name)s_%(column_0_N_name)s",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "pk": "%(table_name)s_pkey",
}
"""Constraints have the same names on both databases, so that migrations can name them."""


class Moment(TypeDecorator[datetime]):
    """A point in time, always with its zone (UTC), also where the database knows none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        """To the database; a time without a zone could mean any of 24 and is refused."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        """From the database."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


ANSWER_SECONDS: Final = 2.0
CONNECT_SECONDS: Final = 10.0
COMMAND_SECONDS: Final = 60.0
"""How long one statement may take before the database counts as away."""

PASSING: Final = (
    # away, busy, or on its way to another server
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was cut while nobody asked anything
    exc.TimeoutError,  # all connections are in use
    OSError,  # also TimeoutError
    # not set up yet: the same for every fact, so no fact is to blame
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
"""Errors that say the database is away or not ready, whatever is asked of it."""


def passes(error: BaseException) -> bool:
    """Whether trying again later can help, or the same would fail again for ever."""
    if isinstance(error, exc.DBAPIError):
        if error.connection_invalidated:
            return True
        if error.orig is not None:
            error = error.orig.__cause__ or error.orig
    if isinstance(error, sqlite3.Error):
        return sqlite.passes(error)
    return isinstance(error, PASSING)


class Database:
    """A service's database: its engine, its transactions, and a bell that rings when facts wait."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.is_postgres = engine.dialect.name == "postgresql"
        self.told = asyncio.Event()
        self.fresh = Fresh()
        self._writing = asyncio.Lock()
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        self._bare = engine.execution_options(isolation_level="AUTOCOMMIT")
        """With transactions that are the driver's own."""
        self._readers = async_sessionmaker(
            engine.execution_options(reading=True), class_=AsyncSession, expire_on_commit=False
        )

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end, rolled back on any error."""
        async with self._turn(), self._transaction() as session:
            yield session
        if told := session.info.pop("told", None):
            self.fresh.add(told)
            self.told.set()

    def _transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        return transaction(self._bare) if self.is_postgres else self._sessions.begin()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """SQLite lets in whoever asks at the right moment; here it is whoever waited longest."""
        if self.is_postgres:
            yield
            return
        async with asyncio.timeout(sqlite.BUSY_SECONDS):
            await self._writing.acquire()
        try:
            yield
        finally:
            self._writing.release()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads, and never waits for a writer."""
        async with self._readers() as session:
            yield session

    async def answers(self) -> bool:
        """Whether the database answers a simple question, soon."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self.engine.connect() as connection:
                await connection.execute(text("select 1"))
        except Exception as error:
            if passes(error):
                return False
            raise
        return True

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


def connect(
    settings: ServiceSettings, *, command_seconds: float | None = COMMAND_SECONDS
) -> Database:
    """The database named in the settings; nothing is opened before it is first asked.

    Statements' parameters never reach an error's text: they are personal data.
    """
    url = make_url(settings.database_url)
    if settings.database_password is not None:
        url = url.set(password=settings.database_password.get_secret_value())
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(
            url, hide_parameters=True, connect_args={"async_creator_fn": sqlite.connect}
        )
        event.listen(engine.sync_engine, "begin", sqlite.lock_on_begin)
    else:
        knobs: dict[str, Any] = {"timeout": CONNECT_SECONDS, "command_timeout": command_seconds}
        if settings.database_tls == "verify":
            knobs["ssl"] = tls.context(settings.database_ca_file)
        engine = create_async_engine(
            url,
            hide_parameters=True,
            pool_size=settings.pool_size,
            connect_args=knobs,
        )
        codecs.install(engine)
        pooling.watch(engine)
    return Database(engine)


async def insert_rows(
    session: AsyncSession, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert many rows at once: COPY on PostgreSQL, one prepared statement elsewhere.

    Rows are tuples in the order of `columns`; no row may be there already.
    """
    if not rows:
        return
    if driver := driver_of(session):
        await driver.copy_records_to_table(table.name, records=rows, columns=list(columns))
    else:
        await sqlite.insert_rows(await session.connection(), table, columns, rows)


def among(
    session: AsyncSession, column: Column[Any], values: Collection[Any]
) -> ColumnElement[bool]:
    """Whether a column is one of these values: as one parameter on PostgreSQL, however many.

    A list of parameters would be another statement for each length, and be planned anew.
    """
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(bindparam(None, list(values), ARRAY(column.type), unique=True))
    return column.in_(list(values))


def json_list(values: Iterable[object]) -> str:
    """Values as one JSON array: how SQLite takes a list as a single parameter."""
    return msgspec.json.encode(list(values)).decode()

"""PostgreSQL through its driver alone: what every batch asks, and every turn of a relay.

SQLAlchemy takes three times as long as the driver to have a statement executed, and a small batch
is hardly more than its statements. What is asked rarely goes through SQLAlchemy, in the same
transaction; on SQLite everything does.
"""

from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from sqlalchemy import Column, Dialect, Select, any_, bindparam, exc
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import asyncpg as dialect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

if TYPE_CHECKING:
    Driver = asyncpg.Connection[asyncpg.Record]
else:
    Driver = asyncpg.Connection
_DRIVER: Final = "driver"
_DIALECT: Final[Dialect] = dialect.dialect()  # type: ignore[no-untyped-call]  # it has no types


def driver_of(session: AsyncSession) -> Driver | None:
    """The driver's connection, in the transaction this session is in; None on SQLite.

    It answers one question at a time; the session has to wait for it, and it for the session.
    """
    found: Driver | None = session.info.get(_DRIVER)
    return found


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """One transaction, begun and ended by the driver, with a session in it.

    `engine` has to leave transactions alone (`AUTOCOMMIT`).
    """
    async with engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        if driver is None:
            raise exc.InterfaceError("begin", None, Exception("connection is closed"))
        try:
            own = driver.transaction()
            await own.start()
            try:
                async with _session(connection, driver) as session:
                    yield session
            except BaseException:
                if not driver.is_closed():
                    with suppress(Exception):  # what went wrong first says more
                        await own.rollback()
                raise
            await own.commit()
        finally:
            if not driver.is_closed() and driver.is_in_transaction():
                driver.terminate()  # cancelled once more: nobody may get it as it is


@asynccontextmanager
async def _session(connection: AsyncConnection, driver: Driver) -> AsyncIterator[AsyncSession]:
    session = AsyncSession(connection, expire_on_commit=False)
    session.info[_DRIVER] = driver
    try:
        yield session
        if session.in_transaction():
            await session.commit()
    finally:
        if session.in_transaction():  # else there is nothing to close
            await session.close()


class Lookup:
    """The rows in which a column has one of many values."""

    def __init__(self, asked: Select[Any], column: Column[Any]) -> None:
        self._asked, self._column = asked, column
        values = bindparam("values", type_=ARRAY(column.type))
        by_list = asked.where(column == any_(values))
        on_postgres = by_list.compile(dialect=_DIALECT)
        self._on_postgres = str(on_postgres)
        self._others = {**on_postgres.params}
        self._order = on_postgres.positiontup or ()

    async def __call__(self, session: AsyncSession, values: Collection[Any]) -> Iterable[Any]:
        """Look them up in the session's transaction: rows of what was asked for, in that order."""
        if driver := driver_of(session):
            given = self._others | {"values": list(values)}
            return await driver.fetch(self._on_postgres, *(given[name] for name in self._order))
        asked = self._asked.where(self._column.in_(list(values)))
        found: Iterable[Any] = (await session.execute(asked)).all()
        return found

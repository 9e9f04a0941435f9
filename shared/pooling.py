"""Connections of a pool are looked at before they are used again, without asking each time.

SQLAlchemy's own way (`pool_pre_ping`) puts three questions to PostgreSQL each time, a third of all
that keeping a single fact takes. A server that ends closes its connections, which is seen here;
only one that went silent has to be asked, and only after a while.
"""

import time
from typing import Any, Final

from sqlalchemy import event, exc
from sqlalchemy.ext.asyncio import AsyncEngine

IDLE_SECONDS: Final = 5.0
"""A connection nobody used for so long is asked whether it still is one."""
_BACK_AT: Final = "kinerja_back_at"


def watch(engine: AsyncEngine) -> None:
    """Let no connection out that was closed while it lay in the pool."""
    dialect = engine.sync_engine.dialect

    def note(_connection: Any, record: Any) -> None:
        record.info[_BACK_AT] = time.monotonic()

    def look(connection: Any, record: Any, _proxy: Any) -> None:
        if connection.driver_connection.is_closed():
            raise exc.DisconnectionError("closed while nobody used it")
        back_at = record.info.get(_BACK_AT)
        if back_at is None or time.monotonic() - back_at < IDLE_SECONDS:
            return
        try:
            dialect.do_ping(connection)
        except Exception as error:
            raise exc.DisconnectionError("it does not answer") from error

    event.listen(engine.sync_engine, "checkin", note)
    event.listen(engine.sync_engine, "checkout", look)

"""How values go to PostgreSQL and come back where the driver's own way takes longer."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""From where PostgreSQL counts."""
_MICROSECOND: Final = timedelta(microseconds=1)
_ALIKE: Final = 256
"""Moments that are the same in many rows are reckoned once."""


def install(engine: AsyncEngine) -> None:
    """Let all connections of this engine know them."""

    def connected(connection: Any, _record: Any) -> None:
        connection.run_async(_teach)

    event.listen(engine.sync_engine, "connect", connected)


async def _teach(driver: Any) -> None:
    await driver.set_type_codec(
        "timestamptz", schema="pg_catalog", format="tuple", encoder=_out, decoder=_in
    )


@lru_cache(_ALIKE)
def _out(moment: datetime) -> tuple[int]:
    """Microseconds since `EPOCH`; TypeError where the moment has no zone."""
    return ((moment - EPOCH) // _MICROSECOND,)


def _in(found: tuple[int]) -> datetime:
    return EPOCH + timedelta(microseconds=found[0])

"""Who may tell what waits in the outbox: one relay a shard, whichever process it is in.

A relay leads a shard for one transaction. On PostgreSQL a lock that ends with the transaction says
so; SQLite belongs to one process, which leads all. A leader that stood still may have lost its
lead without having noticed, so it proves it before it sends anything.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from shared.driver import Driver, driver_of
from shared.outbox import SHARDS

LOCK: Final = 7411
SURE_SECONDS: Final = 0.05
"""For how long an answer proves the lead: one who stands still does so for longer."""
IDLE_LEADER: Final = "90s"
"""After how long PostgreSQL takes the lead from a relay that was stopped in mid-batch."""


_TAKE: Final = """
    select shard, set_config('idle_in_transaction_session_timeout', $3, true)
    from unnest($1::integer[]) as shard where pg_try_advisory_xact_lock($2, shard) limit $4
"""


async def take(session: AsyncSession, shards: Sequence[int], *, most: int) -> list[int]:
    """Take the lead of these shards, in this order, where no other has it; at most so many."""
    led = await _driver(session).fetch(_TAKE, shards, LOCK, IDLE_LEADER, most)
    return [shard for shard, _ in led]


async def take_all(session: AsyncSession) -> None:
    """Wait until this transaction leads every shard; all who do so wait in one order."""
    driver = _driver(session)
    for shard in range(SHARDS):
        await driver.execute("select pg_advisory_xact_lock($1, $2)", LOCK, shard)


def _driver(session: AsyncSession) -> Driver:
    found = driver_of(session)
    if found is None:
        raise TypeError("SQLite belongs to one process: there is nobody to take the lead from")
    return found


class Proof:
    """Proves, as often as it is asked, that the lead has not passed to another.

    Made right after an answer in the transaction that leads.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._driver = _driver(session)
        self._turn = asyncio.Lock()
        self._answered = time.monotonic()

    async def __call__(self) -> None:
        """Raise if the transaction that leads is gone: then another may have sent more by now."""
        async with self._turn:  # a connection answers one question at a time
            if time.monotonic() - self._answered > SURE_SECONDS:
                await self._driver.execute("select 1")
                self._answered = time.monotonic()

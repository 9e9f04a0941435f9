"""Who may tell what waits in the outbox: one relay a shard, whichever process it is in.

A relay leads a shard for one transaction. On PostgreSQL a lock that ends with the transaction says
so; SQLite belongs to one process, which leads all. A leader that stood still may have lost its
lead without having noticed, so it proves it before it sends anything.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.outbox import SHARDS

LOCK: Final = 7411
IDLE_LEADER: Final = "90s"
"""After how long PostgreSQL takes the lead from a relay that was stopped in mid-batch."""


async def take(connection: AsyncConnection, shards: Iterable[int], *, most: int) -> list[int]:
    """Take the lead of these shards, in this order, where no other has it; at most so many."""
    led: list[int] = []
    for shard in shards:
        if len(led) == most:
            break
        lock = select(
            func.pg_try_advisory_xact_lock(LOCK, shard),
            func.set_config("idle_in_transaction_session_timeout", IDLE_LEADER, True),
        )
        if (await connection.execute(lock)).scalar():
            led.append(shard)
    return led


async def take_all(connection: AsyncConnection) -> None:
    """Wait until this transaction leads every shard; all who do so wait in one order."""
    for shard in range(SHARDS):
        await connection.execute(select(func.pg_advisory_xact_lock(LOCK, shard)))


class Proof:
    """Proves, as often as it is asked, that the lead has not passed to another."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    async def __call__(self) -> None:
        """Raise if the transaction that leads is gone: then another may have sent more by now."""
        async with self._turn:  # a connection answers one question at a time
            await self._connection.execute(text("select 1"))

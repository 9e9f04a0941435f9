"""Door for time: exports that wait are read, one after another, to their end whatever dies."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from services.appraisal.clock.reading import Reader
from services.appraisal.clock.scratch import sweep
from services.appraisal.settings import Settings
from services.appraisal.store import Vault
from shared.database import Database

LOOK_SECONDS: Final = 0.2

__all__ = ["Reader", "imports"]


def imports(settings: Settings, vault: Vault) -> Callable[[Database], Awaitable[None]]:
    """Read what waits; look again soon where nothing does."""

    async def run(database: Database) -> None:
        sweep()
        reader = Reader(database, vault, settings)
        while True:
            if not await reader.read_next():
                await asyncio.sleep(LOOK_SECONDS)

    return run

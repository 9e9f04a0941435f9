"""Tasks are ended for certain."""

import asyncio
import time
from collections.abc import Iterable
from typing import Final

END_SECONDS: Final = 10.0
"""How long tasks may take to end."""


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancel until it is heard.

    Python 3.11's `asyncio.wait_for` swallows a cancellation that comes together with its result,
    and a busy task waits so hundreds of times a second.
    """
    running: Iterable[asyncio.Task[None]] = {task for task in tasks if not task.done()}
    ends = time.monotonic() + END_SECONDS
    while running and time.monotonic() < ends:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=0.2)

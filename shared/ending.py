"""Tasks are ended for certain, and what must not be left half done is done first."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Iterable
from typing import Any, Final, TypeVar

T = TypeVar("T")

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


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Do this to its end even if we are cancelled meanwhile, and only then be cancelled."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():  # whoever ends us asks again and again
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # it is heard of; being told to end goes before it
        raise

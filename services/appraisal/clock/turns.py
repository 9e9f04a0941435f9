"""Taking turns: work that waits for the database, and work for this process's own core."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, Final, TypeVar

T = TypeVar("T")

TURN: Final = 50
"""How many rows are made before whatever else waits in this process goes on: less than 1 ms."""


async def in_turns(items: Iterable[T]) -> list[T]:
    """All items, in their order, as they are made: a few at a time."""
    made: list[T] = []
    for place, item in enumerate(items, 1):
        made.append(item)
        if place % TURN == 0:
            await asyncio.sleep(0)
    return made


async def meanwhile(waiting: Coroutine[Any, Any, None], making: Coroutine[Any, Any, T]) -> T:
    """Make something while a statement is under way; gives it when both are done.

    Nothing is under way any more when it raises.
    """
    under_way = asyncio.create_task(waiting)
    try:
        made = await making
    except BaseException:
        under_way.cancel()
        await asyncio.wait({under_way})
        raise
    await under_way
    return made

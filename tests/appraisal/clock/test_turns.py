"""What goes on side by side, and what is left when one side fails."""

import asyncio

import pytest

from services.appraisal.clock.turns import TURN, in_turns, meanwhile


async def test_what_is_made_in_turns_keeps_its_order() -> None:
    many = range(3 * TURN + 1)
    assert await in_turns(iter(many)) == list(many)
    assert await in_turns(()) == []


async def test_others_get_their_turns_while_much_is_made() -> None:
    seen: list[int] = []
    made: list[int] = []

    async def look() -> None:
        while len(made) < 10 * TURN:
            seen.append(len(made))
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    await in_turns(made.append(number) for number in range(10 * TURN))
    await looking
    assert len(set(seen)) >= 9


async def test_something_is_made_while_a_statement_is_under_way() -> None:
    happened: list[str] = []

    async def statement() -> None:
        happened.append("begun")
        await asyncio.sleep(0.01)
        happened.append("done")

    async def making() -> int:
        await asyncio.sleep(0.001)
        happened.append("made")
        return 7

    assert await meanwhile(statement(), making()) == 7
    assert happened == ["begun", "made", "done"]


async def test_nothing_is_under_way_any_more_when_making_fails() -> None:
    ended: list[str] = []

    async def statement() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("statement")

    async def failing() -> None:
        await asyncio.sleep(0)
        raise LookupError("no such row")

    with pytest.raises(LookupError):
        await meanwhile(statement(), failing())
    assert ended == ["statement"]


async def test_a_statement_that_fails_is_told_as_it_is() -> None:
    async def statement() -> None:
        raise ConnectionError("away")

    with pytest.raises(ConnectionError):
        await meanwhile(statement(), in_turns(range(2 * TURN)))


async def test_whoever_is_stopped_leaves_nothing_under_way() -> None:
    ended: list[str] = []

    async def statement() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("statement")

    for making in (asyncio.sleep(60), asyncio.sleep(0)):  # stopped before and after it is made
        both = asyncio.create_task(meanwhile(statement(), making))
        await asyncio.sleep(0.01)
        both.cancel()
        with pytest.raises(asyncio.CancelledError):
            await both
    assert ended == ["statement", "statement"]

"""Being told to end: heard for certain, and not before what is begun is done."""

import asyncio

import pytest

from shared.ending import end, to_its_end


async def test_who_swallows_a_cancellation_is_told_again() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 2:
                    raise

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await end(task)
    assert task.cancelled()
    assert swallowed == 2


async def test_work_that_is_begun_is_done_before_its_caller_is_cancelled() -> None:
    release, done = asyncio.Event(), []

    async def work() -> None:
        await release.wait()
        done.append(1)

    caller = asyncio.create_task(to_its_end(work()))
    for _ in range(3):
        await asyncio.sleep(0)
        caller.cancel()
    assert not caller.done()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert done == [1]


async def test_being_cancelled_goes_before_what_the_work_raised() -> None:
    release = asyncio.Event()

    async def work() -> None:
        await release.wait()
        raise ValueError

    caller = asyncio.create_task(to_its_end(work()))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.sleep(0)
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await caller


async def test_uncancelled_work_gives_and_raises_what_it_does() -> None:
    async def gives() -> int:
        return 7

    async def raises() -> None:
        raise ValueError

    assert await to_its_end(gives()) == 7
    with pytest.raises(ValueError, match=r"^$"):
        await to_its_end(raises())

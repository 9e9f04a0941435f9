"""Hearers on the real bus: as many as you like, each with a place of its own, none too large."""

import time
from uuid import UUID

import pytest

from shared import outbox
from shared.events import EmployeeRegistered, Fact
from tests.live.bus.stage import Stage
from tests.shared.facts import registered

pytestmark = [pytest.mark.live, pytest.mark.timeout(150)]

PATIENCE = 20
"""Seconds in which a process must be back under its name."""
PEOPLE = [UUID(int=number) for number in range(1, 201)]
WAITING = 200_000
MOST_MIB = 200
"""What a process may have, with Python and all it imports (about 110 MiB)."""


def facts(first: int, beyond: int) -> list[Fact[EmployeeRegistered]]:
    return [
        registered(str(number), PEOPLE[number % len(PEOPLE)]) for number in range(first, beyond)
    ]


def given(stage: Stage, number: int) -> list[str]:
    """Which partitions a hearer was given, each time."""
    lines = stage.log("hearer", number).read_text().splitlines()
    return [line for line in lines if line.startswith("given")]


def named(stage: Stage, number: int) -> None:
    session = {"KINERJA_KAFKA_SESSION_MS": PATIENCE * 1000}
    stage.start("hearer", number=number, KINERJA_KAFKA_INSTANCE=f"hearer-{number}", **session)


async def test_a_process_that_dies_and_comes_back_under_its_name_moves_nobodys_partitions(
    stage: Stage,
) -> None:
    await stage.topics()
    stage.start("teller")
    for number in range(2):
        named(stage, number)
        await stage.ready("hearer", number)
    await stage.tell(facts(0, 500))
    await stage.heard(500)
    before = given(stage, 0)[-1], given(stage, 1)[-1]
    times = len(given(stage, 0))
    assert sorted(" ".join(before).replace("given", "").split()) == list("0123")
    began = time.monotonic()
    stage.kill("hearer", 1)
    await stage.tell(facts(500, 1000))
    named(stage, 1)
    await stage.ready("hearer", 1)
    await stage.heard(1000)
    assert time.monotonic() - began < PATIENCE
    assert given(stage, 1)[-1] == before[1], "its own partitions"
    assert len(given(stage, 0)) == times, "the other noticed nothing"


async def test_a_process_too_many_is_idle_and_well_and_takes_over_when_it_is_needed(
    stage: Stage,
) -> None:
    await stage.topics(partitions=1)
    stage.start("teller")
    for number in range(2):
        stage.start("hearer", number=number)
        await stage.ready("hearer", number)
    await stage.tell(facts(0, 200))
    await stage.heard(200)
    (idle,) = [number for number in range(2) if given(stage, number)[-1] == "given"]
    assert (await stage.ask("/readyz", "hearer", idle)).status_code == 200
    assert (await stage.ask("/healthz", "hearer", idle)).status_code == 200
    stage.kill("hearer", 1 - idle)
    await stage.tell(facts(200, 400))
    await stage.heard(400)
    assert [int(name) for name in await stage.kept() if int(name) % 200 == 7] == [7, 207]


async def test_far_behind_neither_a_relay_nor_a_hearer_grows(stage: Stage) -> None:
    await stage.topics()
    await stage.tell(facts(0, WAITING))
    stage.start("teller")
    await stage.all_told(seconds=90)
    assert await stage.count("teller", outbox.told) == WAITING
    stage.start("hearer")
    await stage.heard(50_000, seconds=60)
    highest = stage.highest_memory("teller"), stage.highest_memory("hearer")
    assert max(highest) < MOST_MIB, highest

"""Digests that fall due: once an import."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notifications.clock import tell_due_digests
from services.notifications.rules import personnel_office
from shared.events import Data
from tests.services.facts import AT, completed, person, records, result
from tests.services.issuer import BUNGO, JAMBI
from tests.services.stage import Stage

PATIENCE = timedelta(minutes=5)
SOON = AT + timedelta(minutes=1)
LATE = AT + timedelta(minutes=6)


async def hear(stage: Stage, *facts: Data) -> None:
    await stage.notifications.take(records(*facts))


async def digest_at(stage: Stage, now: datetime) -> int:
    return await tell_due_digests(stage.notifications.database, now, PATIENCE)


async def digests(stage: Stage) -> list[tuple[UUID, str]]:
    rows = await stage.notifications.query(
        "select recipient_id, params from notice where kind = 'low_results_digest'"
    )
    return [(UUID(recipient), params) for recipient, params in rows]


LOW = [result("POOR", 1), result("VERY_POOR", 2)]


@pytest.mark.parametrize(
    "facts",
    [
        [*LOW, completed(low=2)],
        [completed(low=2), *LOW],
        [LOW[0], completed(low=2), result("GOOD", 3), LOW[1]],
    ],
)
async def test_the_office_is_told_once_when_all_low_results_of_an_import_came(
    stage: Stage, facts: list[Data]
) -> None:
    for fact in facts:
        assert await digest_at(stage, SOON) == 0
        await hear(stage, fact)
    assert await digest_at(stage, SOON) == 1
    assert await digests(stage) == [(personnel_office(JAMBI), '{"low":2}')]
    await hear(stage, *facts)
    assert await digest_at(stage, LATE) == 0
    assert len(await digests(stage)) == 1


async def test_a_result_that_never_comes_keeps_the_office_waiting_for_a_while_only(
    stage: Stage,
) -> None:
    await hear(stage, LOW[0], completed(low=2))
    assert await digest_at(stage, SOON) == 0
    assert await digest_at(stage, LATE) == 1
    assert await digests(stage) == [(personnel_office(JAMBI), '{"low":2}')]
    await hear(stage, LOW[1])
    assert await digest_at(stage, LATE) == 0


async def test_an_import_without_low_results_is_told_of_to_nobody(stage: Stage) -> None:
    await hear(stage, result("GOOD"), completed(low=0))
    assert await digest_at(stage, LATE) == 0
    assert await digests(stage) == []
    assert await stage.notifications.query("select told from import_digest") == [(1,)]


async def test_an_import_that_never_ends_is_told_of_to_nobody(stage: Stage) -> None:
    await hear(stage, *LOW)
    assert await digest_at(stage, LATE) == 0


async def test_each_agencys_office_has_its_own(stage: Stage) -> None:
    theirs: dict[str, Any] = {"agency_id": BUNGO, "import_id": person(50)}
    await hear(stage, LOW[0], completed(low=1), result("POOR", 3, **theirs))
    await hear(stage, completed(low=1, **theirs))
    assert await digest_at(stage, SOON) == 2
    assert {office for office, _ in await digests(stage)} == {
        personnel_office(JAMBI), personnel_office(BUNGO),
    }  # fmt: skip

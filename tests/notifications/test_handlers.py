"""Facts come in, and whoever must know has a row in an inbox."""

from typing import Any
from uuid import UUID

import pytest

from services.notifications.rules import personnel_office
from shared.auth import Role
from shared.events import Data, Recommendation, RecommendationsIssued, RecommendationsRevised
from tests.services.facts import (
    AT,
    IMPORT,
    RINI,
    completed,
    evaluation,
    person,
    records,
    registered,
    result,
)
from tests.services.issuer import JAMBI
from tests.services.stage import Stage

COURSE = Recommendation(
    recommendation_id=person(99), course="SOMETHING", priority=1, jp=20, reasons=("weak",)
)


def recommended(*, version: int = 1, courses: int = 1, withdrawn: int = 0) -> Data:
    said: dict[str, Any] = {
        "evaluation_id": evaluation(1),
        "version": version,
        "evaluation_version": version,
        "employee_id": person(1),
        "agency_id": JAMBI,
        "import_id": IMPORT,
        "rule_version": "2026-01",
        "recommendations": (COURSE,) * courses,
    }
    if version == 1:
        return RecommendationsIssued(**said)
    return RecommendationsRevised(**said, withdrawn=tuple(person(n) for n in range(withdrawn)))


async def hear(stage: Stage, *facts: Data, batch: int = 1000) -> None:
    await stage.notifications.take(records(*facts), batch=batch)


async def notices(stage: Stage) -> list[tuple[UUID, str]]:
    rows = await stage.notifications.query("select recipient_id, kind from notice order by kind")
    return [(UUID(recipient), kind) for recipient, kind in rows]


async def mails(stage: Stage) -> dict[UUID, str]:
    rows = await stage.notifications.query("select recipient_id, state from delivery")
    return {UUID(recipient): state for recipient, state in rows}


@pytest.mark.parametrize("batch", [1, 1000])
async def test_each_fact_is_told_each_recipient_once_however_often_it_comes(
    stage: Stage, batch: int
) -> None:
    facts = [result("POOR"), recommended(), registered(), completed(low=1)]
    await hear(stage, *facts, *facts, batch=batch)
    await hear(stage, *reversed(facts), batch=batch)
    assert await notices(stage) == [
        (RINI, "coaching_needed"),
        (person(1), "result_ready"),
        (person(1), "training_recommended"),
    ]
    assert await mails(stage) == {RINI: "waiting", person(1): "waiting"}


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (result("GOOD"), {(person(1), "result_ready")}),
        (result("NEEDS_IMPROVEMENT"), {(person(1), "result_ready"), (RINI, "coaching_needed")}),
        (result("POOR", reviewer_id=None), {(person(1), "result_ready")}),
        (
            result("GOOD", version=2, before="POOR"),
            {(person(1), "result_corrected"), (RINI, "coaching_lifted")},
        ),
        (
            result("POOR", version=2),
            {(person(1), "result_corrected"), (RINI, "coaching_needed")},
        ),
        (recommended(), {(person(1), "training_recommended")}),
        (recommended(courses=0), set()),
        (recommended(version=2), {(person(1), "training_changed")}),
        (recommended(version=2, courses=0, withdrawn=1), {(person(1), "training_withdrawn")}),
        (registered(), set()),
    ],
    ids=lambda value: value.type if isinstance(value, Data) else "",
)
async def test_whoever_must_know_of_a_fact_is_told(
    stage: Stage, fact: Data, told: set[tuple[UUID, str]]
) -> None:
    await hear(stage, fact)
    assert set(await notices(stage)) == told


async def test_a_notice_knows_how_long_it_took(stage: Stage) -> None:
    await hear(stage, result("GOOD"))
    [(waited, caused)] = await stage.notifications.query("select waited_ms, caused_at from notice")
    assert 5000 <= waited < 3_600_000
    assert caused.startswith(AT.strftime("%Y-%m-%d %H:%M:%S"))


async def test_who_switched_e_mail_off_gets_the_inbox_row_alone(stage: Stage) -> None:
    async with stage.client("notifications", Role.EMPLOYEE, employee_id=person(1)) as somebody:
        await somebody.put("/preferences", json={"email": False, "language": "id"})
    await hear(stage, result("POOR"))
    assert set(await notices(stage)) == {(person(1), "result_ready"), (RINI, "coaching_needed")}
    assert await mails(stage) == {RINI: "waiting"}


async def test_the_newest_address_counts_whatever_comes_when(stage: Stage) -> None:
    newer, older = (
        registered(version=2, email="new@jambi.example"),
        registered(email="old@x.example"),
    )
    await hear(stage, newer, older)
    await hear(stage, older)
    rows = await stage.notifications.query("select version, email from contact")
    assert rows == [(2, "new@jambi.example")]


async def test_low_results_are_counted_for_their_import_in_any_order(stage: Stage) -> None:
    low = [result("POOR", number) for number in range(3)]
    await hear(stage, low[0], completed(low=3), low[1], result("GOOD", 7), low[0])
    await hear(stage, low[2])
    rows = await stage.notifications.query("select seen, expected, told from import_digest")
    assert rows == [(3, 3, 0)]


async def test_a_result_that_came_without_an_import_is_told_and_counted_for_none(
    stage: Stage,
) -> None:
    await hear(stage, result("POOR", import_id=None))
    assert len(await notices(stage)) == 2
    assert await stage.notifications.query("select * from import_digest") == []
    assert (personnel_office(JAMBI), "low_results_digest") not in await notices(stage)

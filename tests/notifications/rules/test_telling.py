"""Who must be told of a fact, and of what."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from services.notifications import rules
from services.notifications.rules import Audience, Channel, Kind, Notice, Policy, notices_for
from shared.events import (
    Data,
    EmployeeRegistered,
    EvaluationFinalized,
    EvaluationSuperseded,
    Fact,
    ImportCompleted,
    Period,
    Recommendation,
    RecommendationsIssued,
    RecommendationsRevised,
)
from shared.events.words import EmploymentKind, PeriodKind, PositionKind, Predicate, Regime

AT = datetime(2026, 1, 20, 3, 0, tzinfo=UTC)
FACT, EVALUATION, EMPLOYEE, REVIEWER, AGENCY, IMPORT = (UUID(int=n) for n in range(1, 7))

RESULT: dict[str, Any] = {
    "evaluation_id": EVALUATION,
    "employee_id": EMPLOYEE,
    "agency_id": AGENCY,
    "import_id": IMPORT,
    "reviewer_id": REVIEWER,
    "regime": Regime.PERMENPANRB_6_2022,
    "period": Period(
        kind=PeriodKind.QUARTERLY,
        year=2025,
        number=3,
        start=date(2025, 7, 1),
        end=date(2025, 9, 30),
    ),
    "employment_kind": EmploymentKind.PNS,
    "position_kind": PositionKind.EXECUTOR,
    "position_title": "Pengadministrasi Perkantoran",
    "unit": "Subbagian Umum",
    "root_unit": "Dinas Kependudukan",
}


def told(data: Data) -> Fact[Data]:
    return Fact(FACT, data, AT)


def result(predicate: Predicate, **other: Any) -> Fact[Data]:
    return told(EvaluationFinalized(version=1, predicate=predicate, **(RESULT | other)))


def correction(before: Predicate, now: Predicate, **other: Any) -> Fact[Data]:
    return told(
        EvaluationSuperseded(
            version=2,
            previous_version=1,
            previous_predicate=before,
            predicate=now,
            **(RESULT | other),
        )
    )


def courses(*hours: int) -> tuple[Recommendation, ...]:
    return tuple(
        Recommendation(
            recommendation_id=UUID(int=n), course=f"C{n}", priority=1, jp=jp, reasons=("LOW",)
        )
        for n, jp in enumerate(hours, 1)
    )


def answer(
    kind: type[RecommendationsIssued | RecommendationsRevised], *hours: int, **other: Any
) -> Fact[Data]:
    return told(
        kind(
            evaluation_id=EVALUATION,
            version=1,
            evaluation_version=1,
            employee_id=EMPLOYEE,
            agency_id=AGENCY,
            import_id=IMPORT,
            rule_version="2026-1",
            recommendations=courses(*hours),
            **other,
        )
    )


def who_and_what(notices: list[Notice]) -> list[tuple[UUID, Audience, Kind]]:
    return [(notice.recipient_id, notice.audience, notice.kind) for notice in notices]


READY = (EMPLOYEE, Audience.EMPLOYEE, Kind.RESULT_READY)
CORRECTED = (EMPLOYEE, Audience.EMPLOYEE, Kind.RESULT_CORRECTED)
NEEDED = (REVIEWER, Audience.REVIEWER, Kind.COACHING_NEEDED)
LIFTED = (REVIEWER, Audience.REVIEWER, Kind.COACHING_LIFTED)


@pytest.mark.parametrize("predicate", [Predicate.VERY_GOOD, Predicate.GOOD])
def test_a_good_result_is_the_employees_own_news(predicate: Predicate) -> None:
    assert who_and_what(notices_for(result(predicate))) == [READY]


@pytest.mark.parametrize(
    "predicate", [Predicate.NEEDS_IMPROVEMENT, Predicate.POOR, Predicate.VERY_POOR]
)
def test_a_result_to_coach_also_asks_the_reviewer_for_a_plan(predicate: Predicate) -> None:
    assert who_and_what(notices_for(result(predicate))) == [READY, NEEDED]


@pytest.mark.parametrize("reviewer", [None, EMPLOYEE])
def test_nobody_is_asked_for_a_plan_where_no_other_reviewer_is_known(
    reviewer: UUID | None,
) -> None:
    assert who_and_what(notices_for(result(Predicate.POOR, reviewer_id=reviewer))) == [READY]


@pytest.mark.parametrize(
    ("before", "now", "reviewer_learns"),
    [
        (Predicate.GOOD, Predicate.VERY_GOOD, []),
        (Predicate.GOOD, Predicate.POOR, [NEEDED]),
        (Predicate.POOR, Predicate.VERY_POOR, [NEEDED]),
        (Predicate.POOR, Predicate.POOR, [NEEDED]),  # the reviewer may be another one now
        (Predicate.NEEDS_IMPROVEMENT, Predicate.GOOD, [LIFTED]),
    ],
)
def test_a_correction_is_told_to_the_employee_and_to_a_reviewer_whose_task_changed(
    before: Predicate, now: Predicate, reviewer_learns: list[tuple[UUID, Audience, Kind]]
) -> None:
    assert who_and_what(notices_for(correction(before, now))) == [CORRECTED, *reviewer_learns]


def test_recommended_training_is_told_with_its_number_and_hours() -> None:
    [notice] = notices_for(answer(RecommendationsIssued, 20, 12))
    assert (notice.recipient_id, notice.kind) == (EMPLOYEE, Kind.TRAINING_RECOMMENDED)
    assert notice.params == {"count": 2, "jp": 32}


def test_nothing_recommended_is_no_news() -> None:
    assert notices_for(answer(RecommendationsIssued)) == []
    assert notices_for(answer(RecommendationsRevised)) == []


def test_changed_training_is_told_with_what_was_taken_back() -> None:
    [notice] = notices_for(answer(RecommendationsRevised, 20, withdrawn=(UUID(int=9),)))
    assert notice.kind == Kind.TRAINING_CHANGED
    assert notice.params == {"count": 1, "jp": 20, "withdrawn": 1}


def test_training_that_was_only_taken_back_is_told_as_that() -> None:
    withdrawn = (UUID(int=8), UUID(int=9))
    [notice] = notices_for(answer(RecommendationsRevised, withdrawn=withdrawn))
    assert notice.kind == Kind.TRAINING_WITHDRAWN
    assert notice.params == {"withdrawn": 2}


def test_the_end_of_an_import_and_an_employees_record_tell_nobody_by_themselves() -> None:
    completed = ImportCompleted(
        import_id=IMPORT, agency_id=AGENCY, told=9, low=2, rejected=0, set_aside=0
    )
    employee = EmployeeRegistered(
        employee_id=EMPLOYEE,
        version=1,
        agency_id=AGENCY,
        name="Invented Name",
        employment_kind=EmploymentKind.PNS,
        position_kind=PositionKind.EXECUTOR,
        position_title="",
        unit="",
        root_unit="",
    )
    assert notices_for(told(completed)) == []
    assert notices_for(told(employee)) == []


def test_a_notice_carries_codes_and_the_law_of_its_day() -> None:
    ready, needed = notices_for(result(Predicate.POOR))
    words = {
        "regime": "PERMENPANRB_6_2022",
        "predicate": "POOR",
        "period": "QUARTERLY",
        "year": 2025,
        "number": 3,
    }
    assert ready.params == words | {"objection_days": 14}
    assert needed.params == words


def test_a_later_law_changes_what_later_notices_say() -> None:
    policies = (
        *rules.POLICIES,
        Policy(version="x", since=date(2026, 1, 20), objection_days=21, source="invented"),
    )
    [notice] = notices_for(result(Predicate.GOOD), policies=policies)
    assert notice.params["objection_days"] == 21


def test_a_notice_knows_its_cause_and_where_to_look() -> None:
    notice = notices_for(result(Predicate.GOOD))[0]
    assert (notice.about, notice.import_id, notice.agency_id) == (EVALUATION, IMPORT, AGENCY)
    assert notice.caused_at == AT
    assert notice.link == f"/results/{EVALUATION}"


def test_a_repeated_fact_gives_the_same_notices() -> None:
    assert notices_for(result(Predicate.POOR)) == notices_for(result(Predicate.POOR))


def test_another_fact_recipient_or_kind_gives_another_notice() -> None:
    ids = {
        notice.notice_id
        for fact in (FACT, EVALUATION)
        for notice in notices_for(msgspec.structs.replace(result(Predicate.POOR), id=fact))
    }
    assert len(ids) == 4
    assert {each.version for each in ids} == {5}


def test_a_notices_id_never_changes_between_releases() -> None:
    assert rules.notice_id(FACT, EMPLOYEE, Kind.RESULT_READY) == UUID(
        "b473f22a-6aff-560b-a6a6-c643754c838e"
    )


def test_email_is_left_out_for_those_who_switched_it_off() -> None:
    ready, needed = notices_for(result(Predicate.POOR), without_email={REVIEWER})
    assert ready.channels == (Channel.INBOX, Channel.EMAIL)
    assert needed.channels == (Channel.INBOX,)

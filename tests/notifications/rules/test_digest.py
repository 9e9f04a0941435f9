"""One notice an import for the personnel office."""

from datetime import UTC, date, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.rules import (
    Audience,
    Channel,
    Digest,
    Kind,
    Notice,
    digest_due,
    low_by_import,
    low_results_digest,
    personnel_office,
)
from shared.events import Data, EvaluationFinalized, Fact, ImportCompleted, Period
from shared.events.words import EmploymentKind, PeriodKind, PositionKind, Predicate, Regime

END = datetime(2026, 1, 20, 3, 0, tzinfo=UTC)
PATIENCE = timedelta(minutes=5)
SOON, LATE = END + timedelta(seconds=1), END + PATIENCE
FACT, AGENCY, IMPORT, OTHER_IMPORT = (UUID(int=n) for n in range(1, 5))


def result(predicate: Predicate, import_id: UUID | None) -> Fact[Data]:
    year = Period(kind=PeriodKind.ANNUAL, year=2025, start=date(2025, 1, 1), end=date(2025, 12, 31))
    data = EvaluationFinalized(
        evaluation_id=UUID(int=9),
        version=1,
        employee_id=UUID(int=10),
        agency_id=AGENCY,
        import_id=import_id,
        regime=Regime.PERMENPANRB_6_2022,
        period=year,
        predicate=predicate,
        employment_kind=EmploymentKind.PPPK,
        position_kind=PositionKind.FUNCTIONAL,
        position_title="",
        unit="",
        root_unit="",
    )
    return Fact(FACT, data, END)


def digest(
    *, expected: int = 3, seen: int = 3, without_email: frozenset[UUID] = frozenset()
) -> Notice:
    return low_results_digest(
        fact_id=FACT,
        agency_id=AGENCY,
        import_id=IMPORT,
        expected=expected,
        seen=seen,
        completed_at=END,
        without_email=without_email,
    )


@pytest.mark.parametrize(
    ("expected", "seen", "now", "decision"),
    [
        (0, 0, SOON, Digest.NOT_NEEDED),
        (0, 0, LATE, Digest.NOT_NEEDED),
        (3, 0, SOON, Digest.WAITS),
        (3, 2, SOON, Digest.WAITS),
        (3, 2, LATE - timedelta(microseconds=1), Digest.WAITS),
        (3, 2, LATE, Digest.DUE),
        (3, 0, LATE, Digest.DUE),
        (3, 3, END, Digest.DUE),
        (3, 4, SOON, Digest.DUE),
        (0, 1, SOON, Digest.DUE),
        (3, 0, END - timedelta(days=1), Digest.WAITS),  # clocks differ
    ],
)
def test_a_digest_is_due_when_all_have_come_or_patience_is_over(
    expected: int, seen: int, now: datetime, decision: Digest
) -> None:
    assert digest_due(expected, seen, END, now, PATIENCE) is decision


@pytest.mark.parametrize(("expected", "end"), [(None, None), (3, None), (None, END)])
def test_nothing_is_due_before_the_imports_end_is_told(
    expected: int | None, end: datetime | None
) -> None:
    assert digest_due(expected, 9, end, LATE, PATIENCE) is Digest.WAITS


@given(st.integers(0, 99), st.integers(0, 99), st.timedeltas(timedelta(0), timedelta(days=9)))
def test_what_is_decided_stays_decided(expected: int, seen: int, passed: timedelta) -> None:
    decided = digest_due(expected, seen, END, END + passed, PATIENCE)
    later = digest_due(expected, seen, END, END + passed + timedelta(hours=1), PATIENCE)
    assert later is (Digest.DUE if decided is Digest.WAITS else decided)


def test_the_office_is_told_once_with_the_number_and_where_to_look() -> None:
    notice = digest()
    assert notice == digest(seen=2)
    assert notice.kind is Kind.LOW_RESULTS_DIGEST
    assert notice.audience is Audience.PERSONNEL_OFFICE
    assert notice.recipient_id == personnel_office(AGENCY)
    assert notice.params == {"low": 3}
    assert notice.link == f"/imports/{IMPORT}"
    assert notice.caused_at == END


def test_the_office_hears_of_more_low_results_than_were_told_of() -> None:
    assert digest(seen=4).params == {"low": 4}


def test_an_office_that_switched_email_off_has_its_inbox() -> None:
    assert digest(without_email=frozenset({personnel_office(AGENCY)})).channels == (Channel.INBOX,)


def test_an_offices_id_follows_from_its_agency() -> None:
    urn = f"urn:kinerja:personnel-office:{AGENCY}"
    assert personnel_office(AGENCY) == uuid5(NAMESPACE_URL, urn)


def test_low_results_are_counted_by_their_import() -> None:
    end = ImportCompleted(
        import_id=IMPORT, agency_id=AGENCY, told=9, low=9, rejected=0, set_aside=0
    )
    facts = [
        result(Predicate.POOR, IMPORT),
        result(Predicate.VERY_POOR, IMPORT),
        result(Predicate.NEEDS_IMPROVEMENT, IMPORT),
        result(Predicate.POOR, OTHER_IMPORT),
        result(Predicate.POOR, None),
        Fact(FACT, end, END),
    ]
    assert low_by_import(facts) == {IMPORT: (AGENCY, 2), OTHER_IMPORT: (AGENCY, 1)}

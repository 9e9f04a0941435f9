"""The period an export speaks of, and the part of it a row covers."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.appraisal.rules.findings import Code
from services.appraisal.rules.periods import covered, period_named, whole
from shared.events import Period
from shared.events.words import PeriodKind

YEAR = Period(kind=PeriodKind.ANNUAL, year=2025, start=date(2025, 1, 1), end=date(2025, 12, 31))
MARCH = Period(
    kind=PeriodKind.MONTHLY, year=2024, number=2, start=date(2024, 2, 1), end=date(2024, 2, 29)
)
FOURTH = Period(
    kind=PeriodKind.QUARTERLY, year=2025, number=4, start=date(2025, 10, 1), end=date(2025, 12, 31)
)


@pytest.mark.parametrize(
    ("title", "period"),
    [
        ("Laporan Penilaian SKP Periode Tahunan Tahun 2025", YEAR),
        ("LAPORAN PENILAIAN SKP PERIODE TAHUNAN 2025", YEAR),
        ("Laporan Penilaian SKP Periode Bulanan 2 Tahun 2024", MARCH),
        ("Laporan Penilaian SKP Periode Bulanan Februari Tahun 2024", MARCH),
        ("Laporan Penilaian SKP Periode Triwulan IV Tahun 2025", FOURTH),
        ("Laporan Penilaian SKP Periode Triwulanan 4 Tahun 2025", FOURTH),
        ("Laporan Penilaian SKP Periode Bulanan 13 Tahun 2025", None),
        ("Laporan Penilaian SKP Periode Triwulan V Tahun 2025", None),
        ("Laporan Penilaian SKP Periode Bulanan Tahun 2025", None),
        ("Laporan Penilaian SKP Periode Tahunan 3 Tahun 2025", None),
        ("Laporan Penilaian SKP Periode Tahunan Tahun 0000", None),
        ("Laporan Penilaian SKP", None),
        ("", None),
    ],
)
def test_a_title_names_its_period(title: str, period: Period | None) -> None:
    assert period_named(title, {}) == period


def test_the_line_under_the_title_names_it_where_the_title_does_not() -> None:
    assert period_named("Laporan", {"periode": "Tahunan 2025"}) == YEAR
    assert period_named("Periode Bulanan 2 Tahun 2024", {"periode": "Tahunan 2025"}) == MARCH


def test_a_row_covers_what_its_plan_shares_with_the_period() -> None:
    half = covered(YEAR, date(2025, 7, 1), date(2025, 12, 31))
    assert isinstance(half, Period)
    assert (half.kind, half.start) == (PeriodKind.ANNUAL, date(2025, 7, 1))
    assert covered(FOURTH, date(2025, 1, 1), date(2025, 12, 31)) == FOURTH
    assert covered(YEAR, None, None) == YEAR


def test_a_plan_outside_the_period_or_backwards_is_a_fault() -> None:
    assert covered(YEAR, date(2024, 1, 1), date(2024, 12, 31)) is Code.PERIOD_OUTSIDE_EXPORT
    assert covered(YEAR, date(2025, 2, 1), date(2025, 1, 1)) is Code.PERIOD_REVERSED
    assert covered(None, date(2025, 2, 1), None) is Code.PERIOD_MISSING
    assert covered(None, date(2024, 2, 1), date(2025, 1, 1)) is Code.PERIOD_OUTSIDE_EXPORT


@pytest.mark.parametrize("period", [YEAR, MARCH, FOURTH])
def test_without_a_title_two_days_say_which_period_they_span(period: Period) -> None:
    assert covered(None, period.start, period.end) == period


def test_two_days_that_span_no_month_or_quarter_are_part_of_a_year() -> None:
    part = covered(None, date(2025, 3, 10), date(2025, 12, 31))
    assert isinstance(part, Period)
    assert (part.kind, part.number, part.start) == (PeriodKind.ANNUAL, 0, date(2025, 3, 10))


@given(st.text())
def test_any_title_is_a_period_or_none(title: str) -> None:
    period = period_named(title, {"periode": title})
    assert period is None or period.start <= period.end


def test_no_period_has_a_number_its_year_lacks() -> None:
    assert whole(PeriodKind.QUARTERLY, 2025, 5) is None
    assert whole(PeriodKind.ANNUAL, 2025, 1) is None

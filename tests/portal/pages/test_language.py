from datetime import UTC, date, datetime

import pytest

from services.portal.clients.answers import Period
from services.portal.pages.language import Speech
from services.portal.settings import Zone
from shared.events.words import PeriodKind
from shared.i18n import Language


@pytest.mark.parametrize(
    ("language", "value", "digits", "said"),
    [
        ("id", 1203, 0, "1.203"),
        ("en", 1203, 0, "1,203"),
        ("id", 1203.456, 2, "1.203,46"),
        ("en", 1203.456, 2, "1,203.46"),
    ],
)
def test_numbers_have_the_languages_separators(
    language: Language, value: float, digits: int, said: str
) -> None:
    assert Speech(language, "WIB").number(value, digits) == said


def test_a_share_of_nothing_is_none() -> None:
    assert Speech("id", "WIB").percent(0, 0) == "0,0 %"


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("WIB", "31 Desember 2025, 23.30 WIB"),
        ("WITA", "1 Januari 2026, 00.30 WITA"),
        ("WIT", "1 Januari 2026, 01.30 WIT"),
    ],
)
def test_a_moment_is_told_in_the_agencys_time(zone: Zone, said: str) -> None:
    assert Speech("id", zone).moment(datetime(2025, 12, 31, 16, 30, tzinfo=UTC)) == said


@pytest.mark.parametrize(
    ("kind", "number", "indonesian", "english"),
    [
        (PeriodKind.ANNUAL, 0, "Tahun 2025", "Year 2025"),
        (PeriodKind.QUARTERLY, 3, "Triwulan 3 tahun 2025", "Quarter 3 of 2025"),
        (PeriodKind.MONTHLY, 5, "Mei 2025", "May 2025"),
    ],
)
def test_a_period_has_a_name(kind: PeriodKind, number: int, indonesian: str, english: str) -> None:
    period = Period(kind, 2025, number, date(2025, 1, 1), date(2025, 12, 31))
    assert Speech("id", "WIB").period(period) == indonesian
    assert Speech("en", "WIB").period(period) == english

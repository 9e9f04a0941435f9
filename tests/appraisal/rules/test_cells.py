"""Plain values out of cells."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from services.appraisal.rules.cells import (
    Cell,
    answer_of,
    date_of,
    moment_of,
    number_of,
    text_of,
)

MOMENT = datetime(2025, 12, 31, 10, 5)  # noqa: DTZ001 - cells know no time zone


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("  a \n b ", "a b"),
        (2025, "2025"),
        (2025.0, "2025"),
        (1.5, "1.5"),
        (float("inf"), "inf"),
    ],
)
def test_text_is_one_line(cell: Cell, text: str) -> None:
    assert text_of(cell) == text


@pytest.mark.parametrize(
    "cell",
    [
        "2025-12-31",
        " 2025-12-31 ",
        "2025-12-31 10:05:00",
        "31-12-2025",
        "31/12/2025",
        "31.12.2025",
        date(2025, 12, 31),
        MOMENT,
    ],
)
def test_days_are_read_year_first_or_day_first(cell: Cell) -> None:
    assert date_of(cell) == date(2025, 12, 31)


@pytest.mark.parametrize(
    "cell", [None, "", "12/31/2025", "31-12-2025x", "2025", 46022, 46022.0, "besok", True]
)
def test_what_is_no_day_is_not_made_one(cell: Cell) -> None:
    assert date_of(cell) is None


def test_moments_are_read_as_written() -> None:
    assert moment_of("2025-12-31 10:05:00") == moment_of(MOMENT) == MOMENT
    assert moment_of("kemarin") is None
    assert moment_of(5) is None


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("97,5", Decimal("97.5")),
        (" 97.5 ", Decimal("97.5")),
        (90, Decimal(90)),
        (0.1, Decimal("0.1")),
        ("nan", None),
        ("1e999999999", Decimal("1e999999999")),
        (float("inf"), None),
        ("", None),
        (None, None),
        (True, None),
        ("baik", None),
    ],
)
def test_numbers_may_have_a_decimal_comma(cell: Cell, number: Decimal | None) -> None:
    assert number_of(cell) == number


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("Ya", True),
        ("TIDAK", False),
        (1, True),
        (0.0, False),
        (None, False),
        ("-", False),
        (True, True),
        ("mungkin", None),
    ],
)
def test_answers_are_yes_no_or_not_understood(cell: Cell, answer: bool | None) -> None:
    assert answer_of(cell) is answer

"""Eighteen digits: what is read out of them and what is refused."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.appraisal.rules.cells import Cell
from services.appraisal.rules.findings import Code
from services.appraisal.rules.nip import Nip, parse_nip
from shared.events.words import EmploymentKind

TODAY = date(2026, 3, 1)


def read(cell: Cell) -> Nip | Code:
    return parse_nip(cell, today=TODAY)


def test_a_civil_servants_number_tells_birth_and_appointment() -> None:
    assert read("198503152010011999") == Nip(
        "198503152010011999",
        date(1985, 3, 15),
        EmploymentKind.PNS,
        date(2010, 1, 1),
        date(2010, 1, 31),
    )


def test_a_womans_day_of_birth_stays_as_it_is() -> None:
    nip = read("199012312019032998")
    assert isinstance(nip, Nip)
    assert nip.birth == date(1990, 12, 31)


def test_a_number_on_contract_tells_the_year_only() -> None:
    assert read("199203142022212999") == Nip(
        "199203142022212999",
        date(1992, 3, 14),
        EmploymentKind.PPPK,
        date(2022, 1, 1),
        date(2022, 12, 31),
    )


@pytest.mark.parametrize("contract", range(21, 30))
def test_contracts_are_counted_from_21_to_29(contract: int) -> None:
    nip = read(f"199203142022{contract}2999")
    assert isinstance(nip, Nip)
    assert nip.kind is EmploymentKind.PPPK


@pytest.mark.parametrize(
    "text",
    [
        "19850315 201001 1 999",
        "19850315.201001.1.999",
        "'198503152010011999",
        '"198503152010011999"',
        "\u2019198503152010011999\u00a0",
    ],
)
def test_spaces_dots_and_quotes_do_not_matter(text: str) -> None:
    nip = read(text)
    assert isinstance(nip, Nip)
    assert nip.digits == "198503152010011999"


@pytest.mark.parametrize(
    "damaged",
    [
        "1.98503E+17",
        "1,98503E+17",
        "1.98503152010012e+17",
        "198503152010011999.0",
        1.971122520100121e17,
        198503152010011999,
        float("inf"),
    ],
)
def test_a_number_a_spreadsheet_damaged_is_told_as_that(damaged: Cell) -> None:
    assert read(damaged) is Code.NIP_FLOAT


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (None, Code.NIP_MISSING),
        ("", Code.NIP_MISSING),
        (" ' ", Code.NIP_MISSING),
        ("199002302015041999", Code.NIP_BAD_DATE),
        ("198503552010012999", Code.NIP_BAD_DATE),
        ("203001012010011999", Code.NIP_BAD_DATE),
        ("000003152010011999", Code.NIP_BAD_DATE),
        ("198503152010131999", Code.NIP_BAD_APPOINTMENT),
        ("198503152010001999", Code.NIP_BAD_APPOINTMENT),
        ("198503152010301999", Code.NIP_BAD_APPOINTMENT),
        ("198503151984011999", Code.NIP_BAD_APPOINTMENT),
        ("198503152026041999", Code.NIP_FUTURE_APPOINTMENT),
        ("198503152027211999", Code.NIP_FUTURE_APPOINTMENT),
        ("198503152010013999", Code.NIP_BAD_SEX),
        ("198503152010011000", Code.NIP_BAD_SERIAL),
        ("150012345", Code.NIP_LENGTH),
        (150012345, Code.NIP_LENGTH),
        (float("nan"), Code.NIP_LENGTH),
        ("19850315201001199X", Code.NIP_NOT_DIGITS),
        ("١٩٨٥٠٣١٥٢٠١٠٠١١٩٩٩", Code.NIP_NOT_DIGITS),
        (True, Code.NIP_NOT_DIGITS),
        (date(2025, 1, 1), Code.NIP_NOT_DIGITS),
    ],
)
def test_what_is_wrong_with_a_number_is_named(cell: Cell, code: Code) -> None:
    assert read(cell) is code


def test_the_month_of_appointment_may_be_the_present_one() -> None:
    assert isinstance(read("198503152026031999"), Nip)


@pytest.mark.parametrize(
    ("digits", "unusual"),
    [
        ("198503152003031999", False),  # 18 within the month
        ("198503152003021999", True),  # still 17
        ("196501312025011999", False),  # 59 on the month's first day
        ("196503152025011999", False),
        ("196403152024211999", False),  # on contract: 59 on the year's first day
        ("196303152024211999", True),
        ("200603152024211999", False),
        ("200703152024211999", True),
    ],
)
def test_an_age_nobody_is_appointed_at_is_unusual(digits: str, unusual: bool) -> None:
    nip = read(digits)
    assert isinstance(nip, Nip)
    assert nip.unusual_age is unusual


CELLS = st.one_of(
    st.none(),
    st.text(),
    st.from_regex(r"\d{18}", fullmatch=True),
    st.from_regex(r"(19|20)\d{2}(0\d|1[0-2])[0-3]\d(19|20)\d{4}[012]\d{3}", fullmatch=True),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
)


@given(cell=CELLS, today=st.dates())
@example(cell="¹²³", today=TODAY)
def test_reading_never_raises_and_what_it_accepts_reads_the_same_again(
    cell: Cell, today: date
) -> None:
    nip = parse_nip(cell, today=today)
    if isinstance(nip, Nip):
        assert len(nip.digits) == 18
        assert nip.birth <= today
        assert nip.appointed <= today
        assert parse_nip(nip.digits, today=today) == nip


@given(text=st.text(alphabet="0123456789 .'", min_size=10, max_size=30))
def test_what_is_told_never_repeats_the_number(text: str) -> None:
    answer = read(text)
    assert isinstance(answer, Nip) or not any(letter.isdigit() for letter in answer)

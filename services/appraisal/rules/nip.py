"""NIP and NI PPPK: reading the eighteen digits that name a civil servant.

NIP (PNS): `YYYYMMDD YYYYMM S NNN`, birth date, month of appointment (TMT CPNS), sex, serial
(Perka BKN 43/2007). NI PPPK: `YYYYMMDD YYYY KK S NNN`, where KK counts the contracts from 21.
There is no check digit. A woman's day of birth is not raised by 40 as in a NIK.
"""

import re
from calendar import monthrange
from datetime import date
from typing import Final

import msgspec

from services.appraisal.rules.cells import Cell
from services.appraisal.rules.findings import Code
from shared.events.words import EmploymentKind

DIGITS: Final = 18
KEPT_BY_SPREADSHEETS: Final = 15
"""Significant digits of a number that survive a spreadsheet (IEEE 754 double precision)."""
MONTHS: Final = range(1, 13)
CONTRACTS: Final = range(21, 30)
SEXES: Final = "12"
AGES: Final = range(18, 60)
"""Whole years of age at appointment that raise no question (from memory of practice: a warning)."""

_DRESSING: Final = re.compile(r"[\s.'\"`\u2018\u2019\u201c\u201d\u200b\ufeff]+")
_DAMAGED: Final = re.compile(r"\s*[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+\s*|\s*\d{15,}[.,]0+\s*")


class Nip(msgspec.Struct, frozen=True, gc=False):
    """A number that is well formed.

    Attributes:
        digits: all eighteen.
        birth: date of birth.
        kind: PNS or PPPK, as the number's structure says.
        appointed: first day that may be the appointment's (PPPK numbers know only the year).
        appointed_by: last such day; the same month for PNS, the same year for PPPK.
    """

    digits: str
    birth: date
    kind: EmploymentKind
    appointed: date
    appointed_by: date

    @property
    def unusual_age(self) -> bool:
        """Whether nobody with this number can have been 18 to 59 when appointed."""
        return _age(self.birth, self.appointed_by) < AGES.start or (
            _age(self.birth, self.appointed) >= AGES.stop
        )


def parse_nip(cell: Cell, *, today: date) -> Nip | Code:
    """Read a NIP or NI PPPK; what is wrong with it comes back as a code.

    Args:
        cell: as it stands in the sheet. Spaces, dots and quotes in a text do not matter.
        today: appointments after this day cannot be true.
    """
    if isinstance(cell, str):
        return _parsed(cell, today)
    if cell is None:
        return Code.NIP_MISSING
    if isinstance(cell, int | float) and abs(cell) >= 10**KEPT_BY_SPREADSHEETS:
        return Code.NIP_FLOAT
    return Code.NIP_LENGTH if type(cell) in (int, float) else Code.NIP_NOT_DIGITS


def _parsed(text: str, today: date) -> Nip | Code:
    if len(text) == DIGITS and _all_digits(text):  # as nearly all are
        return _read(text, today)
    digits = _DRESSING.sub("", text)
    if not digits:
        return Code.NIP_MISSING
    if _DAMAGED.fullmatch(text):
        return Code.NIP_FLOAT
    if not _all_digits(digits):
        return Code.NIP_NOT_DIGITS
    if len(digits) != DIGITS:
        return Code.NIP_LENGTH
    return _read(digits, today)


def _all_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _read(digits: str, today: date) -> Nip | Code:
    """Read eighteen digits, from left to right: the first fault is the one told."""
    try:
        birth = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return Code.NIP_BAD_DATE
    if birth > today:
        return Code.NIP_BAD_DATE
    year, part = int(digits[8:12]), int(digits[12:14])
    if year < birth.year or (part not in MONTHS and part not in CONTRACTS):
        return Code.NIP_BAD_APPOINTMENT
    if part in MONTHS:
        kind, first = EmploymentKind.PNS, date(year, part, 1)
        last = date(year, part, monthrange(year, part)[1])
    else:
        kind, first, last = EmploymentKind.PPPK, date(year, 1, 1), date(year, 12, 31)
    if first > today:
        return Code.NIP_FUTURE_APPOINTMENT
    if digits[14] not in SEXES:
        return Code.NIP_BAD_SEX
    if digits[15:] == "000":
        return Code.NIP_BAD_SERIAL
    return Nip(digits, birth, kind, first, last)


def _age(birth: date, day: date) -> int:
    """Whole years from `birth` to `day`."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))

"""The period an export and its rows speak of."""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Final

from services.appraisal.rules.findings import Code
from shared.events import Period
from shared.events.words import PeriodKind

_MONTHS: Final = (
    "januari",
    "februari",
    "maret",
    "april",
    "mei",
    "juni",
    "juli",
    "agustus",
    "september",
    "oktober",
    "november",
    "desember",
)
_QUARTERS: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_KINDS: Final = {
    "tahunan": PeriodKind.ANNUAL,
    "bulanan": PeriodKind.MONTHLY,
    "triwulan": PeriodKind.QUARTERLY,
    "triwulanan": PeriodKind.QUARTERLY,
}
_NAMED: Final = re.compile(
    r"\b(tahunan|bulanan|triwulan(?:an)?)\b(?:\s+(?!tahun\b)([a-z]+|\d{1,2})\b)?"
    r"(?:\s+tahun)?\s+(\d{4})\b"
)
_PARTS: Final = {PeriodKind.ANNUAL: 0, PeriodKind.QUARTERLY: 4, PeriodKind.MONTHLY: 12}
"""How many periods of a kind are numbered within a year."""


def period_named(title: str, labels: Mapping[str, str]) -> Period | None:
    """The period an export's title names, else its "Periode" line; None if neither does.

    Args:
        title: as "Laporan Penilaian SKP Periode Bulanan 3 Tahun 2025".
        labels: the lines under it by their names in lower case, as {"periode": "Tahunan 2025"}.
    """
    return _named(title) or _named(labels.get("periode", ""))


def _named(text: str) -> Period | None:
    found = _NAMED.search(text.casefold())
    if not found:
        return None
    kind, number, year = _KINDS[found[1]], _number(found[2] or ""), int(found[3])
    return whole(kind, year, number) if (number > 0) == (_PARTS[kind] > 0) else None


def _number(word: str) -> int:
    """A month's or quarter's number: in digits, Roman, or a month's name; 0 if there is none."""
    if word in _MONTHS:
        return _MONTHS.index(word) + 1
    return int(word) if word.isdigit() else _QUARTERS.get(word, 0)


def whole(kind: PeriodKind, year: int, number: int = 0) -> Period | None:
    """A whole month, quarter or year; None if the year has none of that number."""
    if not (date.min.year <= year <= date.max.year and 0 <= number <= _PARTS[kind]):
        return None
    months = 12 // (_PARTS[kind] or 1)
    last = months * (number or 1)
    return Period(
        kind=kind,
        year=year,
        number=number,
        start=date(year, last - months + 1, 1),
        end=date(year, last, monthrange(year, last)[1]),
    )


def narrowed(period: Period, start: date, end: date) -> Period | None:
    """The part of `period` a work plan from `start` to `end` covers; None if there is none."""
    first, last = max(period.start, start), min(period.end, end)
    if first > last:
        return None
    return Period(kind=period.kind, year=period.year, number=period.number, start=first, end=last)


def spanned(start: date, end: date) -> Period | None:
    """The period two dates span, for exports that name none: a month, a quarter, or in a year.

    None if they lie in different years.
    """
    if start.year != end.year:
        return None
    for kind, parts in ((PeriodKind.MONTHLY, 12), (PeriodKind.QUARTERLY, 4)):
        for number in range(1, parts + 1):
            one = whole(kind, start.year, number)
            if one and (one.start, one.end) == (start, end):
                return one
    year = whole(PeriodKind.ANNUAL, start.year)
    return year and narrowed(year, start, end)


def covered(named: Period | None, start: date | None, end: date | None) -> Period | Code:
    """The period of a row: what its work plan's two days cover of the period the export names."""
    if start and end and start > end:
        return Code.PERIOD_REVERSED
    if named:
        part = narrowed(named, start or named.start, end or named.end)
        return part or Code.PERIOD_OUTSIDE_EXPORT
    if start and end:
        return spanned(start, end) or Code.PERIOD_OUTSIDE_EXPORT
    return Code.PERIOD_MISSING

"""Cells as a spreadsheet gives them, and how the rules read plain values out of them.

Nothing here guesses: what cannot be read is None, and the caller says so.
"""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final, TypeAlias

Cell: TypeAlias = str | int | float | bool | date | datetime | None
"""One cell's value; None where it is empty."""

DAY_FIRST: Final = ("%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y")
YES: Final = frozenset({"ya", "y", "yes", "true", "1"})
NO: Final = frozenset({"", "tidak", "t", "no", "n", "false", "0", "-"})


def text_of(cell: Cell) -> str:
    """The cell as one line of text: trimmed, runs of white space made one space."""
    if isinstance(cell, str):
        return " ".join(cell.split())
    if cell is None:
        return ""
    if type(cell) is float and cell.is_integer():
        return str(int(cell))
    return str(cell)


def date_of(cell: Cell) -> date | None:
    """A date cell, or a text as 2025-12-31 or 31-12-2025 (also with / and .); else None."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    return _date_in(cell) if isinstance(cell, str) else None


@lru_cache(maxsize=4096)
def _date_in(text: str) -> date | None:
    text = text.strip()
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        pass
    day = text.partition(" ")[0]
    for pattern in DAY_FIRST:
        try:
            return datetime.strptime(day, pattern).date()  # noqa: DTZ007 - a day, no time
        except ValueError:
            continue
    return None


def moment_of(cell: Cell) -> datetime | None:
    """A date-time cell or ISO text, as written (no time zone of its own); else None."""
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, str):
        try:
            return datetime.fromisoformat(cell.strip())
        except ValueError:
            return None
    return None


@lru_cache(maxsize=4096, typed=True)
def number_of(cell: Cell) -> Decimal | None:
    """A finite number; a text may use a decimal comma (97,5); else None."""
    if isinstance(cell, bool) or cell is None or isinstance(cell, date):
        return None
    try:
        number = Decimal(str(cell).strip().replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


@lru_cache(maxsize=1024, typed=True)
def answer_of(cell: Cell) -> bool | None:
    """Ya or Tidak in its usual spellings; an empty cell is no; anything else is None."""
    word = text_of(cell).casefold()
    if word in YES:
        return True
    return False if word in NO else None

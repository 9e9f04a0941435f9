"""Reading one worksheet of an XLSX file row by row, as fast as expat calls back.

Only a row is held at a time. Formulas are noted, never evaluated.
"""

from collections.abc import Generator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Final

from services.appraisal.workbooks.books import Book
from services.appraisal.workbooks.export import Cell, Row
from services.appraisal.workbooks.packages import Package
from services.appraisal.workbooks.parts import DEEPEST, parsed
from services.appraisal.workbooks.refusals import ExportRefused, Refusal

MOST_COLUMNS: Final = 256
"""Columns that are read; those to the right are ignored."""
LAST_COLUMN_LETTERS: Final = 3
"""A to XFD."""
MOST_ROWS: Final = 1_048_576
EXACT_DIGITS: Final = 18
"""Digits of a whole number that is taken as one; longer ones become floats."""


def rows_of(package: Package, part: str, book: Book) -> Generator[Row]:
    """The rows of a worksheet that have any cells, from top to bottom.

    Raises:
        ExportRefused: the sheet is damaged or breaks a bound.
    """
    reader = _Sheet(book)
    with closing(parsed(package.unpacked(part), reader)) as chunks:
        for _ in chunks:
            yield from reader.rows
            reader.rows.clear()


class _Sheet:
    """Reads a worksheet's XML. Branches stand in the order of how often they are taken."""

    __slots__ = (
        "_book",
        "_c",
        "_cells",
        "_column",
        "_columns",
        "_depth",
        "_f",
        "_formulas",
        "_in_cell",
        "_is",
        "_kind",
        "_number",
        "_phonetic",
        "_r_ph",
        "_row",
        "_started",
        "_style",
        "_t",
        "_v",
        "_value",
        "rows",
        "text",
    )  # fmt: skip

    def __init__(self, book: Book) -> None:
        self.text: list[str] = []
        self.rows: list[Row] = []
        self._book = book
        self._cells: list[Cell] = []
        self._formulas: list[int] = []
        self._columns: dict[str, int] = {}
        self._column = self._number = self._depth = self._phonetic = 0
        self._in_cell = self._started = False
        self._kind = self._style = self._value = ""
        self._name("")

    def _name(self, prefix: str) -> None:
        """Element names, which some writers prefix."""
        self._c, self._v, self._t = f"{prefix}c", f"{prefix}v", f"{prefix}t"
        self._is, self._row = f"{prefix}is", f"{prefix}row"
        self._f, self._r_ph = f"{prefix}f", f"{prefix}rPh"

    def start(self, name: str, attributes: list[str]) -> None:
        """An element begins."""
        if name == self._c:
            self._begin_cell(attributes)
        elif name == self._t or name == self._v:  # noqa: PLR1714 - `in` would build a tuple for every cell
            self.text.clear()
        elif name == self._row:
            self._begin_row(attributes)
        elif name != self._is:
            self._begin_other(name)

    def end(self, name: str) -> None:
        """An element ends."""
        if name == self._c:
            self._end_cell()
        elif name == self._t:
            if not self._phonetic:
                self._value += "".join(self.text)
        elif name == self._v:
            self._value = "".join(self.text)
        elif name == self._row:
            if self._cells or self._formulas:
                self.rows.append(Row(self._number, self._cells, tuple(self._formulas)))
                self._cells, self._formulas = [], []
            self.text.clear()
        elif name != self._is:
            self._depth -= 1
            if name == self._r_ph:
                self._phonetic -= 1

    def _begin_row(self, attributes: list[str]) -> None:
        number = self._number + 1
        for position in range(0, len(attributes), 2):
            if attributes[position] == "r":
                number = _whole(attributes[position + 1])
        if not self._number < number <= MOST_ROWS:
            raise ExportRefused(Refusal.DAMAGED)
        self._number, self._column = number, -1

    def _begin_cell(self, attributes: list[str]) -> None:
        if self._in_cell:
            raise ExportRefused(Refusal.DAMAGED)
        self._in_cell = True
        self._kind = self._style = self._value = ""
        column = self._column + 1
        names = iter(attributes)
        for name in names:
            value = next(names)
            if name == "r":
                letters = value.rstrip("0123456789")
                column = self._columns.get(letters, -1)
                if column < 0:
                    column = self._columns[letters] = _position(letters)
            elif name == "t":
                self._kind = value
            elif name == "s":
                self._style = value
        if column <= self._column:
            raise ExportRefused(Refusal.DAMAGED)
        self._column = column

    def _begin_other(self, name: str) -> None:
        if not self._started:
            self._started = True
            self._name(name.removesuffix("worksheet") if name.endswith(":worksheet") else "")
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExportRefused(Refusal.UNSAFE)
        if name == self._f and self._column < MOST_COLUMNS:
            self._formulas.append(self._column)
        elif name == self._r_ph:
            self._phonetic += 1

    def _end_cell(self) -> None:
        self._in_cell = False
        column, cells = self._column, self._cells
        if column >= MOST_COLUMNS:
            return
        while len(cells) < column:
            cells.append(None)
        if not self._value:
            cells.append(None)
        elif self._kind == "inlineStr":
            cells.append(self._value)
        else:
            cells.append(self._read())

    def _read(self) -> Cell:
        kind, value = self._kind, self._value
        if kind == "s":
            number = _whole(value)
            if number >= len(self._book.strings):
                raise ExportRefused(Refusal.DAMAGED)
            return self._book.strings[number]
        if kind in ("str", "d"):
            return value
        if kind == "b":
            return value.strip() == "1"
        return None if kind == "e" else self._numeric(value)

    def _numeric(self, value: str) -> Cell:
        """A number; a date if its style shows one; as text if it is neither."""
        if value.isdigit() and len(value) <= EXACT_DIGITS:
            number: int | float = int(value)
        else:
            try:
                number = float(value)
            except ValueError:
                return value
        if self._style and self._style.isdigit() and self._dated(int(self._style)):
            return _day(number, self._book.day_zero)
        return number

    def _dated(self, style: int) -> bool:
        return style < len(self._book.dates) and self._book.dates[style]


def _position(letters: str) -> int:
    """The column of letters as AB, from 0."""
    if not (letters.isascii() and letters.isalpha() and len(letters) <= LAST_COLUMN_LETTERS):
        raise ExportRefused(Refusal.DAMAGED)
    position = 0
    for letter in letters.upper():
        position = position * 26 + ord(letter) - ord("A") + 1
    return position - 1


def _whole(value: str) -> int:
    """A number of the sheet's own making."""
    if not (value.isascii() and value.isdigit() and len(value) <= EXACT_DIGITS):
        raise ExportRefused(Refusal.DAMAGED)
    return int(value)


def _day(number: float, day_zero: datetime) -> Cell:
    try:
        return day_zero + timedelta(days=number)
    except (OverflowError, ValueError):
        return number

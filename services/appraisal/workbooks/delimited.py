"""Reading CSV with the columns of an export: commas, semicolons or tabs; UTF-8 or Windows-1252."""

import codecs
import csv
import re
from collections.abc import Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Final

from services.appraisal.workbooks.export import HEADER_WITHIN, KEY, Cell, Row, column
from services.appraisal.workbooks.refusals import ExportRefused, Refusal

DELIMITERS: Final = (",", ";", "\t")
ENCODINGS: Final = ("utf-8-sig", "cp1252")
CHUNK: Final = 1 << 20

_TEXT_FORMULA: Final = re.compile(r'="([^"]*)"')
"""How some tools keep digits from becoming a number: ="198503…" is a text, not a formula."""


def lines_of(path: Path) -> Generator[Row]:
    """The lines of a CSV file, numbered as a spreadsheet would show them.

    Raises:
        ExportRefused: it is no text, or its quoting is broken.
    """
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as text:
        delimiter = _delimiter(text)
    with path.open(encoding=encoding, newline="") as text:
        number = 0
        for number, fields in enumerate(_fields(text, delimiter), 1):
            if fields:
                yield _row(number, fields)


def _row(number: int, fields: list[str]) -> Row:
    formulas = [place for place, field in enumerate(fields) if field[:1] == "="]
    if not formulas:
        return Row(number, [field or None for field in fields])
    cells: list[Cell] = [field or None for field in fields]
    for place in tuple(formulas):
        text = _TEXT_FORMULA.fullmatch(fields[place].strip())
        cells[place] = text[1] or None if text else None
        if text:
            formulas.remove(place)
    return Row(number, cells, tuple(formulas))


def _fields(text: IO[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(text, delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise ExportRefused(Refusal.DAMAGED) from error


def _delimiter(text: IO[str]) -> str:
    """The delimiter that makes a header of one of the first lines, and most columns of it."""
    first = list(islice(text, 4 * HEADER_WITHIN))
    return max(DELIMITERS, key=lambda delimiter: _header_width(first, delimiter))


def _header_width(first: list[str], delimiter: str) -> int:
    """How many columns the header has with this delimiter; 0 if there is none with it."""
    try:
        return max(
            (
                len(fields)
                for fields in csv.reader(first, delimiter=delimiter)
                if KEY in map(column, fields)
            ),
            default=0,
        )
    except csv.Error:
        return 0


def _encoding(path: Path) -> str:
    """The first encoding in which the whole file is text."""
    for encoding in ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as stream:
                while chunk := stream.read(CHUNK):
                    if b"\0" in chunk:
                        raise ExportRefused(Refusal.NOT_EXPORT)
                    decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise ExportRefused(Refusal.NOT_EXPORT)

"""An export as a table: the header found, the lines above it kept, the rows under it walked.

The same for every kind of file: a source gives lines, each with its number, cells and formulas.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

from services.appraisal.workbooks.refusals import ExportRefused, Refusal

Cell: TypeAlias = str | int | float | bool | date | None

HEADER_WITHIN: Final = 20
"""Rows of a sheet in which its header is looked for."""

KEY: Final = "nip"
NEEDED: Final = (("hasil_kerja", "perilaku_kerja"), ("nilai_skp", "nilai_perilaku"))
"""Pairs of columns of which one must be there: two ratings, or the scores of older laws."""


class Row(NamedTuple):
    """One row.

    Attributes:
        number: as the spreadsheet shows it, from 1.
        cells: one for each column of the export; None where the cell is empty.
        formulas: positions of cells that hold a formula, which is never evaluated: the cell here is
            the last result the spreadsheet kept, or None.
    """

    number: int
    cells: Sequence[Cell]
    formulas: Sequence[int] = ()


Lines: TypeAlias = Callable[[], Generator[Row]]
"""Walks a sheet from its top, anew with each call; rows may be shorter or longer than others."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file found to be an export. Walking it may still end in `ExportRefused`.

    Attributes:
        title: the first line, as "Laporan Penilaian SKP Periode Tahunan Tahun 2025".
        labels: the lines under it by their names in lower case: instansi, periode, …
        columns: names of the columns in lower case with underscores, "" where there is none.
        header: the header's row number.
    """

    title: str
    labels: dict[str, str]
    columns: tuple[str, ...]
    header: int
    lines: Lines = field(repr=False)

    def __iter__(self) -> Generator[Row]:
        """The rows under the header that are not blank; each walk reads the file anew.

        Raises:
            ExportRefused: a second header comes, or the file ends before its end.
        """
        width, key = len(self.columns), self.columns.index(KEY)
        with closing(self.lines()) as lines:
            for row in lines:
                number, cells, formulas = row
                if number <= self.header:
                    continue
                if len(cells) != width:
                    cells = [*cells[:width], *[None] * (width - len(cells))]
                    formulas = tuple(position for position in formulas if position < width)
                    row = Row(number, cells, formulas)  # noqa: PLW2901 - the same row, fitted
                named = cells[key]
                if isinstance(named, str) and len(named) < 2 * len(KEY) and column(named) == KEY:
                    raise ExportRefused(
                        Refusal.TWO_HEADERS, first=str(self.header), second=str(number)
                    )
                if formulas or any(map(_filled, cells)):
                    yield row


def find_export(sheets: Sequence[Lines]) -> Export:
    """The one sheet that has a header.

    Raises:
        ExportRefused: none has, several have, or the one lacks a column or has no rows.
    """
    exports = [export for lines in sheets if (export := _headed(lines))]
    if not exports:
        raise ExportRefused(Refusal.NOT_EXPORT)
    if len(exports) > 1:
        raise ExportRefused(Refusal.TWO_SHEETS)
    [export] = exports
    _check(export.columns)
    with closing(iter(export)) as rows:
        if next(rows, None) is None:
            raise ExportRefused(Refusal.NO_ROWS)
    return export


def column(cell: Cell) -> str:
    """A header cell as a column's name: lower case, underscores for spaces."""
    return "_".join(str(cell).replace("_", " ").lower().split()) if cell is not None else ""


def _headed(lines: Lines) -> Export | None:
    """The sheet as an export, if it has a header among its first rows."""
    above: list[Row] = []
    with closing(lines()) as rows:
        for row in islice(rows, HEADER_WITHIN):
            if row.number > HEADER_WITHIN:
                break
            columns = tuple(map(column, row.cells))
            if KEY in columns:
                return Export(*_said(above), columns, row.number, lines)
            above.append(row)
    return None


def _said(above: Sequence[Row]) -> tuple[str, dict[str, str]]:
    """The title and the labelled lines above a header."""
    said = [[" ".join(str(cell).split()) for cell in row.cells if _filled(cell)] for row in above]
    title = next((words[0] for words in said if words), "")
    labels = {
        words[0].rstrip(" :").lower(): words[1].lstrip(" :") for words in said if len(words) > 1
    }
    return title, labels


def _check(columns: Sequence[str]) -> None:
    needed = {KEY, *(name for pair in NEEDED for name in pair)}
    if twice := sorted(name for name in needed if columns.count(name) > 1):
        raise ExportRefused(Refusal.COLUMN_TWICE, columns=", ".join(twice))
    if not any(set(pair) <= set(columns) for pair in NEEDED):
        missing = ", ".join(name for name in NEEDED[0] if name not in columns)
        raise ExportRefused(Refusal.MISSING_COLUMNS, columns=missing)


def _filled(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))

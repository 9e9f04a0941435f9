"""Writing rejected rows as a workbook: to be corrected in it, and imported again as it is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import BinaryIO, NamedTuple

import xlsxwriter

from services.appraisal.workbooks.export import Cell, Export

LONGEST_CELL = 32_767


class Reason(NamedTuple):
    """Why a row was rejected and what to do, in the reader's language."""

    reason: str
    remedy: str


class Headings(NamedTuple):
    """Names of the two columns put before the export's own; our reader ignores them."""

    reason: str
    remedy: str


def rejected_rows(
    target: Path | BinaryIO,
    export: Export,
    reasons: Mapping[int, Sequence[Reason]],
    *,
    headings: Headings,
) -> None:
    """Write those rows of an export that have reasons, under its own title and header.

    Every cell is written as text: a NIP keeps its digits, and nothing becomes a formula or a link.

    Args:
        target: a file, or a buffer opened for writing.
        export: walked once, only as far as rows with reasons go.
        reasons: by row number.
        headings: of the two columns that say the reasons.

    Raises:
        ExportRefused: the export changed and can no longer be read.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet()
        text = book.add_format({"num_format": "@"})
        wrapped = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        bold = book.add_format({"num_format": "@", "bold": True})
        sheet.set_column(0, 1, 48, wrapped)
        sheet.set_column(2, 1 + len(export.columns), 22, text)
        above = [[export.title], *([name.title(), value] for name, value in export.labels.items())]
        for place, words in enumerate(above):
            _write(sheet, place, words, text)
        header = len(above) + 1
        _write(sheet, header, [*headings, *export.columns], bold)
        sheet.freeze_panes(header + 1, 0)
        for place, cells in enumerate(_chosen(export, reasons), header + 1):
            _write(sheet, place, cells[:2], wrapped)
            _write(sheet, place, cells[2:], text, first=2)


def _chosen(export: Export, reasons: Mapping[int, Sequence[Reason]]) -> Iterable[list[str]]:
    left = set(reasons)
    if not left:
        return
    for row in export:
        if row.number in left:
            left.remove(row.number)
            said = reasons[row.number]
            yield [
                "\n".join(why.reason for why in said),
                "\n".join(why.remedy for why in said),
                *map(_text, row.cells),
            ]
            if not left:
                return


def _write(
    sheet: xlsxwriter.worksheet.Worksheet,
    place: int,
    words: Iterable[str],
    style: xlsxwriter.format.Format,
    *,
    first: int = 0,
) -> None:
    for position, word in enumerate(words, first):
        if word:
            sheet.write_string(place, position, word[:LONGEST_CELL], style)


def _text(cell: Cell) -> str:
    """A cell as text that reads back as the same value."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(" ") if cell.time() != time.min else cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)

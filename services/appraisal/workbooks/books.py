"""What a workbook says of itself: its sheets, its shared strings, which numbers are dates."""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.appraisal.workbooks.packages import Package
from services.appraisal.workbooks.parts import DEEPEST, local, parsed, read_elements
from services.appraisal.workbooks.refusals import ExportRefused, Refusal

MOST_SMALL: Final = 16 << 20
"""Bytes of a part that lists sheets, relations or styles."""
MOST_STRINGS_BYTES: Final = 512 << 20
MOST_STRINGS: Final = 4_000_000
MOST_SHEETS: Final = 100

_DATES: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Number formats built into spreadsheets that show a date or a time (ECMA-376 part 1, 18.8.30)."""
_NOT_SHOWN: Final = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
"""Parts of a custom number format that stand for no date: quoted text, colours, fill."""
_DATE_LETTERS: Final = re.compile(r"[dmyh]|s", re.IGNORECASE)
_ROOT: Final = "_rels/.rels"


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook.

    Attributes:
        sheets: parts of its worksheets, in order.
        strings: the texts cells refer to by number.
        dates: for each cell style, whether its numbers are dates.
        day_zero: the day number 0 stands for.
    """

    sheets: Sequence[str]
    strings: Sequence[str]
    dates: Sequence[bool]
    day_zero: datetime


def read_book(package: Package) -> Book:
    """Read all but the sheets.

    Raises:
        ExportRefused: the package is no workbook, or damaged.
    """
    if _ROOT not in package:
        raise ExportRefused(Refusal.NOT_EXPORT)
    workbook = next(
        (target for kind, target in _related(package, "").values() if kind == "officeDocument"), ""
    )
    if workbook not in package:
        raise ExportRefused(Refusal.NOT_EXPORT)
    related = _related(package, workbook)
    wanted: list[str] = []
    day_zero = datetime(1899, 12, 30)  # noqa: DTZ001 - cells know no time zone

    def found(name: str, attributes: dict[str, str]) -> None:
        nonlocal day_zero
        if name == "sheet":
            wanted.append(attributes.get("id", ""))
        elif name == "workbookPr" and attributes.get("date1904") in {"1", "true", "on"}:
            day_zero = datetime(1904, 1, 1)  # noqa: DTZ001 - the same

    read_elements(package.unpacked(workbook, most=MOST_SMALL), found)
    sheets = [
        target
        for kind, target in (related.get(id_, ("", "")) for id_ in wanted)
        if kind == "worksheet"
    ]
    if len(sheets) > MOST_SHEETS:
        raise ExportRefused(Refusal.UNSAFE)
    parts = dict(related.values())
    return Book(
        sheets,
        _strings(package, parts.get("sharedStrings", "")),
        _dates(package, parts.get("styles", "")),
        day_zero,
    )


def _related(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """The parts a part refers to: id → kind and name."""
    folder, name = posixpath.split(part)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    related: dict[str, tuple[str, str]] = {}

    def found(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
            kind = attributes.get("Type", "").rpartition("/")[2]
            related[attributes.get("Id", "")] = (kind, target.lstrip("/"))

    read_elements(package.unpacked(relations, most=MOST_SMALL), found)
    return related


def _dates(package: Package, part: str) -> list[bool]:
    """For each cell style, whether it shows a date."""
    if part not in package:
        return []
    custom: dict[str, bool] = {}
    styles: list[bool] = []
    group = ""

    def found(name: str, attributes: dict[str, str]) -> None:
        nonlocal group
        if name in {"cellXfs", "cellStyleXfs", "cellStyles", "dxfs"}:
            group = name
        elif name == "numFmt":
            shown = _NOT_SHOWN.sub("", attributes.get("formatCode", ""))
            custom[attributes.get("numFmtId", "")] = bool(_DATE_LETTERS.search(shown))
        elif name == "xf" and group == "cellXfs":
            number = attributes.get("numFmtId", "0")
            styles.append(custom.get(number, number.isdigit() and int(number) in _DATES))

    read_elements(package.unpacked(part, most=MOST_SMALL), found)
    return styles


def _strings(package: Package, part: str) -> list[str]:
    if part not in package:
        return []
    reader = _Strings()
    for _ in parsed(package.unpacked(part, most=MOST_STRINGS_BYTES), reader):
        pass
    return reader.strings


class _Strings:
    """Reads shared strings: the text of each `si`, without its phonetic guides (`rPh`)."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.strings: list[str] = []
        self._pieces: list[str] = []
        self._depth = 0
        self._phonetic = 0

    def start(self, name: str, _attributes: list[str]) -> None:
        self._depth += 1
        name = local(name)
        if name == "si":
            self._pieces.clear()
        elif name == "rPh":
            self._phonetic += 1
        elif name == "t":
            self.text.clear()
        if self._depth > DEEPEST or len(self.strings) > MOST_STRINGS:
            raise ExportRefused(Refusal.UNSAFE)

    def end(self, name: str) -> None:
        self._depth -= 1
        name = local(name)
        if name == "t":
            if not self._phonetic:
                self._pieces.append("".join(self.text))
        elif name == "rPh":
            self._phonetic -= 1
        elif name == "si":
            self.strings.append("".join(self._pieces))
        self.text.clear()

"""From a file somebody sent to an export, or to one clear refusal."""

from collections.abc import Generator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from services.appraisal.workbooks.books import Book, read_book
from services.appraisal.workbooks.delimited import lines_of
from services.appraisal.workbooks.export import Export, Row, find_export
from services.appraisal.workbooks.packages import opened
from services.appraisal.workbooks.refusals import ExportRefused, Refusal
from services.appraisal.workbooks.sheets import rows_of

MOST_BYTES: Final = 200_000_000
"""The largest file that is read."""

_ZIP: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
"""Begins old Excel files (.xls), and new ones that a password protects."""
_PROTECTED: Final = "EncryptedPackage".encode("utf-16-le")
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_HTML: Final = (b"<html", b"<!doctype html", b"<table", b"<head", b"<body", b"<meta", b"<div")


def read(path: Path) -> Export:
    """Find the export in an XLSX or CSV file; the file's content decides which it is, not its name.

    The rows are read when the export is walked, and anew with each walk: the file must stay.

    Raises:
        ExportRefused: it is no export, or not one that can be read whole.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ExportRefused(Refusal.TOO_LARGE, megabytes=str(MOST_BYTES // 1_000_000))
    with path.open("rb") as stream:
        start = stream.read(4096)
    if start.startswith(_ZIP):
        return _workbook(path)
    _refuse_others(path, start)
    return find_export([partial(lines_of, path)])


def _workbook(path: Path) -> Export:
    with opened(path) as package:
        book = read_book(package)
    return find_export([partial(_rows, path, sheet, book) for sheet in book.sheets])


def _rows(path: Path, sheet: str, book: Book) -> Generator[Row]:
    with opened(path) as package, closing(rows_of(package, sheet, book)) as rows:
        yield from rows


def _refuse_others(path: Path, start: bytes) -> None:
    """Name what people send by mistake."""
    if start.startswith(_OLE):
        protected = _PROTECTED in path.read_bytes()
        raise ExportRefused(Refusal.ENCRYPTED if protected else Refusal.OLD_EXCEL)
    if start.startswith(_EMPTY_ZIP):
        raise ExportRefused(Refusal.NOT_EXPORT)
    text = start.removeprefix(_UTF8_MARK).lstrip()
    if not text:
        raise ExportRefused(Refusal.EMPTY)
    if text[:32].lower().startswith(_HTML):
        raise ExportRefused(Refusal.HTML)
    if text.startswith(b"<"):
        raise ExportRefused(Refusal.NOT_EXPORT)

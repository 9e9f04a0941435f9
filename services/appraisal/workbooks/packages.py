"""Opening an XLSX file safely: it is a zip archive of XML parts from somebody we do not know.

What a part unpacks to is counted while it is unpacked, not believed from the archive's index.
"""

import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from services.appraisal.workbooks.refusals import ExportRefused, Refusal

CHUNK: Final = 1 << 18
MOST_PARTS: Final = 1_000
"""Entries of the archive; an export has about ten."""
MOST_UNPACKED: Final = 2 << 30
"""Bytes one part may unpack to; a million rows are about 1.3 GB."""
RATIO_FROM: Final = 16 << 20
MOST_RATIO: Final = 150
"""Bytes unpacked for each byte packed, looked at beyond `RATIO_FROM`; exports reach about 40."""

_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED: Final = 0x1
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
"""What zipfile raises on archives that are cut off, damaged or made to confuse it."""


class Package:
    """An opened archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive: Final = archive
        self._sizes: Final = {entry.filename: entry.compress_size for entry in archive.infolist()}

    def __contains__(self, part: str) -> bool:
        return part in self._sizes

    def unpacked(self, part: str, *, most: int = MOST_UNPACKED) -> Generator[bytes]:
        """A part's bytes, chunk by chunk.

        Raises:
            ExportRefused: it is absent or damaged, or unpacks to more than it may.
        """
        if part not in self._sizes:
            raise ExportRefused(Refusal.DAMAGED)
        total = 0
        with closing(self._chunks(part)) as chunks:
            for chunk in chunks:
                total += len(chunk)
                ratio = total / max(self._sizes[part], 1)
                if total > most or (total > RATIO_FROM and ratio > MOST_RATIO):
                    raise ExportRefused(Refusal.UNSAFE)
                yield chunk

    def _chunks(self, part: str) -> Generator[bytes]:
        try:
            stream = self._archive.open(part)
        except _BROKEN as error:
            raise ExportRefused(Refusal.DAMAGED) from error
        with stream:
            while True:
                try:
                    chunk = stream.read(CHUNK)
                except _BROKEN as error:
                    raise ExportRefused(Refusal.DAMAGED) from error
                if not chunk:
                    return
                yield chunk


@contextmanager
def opened(path: Path) -> Iterator[Package]:
    """Open an archive and look over its index.

    Raises:
        ExportRefused: it is cut off, encrypted, or packed as no spreadsheet is.
    """
    try:
        archive = zipfile.ZipFile(path)
    except _BROKEN as error:
        raise ExportRefused(Refusal.CUT_OFF) from error
    with archive:
        entries = archive.infolist()
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise ExportRefused(Refusal.ENCRYPTED)
        if len(entries) > MOST_PARTS or any(e.compress_type not in _METHODS for e in entries):
            raise ExportRefused(Refusal.UNSAFE)
        if len({entry.filename for entry in entries}) < len(entries):
            raise ExportRefused(Refusal.UNSAFE)
        yield Package(archive)

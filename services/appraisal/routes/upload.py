"""A file on its way in, and what handing it in needs beside the database."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request, UploadFile

from services.appraisal.settings import Settings
from services.appraisal.store import Vault
from shared.http import Problem

PART: Final = 1024 * 1024
"""Bytes of a file kept in one row."""
FORM: Final = 64 * 1024
"""Bytes a form may have around its file."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where exports are handed in."""

    settings: Settings
    vault: Vault

    def weigh(self, file: UploadFile) -> None:
        """Refuse a file that is too large; the form around it passed the service's own limit."""
        largest = self.settings.largest_file
        if (file.size or 0) > largest:
            raise Problem(
                413, "too_large", f"A file may have {largest // 1_000_000} MB.", field="file"
            )


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]


async def parts(file: UploadFile) -> AsyncIterator[bytes]:
    """The file from its beginning, in parts of `PART` bytes."""
    await file.seek(0)
    while part := await file.read(PART):
        yield part


async def digest(file: UploadFile) -> str:
    """The file's SHA-256, in hexadecimal digits."""
    found = hashlib.sha256()
    async for part in parts(file):
        found.update(part)
    return found.hexdigest()

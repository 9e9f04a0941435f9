"""An import, followed from the upload to its report."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec

from deploy.cli.installation import Installation
from deploy.cli.texts import say
from deploy.cli.trouble import Trouble

POLL_SECONDS: Final = 0.2
KINDS: Final = ("rejected", "set_aside", "warned")
"""Kinds of findings, the gravest first."""


class Counts(msgspec.Struct, frozen=True):
    """Rows by what became of them; `finalised` counts all good ones."""

    finalised: int = 0
    superseded: int = 0
    unchanged: int = 0
    rejected: int = 0
    set_aside: int = 0
    warned: int = 0


class Refused(msgspec.Struct, frozen=True):
    """Why nothing of a file was imported, and what to do."""

    code: str
    text: str
    remedy: str


class Import(msgspec.Struct, frozen=True):
    """One import as appraisal tells it. `rows` is unknown until the file has been looked at."""

    import_id: str
    state: Literal["waiting", "reading", "done", "refused"]
    filename: str = ""
    agency: str | None = None
    rows: int | None = None
    rows_done: int | None = None
    counts: Counts | None = None
    refused: Refused | None = None

    @property
    def told(self) -> int:
        """How many evaluations it told the other services: those that are new or changed."""
        return self.counts.finalised - self.counts.unchanged if self.counts else 0


class Finding(msgspec.Struct, frozen=True):
    """What is wrong with a row. `row` counts as the spreadsheet does, from 1."""

    row: int
    code: str
    reason: str
    column: str | None = None
    kind: str = ""
    remedy: str = ""


class _Accepted(msgspec.Struct, frozen=True):
    import_id: str


def require(file: Path) -> None:
    """Raise `Trouble` where there is no such file."""
    if not file.is_file():
        raise Trouble(say("file.absent", file=file))


def begin(services: Installation, file: Path) -> str:
    """Upload an export; gives the import's id, which is an old one where nothing changed."""
    require(file)
    return services.upload("appraisal", "/imports", file, _Accepted).import_id


def follow(
    services: Installation,
    import_id: str,
    progress: Callable[[Import], None],
    *,
    pause: float = POLL_SECONDS,
) -> Import:
    """Wait until the import is done; `progress` is called again and again meanwhile.

    Raises:
        Trouble: the file was refused.
    """
    while True:
        now = services.get("appraisal", f"/imports/{import_id}", Import)
        progress(now)
        if now.state == "done":
            return now
        if now.refused is not None:
            raise Trouble(f"{now.refused.text} {now.refused.remedy}".strip())
        if now.state == "refused":
            raise Trouble(say("import.refused"))
        time.sleep(pause)


def findings(services: Installation, import_id: str) -> Iterator[Finding]:
    """All findings of an import, the gravest kind first."""
    for kind in KINDS:
        path = f"/imports/{import_id}/findings"
        yield from services.items("appraisal", path, Finding, {"kind": kind, "limit": "200"})


def save_rejected(services: Installation, done: Import, file: Path) -> bool:
    """Keep the rejected rows as a workbook to correct; False where none was rejected."""
    if done.counts is None or done.counts.rejected == 0:
        return False
    try:
        services.download("appraisal", f"/imports/{done.import_id}/rejected.xlsx", file)
    except OSError as error:
        raise Trouble(say("file.unwritable", file=file, reason=error.strerror)) from error
    return True

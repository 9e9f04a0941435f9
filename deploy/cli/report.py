"""The report of an import: in the terminal, and as JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from deploy.cli.importing import Finding, Import
from deploy.cli.texts import say
from deploy.cli.trouble import Trouble

SHOWN: Final = 40
"""Findings in the terminal; the JSON holds all of them."""


def show(console: Console, done: Import, found: Sequence[Finding]) -> None:
    """The counts in one line, and the findings as a table."""
    counts = msgspec.structs.asdict(done.counts) if done.counts else {}
    console.print(say("import.counts", rows=done.rows, **counts))
    if not found:
        return
    table = Table(title=say("report.title"), title_justify="left")
    for heading in ("row", "column", "kind", "code", "reason", "remedy"):
        numeric = heading == "row"
        table.add_column(say(f"report.{heading}"), justify="right" if numeric else "left")
    for one in found[:SHOWN]:
        kind = say(f"kind.{one.kind}") if one.kind else ""
        table.add_row(str(one.row), one.column or "", kind, one.code, one.reason, one.remedy)
    console.print(table)
    if len(found) > SHOWN:
        console.print(say("report.more", count=len(found) - SHOWN))


def save(file: Path, done: Import, found: Sequence[Finding]) -> None:
    """The same and all findings as JSON."""
    write_json(file, {"import": done, "findings": found})


def write_json(file: Path, content: object) -> None:
    """Write JSON for people and programs; raises `Trouble` where the file cannot be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
    except OSError as error:
        raise Trouble(say("file.unwritable", file=file, reason=error.strerror)) from error

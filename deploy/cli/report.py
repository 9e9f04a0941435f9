"""The report of an import: in the terminal, and as JSON."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from deploy.cli.importing import Finding, Import
from deploy.cli.texts import say
from deploy.cli.trouble import Trouble

SHOWN: Final = 40
"""Lines of a table in the terminal; the JSON has every finding."""
ROWS_SHOWN: Final = 12
"""Row numbers named in one line."""


def show(console: Console, done: Import, found: Sequence[Finding]) -> None:
    """The counts in one sentence, then what was found, a table a kind."""
    counts = msgspec.structs.asdict(done.counts) if done.counts else {}
    console.print(say("import.counts", rows=done.rows, **counts), soft_wrap=True)
    for kind, ones in groupby(found, key=lambda one: one.kind):
        _show_kind(console, kind, list(ones))


def _show_kind(console: Console, kind: str, found: Sequence[Finding]) -> None:
    """One table; rows that have the same wrong with them share a line."""
    title = say(f"kind.{kind}", count=len(found))
    table = Table(title=title, title_justify="left", show_lines=True, expand=False)
    table.add_column(say("report.rows"), overflow="fold", max_width=14)
    table.add_column(f"{say('report.column')}\n{say('report.code')}", overflow="fold")
    table.add_column(f"{say('report.reason')}\n→ {say('report.remedy')}", overflow="fold")
    same: dict[tuple[str, ...], list[int]] = {}
    for one in found:
        key = (one.column or "", one.code, one.reason, one.remedy)
        same.setdefault(key, []).append(one.row)
    for (column, code, reason, remedy), rows in list(same.items())[:SHOWN]:
        table.add_row(_numbers(rows), f"{column}\n{code}".strip(), f"{reason}\n→ {remedy}")
    console.print(table)
    if len(same) > SHOWN:
        console.print(say("report.more", count=len(same) - SHOWN))


def _numbers(rows: Iterable[int]) -> str:
    """Row numbers, the first dozen of them."""
    numbers = [str(row) for row in rows]
    more = len(numbers) - ROWS_SHOWN
    return ", ".join(numbers[:ROWS_SHOWN]) + (f" (+{more})" if more > 0 else "")


def save(file: Path, done: Import, found: Sequence[Finding]) -> None:
    """The same, and every finding, as JSON."""
    write_json(file, {"import": done, "findings": found})


def write_json(file: Path, content: object) -> None:
    """Write JSON for people and programs; raises `Trouble` where the file cannot be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
    except OSError as error:
        raise Trouble(say("file.unwritable", file=file, reason=error.strerror)) from error

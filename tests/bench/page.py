"""The newest table in docs/performance.md: generated between two markers."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from tests.bench.machine import describe
from tests.bench.results import Row
from tests.bench.table import markdown

BEGIN: Final = "<!-- bench: begin -->"
END: Final = "<!-- bench: end -->"


def renewed(page: str, rows: Sequence[Row], stacks: Sequence[str], day: date) -> str:
    """The page with its table renewed.

    Raises:
        ValueError: the page has no markers.
    """
    before, found, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError("docs/performance.md lost its markers")
    about = f"Measured on {day.isoformat()}: {describe()}; {'; '.join(stacks)}."
    return f"{before}{BEGIN}\n{about}\n\n{markdown(rows)}\n{END}{after}"


def renew(file: Path, rows: Sequence[Row], stacks: Sequence[str], day: date) -> None:
    """Renew the table in a file."""
    file.write_text(renewed(file.read_text(), rows, stacks, day))

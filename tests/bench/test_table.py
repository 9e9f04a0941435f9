"""Rows as people see them: on a terminal, and in docs/performance.md."""

from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from tests.bench import page, results, table
from tests.bench.once import Reading

ROWS = [
    results.compared(
        "stage: training",
        "embedded",
        [Reading(1000, 0.1, 20.0, 10.0, 5.0)],
        [Reading(1000, 0.2, 40.0, 20.0, 10.0)],
        results.STAGE_GOALS,
    ),
    results.latency("result → inbox row", "embedded", 50, [3.0, 4.0], {"p50_ms": ("<=", 25)}),
    results.latency("burst", "embedded", 10, [3.0], floor_ms=[1.04, 2.0]),
    results.figure("import: csv", "embedded", 12345.6, "rows/s", (">=", 15_000), rows=100_000),
]


def test_the_terminal_shows_every_row_with_bars_and_what_missed() -> None:
    out = StringIO()
    table.show(Console(file=out, width=200), ROWS)
    said = out.getvalue()
    assert "2.00 (<= 1.25 missed)" in said
    assert "█" * 10 in said
    assert "<= 25" in said
    assert "1.0 / 2.0 / 2.0" in said, "the floor's waits, beside ours"
    assert ">= 15000 missed" in said


def test_a_bar_is_as_long_as_its_parts() -> None:
    drawn = table.bar({"us_app": 20.0, "us_database": 10.0, "us_broker": 5.0}, unit=5.0)
    assert drawn.plain == "████▓▓░"


def test_the_page_gets_a_new_table_between_its_markers_and_keeps_the_rest() -> None:
    before = f"# Performance\n{page.BEGIN}\nold\n{page.END}\nThe profile.\n"
    after = page.renewed(before, ROWS, ["Tansu, SQLite 3"], date(2026, 11, 24))
    assert after.startswith(f"# Performance\n{page.BEGIN}\nMeasured on 2026-11-24: ")
    assert "| stage: training | embedded | 10,000 | 5,000 |" in after
    assert "old" not in after
    assert after.endswith(f"{page.END}\nThe profile.\n")
    assert page.renewed(after, ROWS, ["Tansu, SQLite 3"], date(2026, 11, 24)) == after


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="markers"):
        page.renewed("# Performance\n", ROWS, [], date(2026, 11, 24))

"""Rows for people: on a terminal with colours, and as Markdown for docs/performance.md."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.bench.results import Row, missed

PARTS: Final = (
    ("us_app", "█", "cyan"),
    ("us_database", "▓", "green"),
    ("us_broker", "░", "yellow"),
)
"""Services, database, broker: how each part of a bar looks."""
WIDTH: Final = 30


def show(console: Console, rows: Sequence[Row]) -> None:
    """Print all rows, those of a kind together."""
    for title, of_kind, draw in (
        ("CPU and rate beside the floor", _compared(rows), _comparison),
        ("Waits", _waits(rows), _latencies),
        ("Figures", _figures(rows), _values),
    ):
        if of_kind:
            console.print(draw(title, of_kind))
    console.print("Bars: █ services ▓ database ░ broker, microseconds of CPU an event.")


def markdown(rows: Sequence[Row]) -> str:
    """The same as Markdown tables."""
    parts = []
    if found := _compared(rows):
        parts.append(_lines(_COMPARED, (_compared_cells(row) for row in found)))
    if found := _waits(rows):
        parts.append(_lines(_WAITS, (_wait_cells(row) for row in found)))
    if found := _figures(rows):
        parts.append(_lines(_FIGURES, (_figure_cells(row) for row in found)))
    return "\n\n".join(parts)


def bar(figures: dict[str, float], unit: float) -> Text:
    """CPU an event as a bar; one character is `unit` microseconds."""
    drawn = Text()
    for name, sign, colour in PARTS:
        drawn.append(sign * round(figures[name] / unit), style=colour)
    return drawn


_COMPARED: Final = (
    "bench", "stack", "floor, events/s", "ours, events/s", "rate", "floor, us", "ours, us", "CPU",
)  # fmt: skip
_WAITS: Final = (
    "bench", "stack", "rate /s", "p50 ms", "p99 ms", "max ms", "floor's, ms", "n", "goal",
)  # fmt: skip
_FIGURES: Final = ("bench", "stack", "value", "unit", "goal", "more")


def _compared(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if "ratio_cpu" in row]


def _waits(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if "p50_ms" in row]


def _figures(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if "value" in row]


def _comparison(title: str, rows: Sequence[Row]) -> Table:
    table = Table(*_COMPARED, "", title=title, title_justify="left")
    unit = max(row[who]["us_cpu"] for row in rows for who in ("floor", "ours")) / WIDTH
    for row in rows:
        bars = Text("\n").join([bar(row["floor"], unit), bar(row["ours"], unit)])
        table.add_row(*_coloured(row, _compared_cells(row)), bars)
    return table


def _latencies(title: str, rows: Sequence[Row]) -> Table:
    table = Table(*_WAITS, title=title, title_justify="left")
    for row in rows:
        table.add_row(*_coloured(row, _wait_cells(row)))
    return table


def _values(title: str, rows: Sequence[Row]) -> Table:
    table = Table(*_FIGURES, title=title, title_justify="left")
    for row in rows:
        table.add_row(*_coloured(row, _figure_cells(row)))
    return table


def _compared_cells(row: Row) -> list[str]:
    floor, ours = row["floor"], row["ours"]
    return [
        row["name"],
        row["stack"],
        f"{floor['events_per_s']:,}",
        f"{ours['events_per_s']:,}",
        _with_goal(row, "ratio_rate", f"{row['ratio_rate']:.2f}"),
        _split(floor),
        _split(ours),
        _with_goal(row, "ratio_cpu", f"{row['ratio_cpu']:.2f}"),
    ]


def _split(figures: dict[str, float]) -> str:
    parts = " + ".join(f"{figures[name]:.0f}" for name, _, _ in PARTS)
    return f"{parts} = {figures['us_cpu']:.0f}"


def _wait_cells(row: Row) -> list[str]:
    figures, floor = _milliseconds(row), " / ".join(_milliseconds(row.get("floor", {})))
    about = [row["name"], row["stack"], str(row["rate"])]
    return [*about, *figures, floor, f"{row['n']:,}", _goals(row)]


def _milliseconds(row: Row) -> list[str]:
    return [f"{row[name]:,.1f}" for name in ("p50_ms", "p99_ms", "max_ms") if name in row]


def _figure_cells(row: Row) -> list[str]:
    known = {"name", "stack", "value", "unit", "goals"}
    more = ", ".join(f"{name} {_plain(value)}" for name, value in row.items() if name not in known)
    return [row["name"], row["stack"], _plain(row["value"]), row["unit"], _goals(row), more]


def _plain(value: object) -> str:
    if isinstance(value, float) and value < 100:  # from here decimals say nothing
        return f"{value:.2f}"
    return (
        f"{value:,.0f}"
        if isinstance(value, float)
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
    )


def _with_goal(row: Row, name: str, value: str) -> str:
    goal = row.get("goals", {}).get(name)
    return f"{value} ({goal['goal']}{'' if goal['met'] else ' missed'})" if goal else value


def _goals(row: Row) -> str:
    said = []
    for name, goal in row.get("goals", {}).items():
        short = {"p50_ms": "p50 ", "p99_ms": "p99 ", "max_ms": "max "}.get(name, "")
        said.append(f"{short}{goal['goal']}{'' if goal['met'] else ' missed'}")
    return ", ".join(said)


def _coloured(row: Row, cells: Sequence[str]) -> Iterator[Text]:
    """In red what missed its goal."""
    bad = bool(missed(row))
    for cell in cells:
        yield Text(cell, style="red" if bad and "missed" in cell else "")


def _lines(head: Sequence[str], cells: Iterator[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in cells])

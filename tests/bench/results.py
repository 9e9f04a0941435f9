"""What benches say: rows of build/bench.json, medians, and the goals rows are held to."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.bench.once import Reading

Row = dict[str, Any]
STAGE_GOALS: Final = {"ratio_cpu": ("<=", 1.25), "ratio_rate": (">=", 0.9)}
PIPELINE_GOALS: Final = {"ratio_cpu": ("<=", 1.3), "ratio_rate": (">=", 0.8)}
Goals = dict[str, tuple[str, float]]


def compared(
    name: str, stack: str, floor: Sequence[Reading], ours: Sequence[Reading], goals: Goals
) -> Row:
    """A row of two programs that did the same work by turns: medians, and their ratios."""
    low, high = _figures(floor), _figures(ours)
    row = {
        "name": name,
        "stack": stack,
        "floor": low,
        "ours": high,
        "ratio_cpu": round(high["us_cpu"] / low["us_cpu"], 2),
        "ratio_rate": round(high["events_per_s"] / low["events_per_s"], 2),
        "n": ours[0].n,
        "reps": len(ours),
    }
    return row | _judged(row, goals)


def latency(
    name: str,
    stack: str,
    rate: int,
    waits_ms: Sequence[float],
    goals: Goals | None = None,
    floor_ms: Sequence[float] = (),
) -> Row:
    """A row of how long things took, in milliseconds; how long the floor's did where it ran."""
    row: Row = {"name": name, "stack": stack, "rate": rate, **_waits(waits_ms), "n": len(waits_ms)}
    if floor_ms:
        row["floor"] = _waits(floor_ms)
    return row | _judged(row, goals or {})


def _waits(waits_ms: Sequence[float]) -> dict[str, float]:
    return {
        "p50_ms": round(quantile(waits_ms, 0.5), 1),
        "p99_ms": round(quantile(waits_ms, 0.99), 1),
        "max_ms": round(max(waits_ms), 1),
    }


def figure(
    name: str,
    stack: str,
    value: float,
    unit: str,
    goal: tuple[str, float] | None = None,
    **more: Any,
) -> Row:
    """A row of one figure; `more` says what else belongs to it."""
    row = {"name": name, "stack": stack, "value": round(value, 3), "unit": unit, **more}
    return row | _judged(row, {"value": goal} if goal else {})


def quantile(values: Iterable[float], part: float) -> float:
    """The smallest value that at least this part of all do not exceed."""
    found = sorted(values)
    place = min(len(found) - 1, max(0, -int(-part * len(found) // 1) - 1))
    return found[place]


def missed(row: Row) -> list[str]:
    """Which of a row's figures miss their goals."""
    return [name for name, goal in row.get("goals", {}).items() if not goal["met"]]


def merged(before: Iterable[Row], new: Sequence[Row]) -> list[Row]:
    """New rows take the place of those of the same name, stack and rate; the others stay."""
    fresh = {_place(row) for row in new}
    return [row for row in before if _place(row) not in fresh] + list(new)


def read(file: Path) -> list[Row]:
    """The rows of a file; none where there is no file."""
    return list(json.loads(file.read_text())) if file.exists() else []


def write(file: Path, rows: Sequence[Row]) -> None:
    """Write rows, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(rows, indent=1) + "\n")
    draft.replace(file)


def _figures(readings: Sequence[Reading]) -> dict[str, float]:
    def middle(of: Callable[[Reading], float]) -> float:
        return round(median(of(one) for one in readings), 1)

    rates = [one.events_per_s for one in readings]
    return {
        "events_per_s": round(median(rates)),
        "us_cpu": middle(lambda one: one.cpu),
        "us_app": middle(lambda one: one.app),
        "us_database": middle(lambda one: one.database),
        "us_broker": middle(lambda one: one.broker),
        "slowest": round(min(rates)),
        "fastest": round(max(rates)),
    }


def _judged(row: Row, goals: Goals) -> Row:
    if not goals:
        return {}
    return {
        "goals": {
            name: {
                "goal": f"{sign} {limit:g}",
                "met": row[name] <= limit if sign == "<=" else row[name] >= limit,
            }
            for name, (sign, limit) in goals.items()
        }
    }


def _place(row: Row) -> tuple[str, str, int]:
    return row["name"], row["stack"], row.get("rate", 0)

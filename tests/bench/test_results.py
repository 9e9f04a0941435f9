"""What benches say: medians, ratios, quantiles, goals, and rows that replace older ones."""

from pathlib import Path

import pytest

from tests.bench import results
from tests.bench.benches.nation import on_more_cores
from tests.bench.once import Reading


def reading(seconds: float, app: float, broker: float = 5.0) -> Reading:
    return Reading(n=1000, seconds=seconds, app=app, database=10.0, broker=broker)


def test_a_comparison_holds_medians_and_their_ratios() -> None:
    floor = [reading(0.1, 15), reading(0.2, 15), reading(9.0, 900)]
    ours = [reading(0.4, 30), reading(0.4, 30), reading(0.1, 1)]
    row = results.compared("stage: x", "embedded", floor, ours, results.STAGE_GOALS)
    assert row["floor"]["events_per_s"] == 5000
    assert row["ours"]["us_cpu"] == 45.0
    assert (row["ratio_cpu"], row["ratio_rate"]) == (1.5, 0.5)
    assert (row["n"], row["reps"]) == (1000, 3)
    assert results.missed(row) == ["ratio_cpu", "ratio_rate"]


def test_a_comparison_within_its_goals_misses_nothing() -> None:
    floor, ours = [reading(1.0, 15)], [reading(1.1, 20)]
    row = results.compared("stage: x", "embedded", floor, ours, results.STAGE_GOALS)
    assert results.missed(row) == []


@pytest.mark.parametrize(
    ("part", "value"), [(0.0, 1), (0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)]
)
def test_a_quantile_is_the_smallest_value_that_so_many_do_not_exceed(
    part: float, value: int
) -> None:
    assert results.quantile(range(100, 0, -1), part) == value


def test_of_a_single_wait_every_quantile_is_that_wait() -> None:
    row = results.latency("w", "embedded", 50, [7.04], {"p50_ms": ("<=", 7)})
    assert (row["p50_ms"], row["p99_ms"], row["max_ms"]) == (7.0, 7.0, 7.0)
    assert results.missed(row) == []


def test_a_new_row_takes_the_place_of_the_one_before_and_leaves_the_others() -> None:
    old = [
        results.latency("w", "embedded", 50, [1]),
        results.latency("w", "embedded", 500, [1]),
        results.figure("f", "embedded", 1, "s"),
    ]
    merged = results.merged(old, [results.latency("w", "embedded", 50, [2])])
    assert [(row["name"], row.get("rate"), row.get("p50_ms")) for row in merged] == [
        ("w", 500, 1),
        ("f", None, None),
        ("w", 50, 2),
    ]


def test_rows_are_written_whole_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "build" / "bench.json"
    assert results.read(file) == []
    rows = [results.figure("f", "embedded", 1.23456, "s", ("<=", 1.0), reps=3)]
    results.write(file, rows)
    assert results.read(file) == rows
    assert rows[0]["goals"] == {"value": {"goal": "<= 1", "met": False}}
    assert list(file.parent.iterdir()) == [file]


def test_more_cores_help_until_the_busiest_process_or_all_of_them_are_full() -> None:
    apps = {"training": 400.0, "notifications": 100.0}
    assert on_more_cores(apps, database=10.0, broker=10.0) == 100.0  # 400 s in four processes
    assert on_more_cores(apps, database=2000.0, broker=100.0) == 175.0  # 2800 s on 16 cores


def test_a_wait_stands_beside_the_floor_s_where_that_ran() -> None:
    row = results.latency("w", "embedded", 50, [7.0], {"p50_ms": ("<=", 7)}, [3.0, 5.0])
    assert (row["p50_ms"], row["n"]) == (7.0, 1)
    assert row["floor"] == {"p50_ms": 3.0, "p99_ms": 5.0, "max_ms": 5.0}
    assert "floor" not in results.latency("w", "embedded", 50, [7.0])

"""What is imported while it storms: exports of invented people, and a corrected one."""

import csv
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from deploy.cli.synthetic import (
    COLUMNS,
    PREDICATES,
    write_export,
)

ROWS, MORE_ROWS = 20_000, 4_000
YEAR = 2025
FILES = 16
CORRECTED_EVERY = 4


def papers(folder: Path, *, seed: int, over: Callable[[], bool]) -> Iterator[Path]:
    """Exports of `ROWS` people; then smaller ones of others until it is over."""
    for number in itertools.count():
        rows = ROWS if number == 0 else MORE_ROWS
        year = YEAR - number % 10
        yield from _write_papers(folder / str(number), rows, seed=seed + number, year=year)
        if over():
            return


def _write_papers(folder: Path, rows: int, *, seed: int, year: int) -> list[Path]:
    """Write exports of so many people together, and a quarter of them once more, corrected."""
    folder.mkdir(parents=True)
    whole = folder / "whole.csv"
    write_export(whole, rows, seed=seed, year=year)
    with whole.open(newline="") as text:
        lines = list(csv.reader(text))
    begins = lines.index(list(COLUMNS)) + 1
    above, people = lines[:begins], lines[begins:]
    size = len(people) // FILES
    parts = [people[start : start + size] for start in range(0, len(people), size)]
    files = [_write(folder / f"{number}.csv", above, part) for number, part in enumerate(parts)]
    return [
        *files,
        _write(
            folder / "corrected.csv", above, _corrected(people[: len(people) // 4], Random(seed))
        ),
    ]


def _corrected(people: list[list[str]], chance: Random) -> list[list[str]]:
    """The same people; one in four has another result."""
    result, behaviour, predicate = map(
        COLUMNS.index, ("hasil_kerja", "perilaku_kerja", "hasil_akhir")
    )
    found = [list(row) for row in people]
    for row in found[::CORRECTED_EVERY]:
        now = chance.choice([one for one in PREDICATES if PREDICATES[one] != row[predicate]])
        row[result], row[behaviour] = now
        row[predicate] = PREDICATES[now]
    return found


def _write(path: Path, above: list[list[str]], people: list[list[str]]) -> Path:
    with path.open("w", newline="") as text:
        csv.writer(text).writerows([*above, *people])
    return path

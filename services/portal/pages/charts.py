"""Bars as numbers, for templates to draw: shares in percent of the width."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.events.words import Predicate


@dataclass(frozen=True, slots=True)
class Bar:
    """One predicate's bar.

    Attributes:
        count: employees.
        share: percent of all of them.
        start: percent where the bar begins when all lie in one row.
    """

    predicate: Predicate
    count: int
    share: float
    start: float


def bars(counts: Mapping[Predicate, int]) -> list[Bar]:
    """A bar for each predicate, best first; those nobody has are there too."""
    total = sum(counts.values())
    found: list[Bar] = []
    start = 0.0
    for predicate in Predicate:
        count = counts.get(predicate, 0)
        share = 100 * count / total if total else 0.0
        found.append(Bar(predicate, count, round(share, 3), round(start, 3)))
        start += share
    return found


def most_frequent(counts: Mapping[Predicate, int]) -> Predicate:
    """The predicate most employees have."""
    return max(Predicate, key=lambda predicate: counts.get(predicate, 0))

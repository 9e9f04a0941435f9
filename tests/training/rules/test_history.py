from collections.abc import Callable
from datetime import date
from itertools import permutations

import pytest

from services.training.rules.history import Past, pattern
from services.training.rules.words import History
from shared.events.appraisal import Period
from shared.events.words import PeriodKind, Predicate

WEAK = {Predicate.NEEDS_IMPROVEMENT, Predicate.POOR, Predicate.VERY_POOR}
STRONG = {Predicate.VERY_GOOD}

Annual = Callable[..., Period]


def told(period: Period, predicate: str, past: list[Past]) -> History:
    return pattern(period, Predicate(predicate), past, weak=WEAK, strong=STRONG)


def spell(kind: PeriodKind, year: int, number: int) -> Period:
    return Period(kind=kind, year=year, number=number, start=date(year, 1, 1), end=date(year, 2, 1))


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        ("POOR", [], "PLAIN"),
        ("POOR", ["GOOD", "POOR"], "PLAIN"),
        ("POOR", ["POOR"], "WEAK_TWICE"),
        ("POOR", ["NEEDS_IMPROVEMENT", "GOOD"], "WEAK_TWICE"),
        ("NEEDS_IMPROVEMENT", ["VERY_POOR", "POOR"], "WEAK_THREE_TIMES"),
        ("VERY_POOR", ["POOR", "POOR", "POOR"], "WEAK_THREE_TIMES"),
        ("GOOD", ["POOR"], "RECOVERED"),
        ("VERY_GOOD", ["NEEDS_IMPROVEMENT", "VERY_GOOD"], "RECOVERED"),
        ("VERY_GOOD", ["VERY_GOOD"], "STRONG_TWICE"),
        ("VERY_GOOD", ["GOOD", "VERY_GOOD"], "PLAIN"),
        ("GOOD", ["GOOD", "POOR"], "PLAIN"),
        ("GOOD", ["VERY_GOOD"], "PLAIN"),
    ],
)
def test_two_periods_before_add_what_they_say(
    annual: Annual,
    history_of: Callable[..., list[Past]],
    now: str,
    before: list[str],
    expected: str,
) -> None:
    assert told(annual(2025), now, history_of(*before)) is History(expected)


def test_the_order_history_comes_in_does_not_matter(
    annual: Annual, history_of: Callable[..., list[Past]]
) -> None:
    past = history_of("POOR", "VERY_POOR", "GOOD")
    found = {told(annual(2025), "POOR", list(order)) for order in permutations(past)}
    assert found == {History.WEAK_THREE_TIMES}


def test_a_gap_breaks_the_row(annual: Annual) -> None:
    past = [Past(period=annual(2023), predicate=Predicate.POOR)]
    assert told(annual(2025), "POOR", past) is History.PLAIN


def test_a_later_period_is_no_history(annual: Annual) -> None:
    past = [Past(period=annual(2026), predicate=Predicate.POOR)]
    assert told(annual(2025), "POOR", past) is History.PLAIN


def test_an_acting_post_is_no_history(annual: Annual) -> None:
    past = [Past(period=annual(2024), predicate=Predicate.POOR, acting=True)]
    assert told(annual(2025), "POOR", past) is History.PLAIN


def test_of_two_results_for_one_period_the_better_one_counts(annual: Annual) -> None:
    half = annual(2024, end=date(2024, 6, 30))
    past = [
        Past(period=half, predicate=Predicate.POOR),
        Past(period=annual(2024), predicate=Predicate.GOOD),
    ]
    assert told(annual(2025), "POOR", past) is History.PLAIN
    assert told(annual(2025), "POOR", past[::-1]) is History.PLAIN


@pytest.mark.parametrize(("kind", "last"), [("MONTHLY", 12), ("QUARTERLY", 4)])
def test_the_last_period_of_a_year_is_followed_by_the_first_of_the_next(
    kind: str, last: int
) -> None:
    of = PeriodKind(kind)
    past = [
        Past(period=spell(of, 2025, last), predicate=Predicate.POOR),
        Past(period=spell(of, 2025, last - 1), predicate=Predicate.POOR),
    ]
    assert told(spell(of, 2026, 1), "POOR", past) is History.WEAK_THREE_TIMES
    assert told(spell(of, 2026, 2), "POOR", past) is History.PLAIN


def test_months_say_nothing_about_years(annual: Annual) -> None:
    past = [Past(period=spell(PeriodKind.MONTHLY, 2024, 12), predicate=Predicate.POOR)]
    assert told(annual(2025), "POOR", past) is History.PLAIN

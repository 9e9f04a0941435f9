"""From ratings or scores to predicates, law by law."""

from datetime import date
from decimal import Decimal

import pytest

from services.appraisal.rules import regimes
from services.appraisal.rules.findings import Code
from shared.events.words import Predicate, Rating, Regime

ABOVE, MEETS, BELOW = Rating
VERY_GOOD, GOOD, NEEDS_IMPROVEMENT, POOR, VERY_POOR = Predicate


@pytest.mark.parametrize(
    ("result", "behaviour", "predicate"),
    [
        (ABOVE, BELOW, POOR),
        (ABOVE, MEETS, GOOD),
        (ABOVE, ABOVE, VERY_GOOD),
        (MEETS, BELOW, POOR),
        (MEETS, MEETS, GOOD),
        (MEETS, ABOVE, GOOD),
        (BELOW, BELOW, VERY_POOR),
        (BELOW, MEETS, NEEDS_IMPROVEMENT),
        (BELOW, ABOVE, NEEDS_IMPROVEMENT),
    ],
)
def test_all_nine_cells_of_the_quadrant(
    result: Rating, behaviour: Rating, predicate: Predicate
) -> None:
    assert regimes.quadrant(result, behaviour) is predicate


def test_the_quadrant_has_no_cell_but_the_nine() -> None:
    assert len(regimes.MATRIX) == 9


@pytest.mark.parametrize(
    ("score", "idea", "predicate"),
    [
        ("120", True, VERY_GOOD),
        ("110", True, VERY_GOOD),
        ("110", False, GOOD),
        ("109.99", True, GOOD),
        ("90", False, GOOD),
        ("89.99", True, NEEDS_IMPROVEMENT),
        ("70", False, NEEDS_IMPROVEMENT),
        ("69.99", False, POOR),
        ("50", False, POOR),
        ("49.99", False, VERY_POOR),
        ("0", False, VERY_POOR),
        ("120.01", True, Code.SCORE_INVALID),
        ("-0.01", False, Code.SCORE_INVALID),
    ],
)
def test_the_bands_of_pp_30_2019(score: str, idea: bool, predicate: Predicate | Code) -> None:
    assert regimes.pp_30_predicate(Decimal(score), idea=idea) is predicate


def test_the_weights_of_pp_30_2019() -> None:
    score = regimes.pp_30_score(Decimal(100), Decimal(90))
    assert score == 97
    assert regimes.pp_30_predicate(score, idea=False) is GOOD
    assert regimes.pp_30_score(Decimal(100), Decimal(90), peers=True) == 96


@pytest.mark.parametrize(
    ("score", "predicate"),
    [
        ("91", VERY_GOOD),
        ("90.99", GOOD),
        ("76", GOOD),
        ("75", NEEDS_IMPROVEMENT),
        ("61", NEEDS_IMPROVEMENT),
        ("60", POOR),
        ("51", POOR),
        ("50", VERY_POOR),
        ("0", VERY_POOR),
        ("121", Code.SCORE_INVALID),
    ],
)
def test_the_bands_of_pp_46_2011(score: str, predicate: Predicate | Code) -> None:
    assert regimes.pp_46_predicate(Decimal(score)) is predicate


def test_the_weights_of_pp_46_2011() -> None:
    assert regimes.pp_46_score(Decimal(90), Decimal(80)) == 86


@pytest.mark.parametrize(
    "law", [regimes.PP_30_WEIGHTS, regimes.PP_30_WEIGHTS_WITH_PEERS, regimes.PP_46_WEIGHTS]
)
def test_weights_make_a_whole(law: regimes.Weights) -> None:
    assert law.plan + law.behaviour == 1


@pytest.mark.parametrize(
    ("end", "regime"),
    [
        (date(2013, 12, 31), Regime.PP_46_2011),
        (date(2020, 12, 31), Regime.PP_46_2011),
        (date(2021, 6, 30), Regime.PP_46_2011),
        (date(2021, 7, 1), Regime.PP_30_2019),
        (date(2021, 12, 31), Regime.PP_30_2019),
        (date(2022, 1, 31), Regime.PERMENPANRB_6_2022),
        (date(2025, 12, 31), Regime.PERMENPANRB_6_2022),
    ],
)
def test_the_last_day_of_a_period_chooses_its_law(end: date, regime: Regime) -> None:
    assert regimes.regime_on(end) is regime

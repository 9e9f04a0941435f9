"""From what was judged to the predicate: one rule a law, chosen by the period's dates.

All numbers stand in dated tables; a record keeps the regime it was made under.
"""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

import msgspec

from services.appraisal.rules.findings import Code
from shared.events.words import Predicate, Rating, Regime

HIGHEST: Final = Decimal(120)
"""The highest score there is; the lowest is 0."""


class InForce(msgspec.Struct, frozen=True):
    """A regime and the periods it covers: those that end on `until` or before."""

    regime: Regime
    until: date


IN_FORCE: Final = (
    InForce(Regime.PP_46_2011, date(2021, 6, 30)),
    InForce(Regime.PP_30_2019, date(2021, 12, 31)),
    InForce(Regime.PERMENPANRB_6_2022, date.max),
)
"""2021 has a half year under each of the numeric regimes; a period over both counts as the later
(our reading; to be confirmed with the personnel agency before old years are imported)."""


class Band(msgspec.Struct, frozen=True):
    """A predicate and the lowest score that earns it."""

    predicate: Predicate
    lowest: Decimal


class Weights(msgspec.Struct, frozen=True):
    """Shares of the work plan (SKP) and of behaviour in a numeric score; together 1."""

    plan: Decimal
    behaviour: Decimal


PP_30_WEIGHTS: Final = Weights(Decimal("0.70"), Decimal("0.30"))
PP_30_WEIGHTS_WITH_PEERS: Final = Weights(Decimal("0.60"), Decimal("0.40"))
PP_46_WEIGHTS: Final = Weights(Decimal("0.60"), Decimal("0.40"))

PP_30_VERY_GOOD: Final = Decimal(110)
PP_30_BANDS: Final = (
    Band(Predicate.GOOD, Decimal(90)),
    Band(Predicate.NEEDS_IMPROVEMENT, Decimal(70)),
    Band(Predicate.POOR, Decimal(50)),
    Band(Predicate.VERY_POOR, Decimal(0)),
)
PP_46_BANDS: Final = (
    Band(Predicate.VERY_GOOD, Decimal(91)),
    Band(Predicate.GOOD, Decimal(76)),
    Band(Predicate.NEEDS_IMPROVEMENT, Decimal(61)),
    Band(Predicate.POOR, Decimal(51)),
    Band(Predicate.VERY_POOR, Decimal(0)),
)

MATRIX: Final = {
    (Rating.ABOVE, Rating.ABOVE): Predicate.VERY_GOOD,
    (Rating.ABOVE, Rating.MEETS): Predicate.GOOD,
    (Rating.ABOVE, Rating.BELOW): Predicate.POOR,
    (Rating.MEETS, Rating.ABOVE): Predicate.GOOD,
    (Rating.MEETS, Rating.MEETS): Predicate.GOOD,
    (Rating.MEETS, Rating.BELOW): Predicate.POOR,
    (Rating.BELOW, Rating.ABOVE): Predicate.NEEDS_IMPROVEMENT,
    (Rating.BELOW, Rating.MEETS): Predicate.NEEDS_IMPROVEMENT,
    (Rating.BELOW, Rating.BELOW): Predicate.VERY_POOR,
}
"""(result, behaviour) → predicate: PermenPANRB 6/2022, the quadrant of performance. It is not
symmetric: low behaviour sinks good results to POOR (misconduct)."""


@lru_cache(maxsize=1024)
def regime_on(end: date) -> Regime:
    """The regime of a period that ends on `end`."""
    return next(law.regime for law in IN_FORCE if end <= law.until)


def quadrant(result: Rating, behaviour: Rating) -> Predicate:
    """The predicate of two ratings (PermenPANRB 6/2022)."""
    return MATRIX[result, behaviour]


def pp_30_score(plan: Decimal, behaviour: Decimal, *, peers: bool = False) -> Decimal:
    """The score N of PP 30/2019 art. 41: 70 % plan and 30 % behaviour.

    Args:
        plan: score of the work plan (SKP), 0-120.
        behaviour: score of behaviour, 0-120.
        peers: whether peers and subordinates were heard too: then 60 % and 40 %.
    """
    return _weighed(plan, behaviour, PP_30_WEIGHTS_WITH_PEERS if peers else PP_30_WEIGHTS)


def pp_46_score(plan: Decimal, behaviour: Decimal) -> Decimal:
    """The score of PP 46/2011 art. 15: 60 % plan and 40 % behaviour."""
    return _weighed(plan, behaviour, PP_46_WEIGHTS)


def pp_30_predicate(score: Decimal, *, idea: bool) -> Predicate | Code:
    """The predicate of a score by PP 30/2019 art. 41(4).

    Args:
        score: 0-120; beyond it, `score_invalid`.
        idea: whether a new idea or method of benefit was created: 110 and more without one is GOOD.
    """
    if not 0 <= score <= HIGHEST:
        return Code.SCORE_INVALID
    if score >= PP_30_VERY_GOOD and idea:
        return Predicate.VERY_GOOD
    return _band(score, PP_30_BANDS)


def pp_46_predicate(score: Decimal) -> Predicate | Code:
    """The predicate of a score by PP 46/2011 art. 17; between two bands the lower one holds."""
    if not 0 <= score <= HIGHEST:
        return Code.SCORE_INVALID
    return _band(score, PP_46_BANDS)


def _weighed(plan: Decimal, behaviour: Decimal, weights: Weights) -> Decimal:
    return plan * weights.plan + behaviour * weights.behaviour


def _band(score: Decimal, bands: tuple[Band, ...]) -> Predicate:
    return next(band.predicate for band in bands if score >= band.lowest)

"""What a row's ratings or scores come to, under the regime of its period."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Protocol

import msgspec

from services.appraisal.rules import regimes
from services.appraisal.rules.cells import Cell, answer_of, number_of, text_of
from services.appraisal.rules.findings import Code
from services.appraisal.rules.ratings import predicate_of, rating_of
from shared.events import Period
from shared.events.words import Predicate, Rating, Regime

CENT: Final = Decimal("0.01")


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """A predicate and what it was made of: two ratings, or a score."""

    regime: Regime
    predicate: Predicate
    result: Rating | None = None
    behaviour: Rating | None = None
    score: float | None = None


class Reading(Protocol):
    """A row being read; findings go back to it."""

    def cell(self, column: str) -> Cell:
        """The cell in a column, None where it is empty or there is no such column."""

    def missing(self, column: str, code: Code) -> None:
        """Reject the row because a needed cell is empty."""

    def reject(self, column: str, code: Code, value: object = "") -> None:
        """Reject the row."""

    def warn(self, column: str, code: Code, value: object = "") -> None:
        """Warn of the row."""


def outcome(row: Reading, period: Period | None) -> Outcome | None:
    """The row's outcome, or None with the row rejected.

    A row whose period cannot be read is read by today's law, so that its other faults are told too.
    """
    regime = regimes.regime_on(period.end) if period else Regime.PERMENPANRB_6_2022
    found = _of_ratings(row) if regime is Regime.PERMENPANRB_6_2022 else _of_scores(row, regime)
    if found:
        _compare(row, found.predicate)
    return found


def _of_ratings(row: Reading) -> Outcome | None:
    result, behaviour = _rating(row, "hasil_kerja"), _rating(row, "perilaku_kerja")
    if result is None or behaviour is None:
        return None
    predicate = regimes.quadrant(result, behaviour)
    return Outcome(Regime.PERMENPANRB_6_2022, predicate, result, behaviour)


def _rating(row: Reading, column: str) -> Rating | None:
    cell = row.cell(column)
    rating = rating_of(cell)
    if isinstance(rating, Rating):
        return rating
    if rating is Code.MISSING_RATING:
        row.missing(column, rating)
    else:
        row.reject(column, rating, cell)
    return None


def _of_scores(row: Reading, regime: Regime) -> Outcome | None:
    plan, behaviour = _score(row, "nilai_skp"), _score(row, "nilai_perilaku")
    idea, peers = _answer(row, "ide_baru"), _answer(row, "penilaian_rekan")
    if plan is None or behaviour is None or idea is None or peers is None:
        return None
    if regime is Regime.PP_30_2019:
        score = regimes.pp_30_score(plan, behaviour, peers=peers)
        predicate = regimes.pp_30_predicate(score, idea=idea)
    else:
        score = regimes.pp_46_score(plan, behaviour)
        predicate = regimes.pp_46_predicate(score)
    if isinstance(predicate, Code):  # unreachable while both parts are 0-120; the types ask
        row.reject("nilai_akhir", predicate)
        return None
    rounded = score.quantize(CENT, ROUND_HALF_UP)
    stated = number_of(row.cell("nilai_akhir"))
    if stated is not None and abs(stated - score) > CENT:
        row.warn("nilai_akhir", Code.SCORE_CONTRADICTS)
    return Outcome(regime, predicate, score=float(rounded))


def _score(row: Reading, column: str) -> Decimal | None:
    cell = row.cell(column)
    if not text_of(cell):
        row.missing(column, Code.MISSING_SCORE)
        return None
    score = number_of(cell)
    if score is None or not 0 <= score <= regimes.HIGHEST:
        row.reject(column, Code.SCORE_INVALID)
        return None
    return score


def _answer(row: Reading, column: str) -> bool | None:
    answer = answer_of(row.cell(column))
    if answer is None:
        row.reject(column, Code.ANSWER_UNKNOWN, row.cell(column))
    return answer


def _compare(row: Reading, ours: Predicate) -> None:
    """Look at the predicate the export states: ours counts, a difference is told."""
    cell = row.cell("hasil_akhir")
    stated = predicate_of(cell)
    if stated is Code.PREDICATE_UNKNOWN:
        row.warn("hasil_akhir", Code.PREDICATE_UNKNOWN, cell)
    elif stated not in (None, ours):
        row.warn("hasil_akhir", Code.PREDICATE_CONTRADICTS, cell)

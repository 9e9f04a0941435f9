"""Why an evaluation has the predicate it has, as data: message ids and what to put into them.

Every value of `params` whose name ends in `_text` is a message id itself (a word to be said in the
reader's language); the others are to be shown as they are.
"""

from decimal import Decimal
from typing import Final

import msgspec

from services.appraisal.rules.regimes import PP_30_BANDS, PP_30_VERY_GOOD, PP_46_BANDS
from shared.events.words import Predicate, Rating, Regime


class Law(msgspec.Struct, frozen=True):
    """Where a rule stands."""

    code: str
    article: str


LAWS: Final = {
    Regime.PERMENPANRB_6_2022: Law("PermenPANRB 6/2022", "24-25"),
    Regime.PP_30_2019: Law("PP 30/2019", "41"),
    Regime.PP_46_2011: Law("PP 46/2011", "15-17"),
}


class Explanation(msgspec.Struct, frozen=True):
    """Why a predicate is what it is.

    Attributes:
        regime: the law it was made under.
        law, article: its short title and the article.
        message: id of the sentence.
        params: what the sentence names.
        result_rating, behaviour_rating: the cell of the matrix, None under the numeric regimes.
        score, lowest: the score and the least its band asks for, None under the matrix.
    """

    regime: Regime
    law: str
    article: str
    message: str
    params: dict[str, str]
    result_rating: Rating | None = None
    behaviour_rating: Rating | None = None
    score: float | None = None
    lowest: float | None = None


def explain(
    *,
    regime: Regime,
    predicate: Predicate,
    result_rating: Rating | None = None,
    behaviour_rating: Rating | None = None,
    score: float | None = None,
) -> Explanation:
    """Explain an evaluation from what is kept of it.

    Raises:
        ValueError: it has neither the two ratings nor the score its regime works with.
    """
    law = LAWS[regime]
    words = {
        "predicate_text": f"word.predicate.{predicate}",
        "law": law.code,
        "article": law.article,
    }
    if regime is Regime.PERMENPANRB_6_2022:
        if result_rating is None or behaviour_rating is None:
            raise ValueError("an evaluation by ratings needs both of them")
        words["result_text"] = f"word.rating.{result_rating}"
        words["behaviour_text"] = f"word.rating.{behaviour_rating}"
        return Explanation(
            regime,
            law.code,
            law.article,
            "explanation.quadrant",
            words,
            result_rating=result_rating,
            behaviour_rating=behaviour_rating,
        )
    if score is None:
        raise ValueError("an evaluation by numbers needs its score")
    lowest = _lowest(regime, predicate)
    return Explanation(
        regime,
        law.code,
        law.article,
        _sentence(regime, predicate, score),
        words | {"score": f"{score:.2f}", "lowest": f"{lowest:f}"},
        score=score,
        lowest=float(lowest),
    )


def _lowest(regime: Regime, predicate: Predicate) -> Decimal:
    if regime is Regime.PP_30_2019 and predicate is Predicate.VERY_GOOD:
        return PP_30_VERY_GOOD
    bands = PP_30_BANDS if regime is Regime.PP_30_2019 else PP_46_BANDS
    return next(band.lowest for band in bands if band.predicate is predicate)


def _sentence(regime: Regime, predicate: Predicate, score: float) -> str:
    """Which sentence says it: an idea of benefit, or its lack, decides at the top of PP 30/2019."""
    if regime is Regime.PP_30_2019 and score >= PP_30_VERY_GOOD:
        return (
            "explanation.score_with_idea"
            if predicate is Predicate.VERY_GOOD
            else "explanation.score_without_idea"
        )
    return "explanation.score"

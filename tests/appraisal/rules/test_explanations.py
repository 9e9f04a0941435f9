"""Why a predicate is what it is, in both languages."""

from itertools import product
from pathlib import Path

import pytest

from services.appraisal.rules.explanations import explain
from services.appraisal.rules.regimes import quadrant
from shared.events.words import Predicate, Rating, Regime
from shared.i18n import LANGUAGES, catalogue

TEXTS = catalogue(Path(__file__).parents[3] / "services/appraisal/locales")


def said(language: str, **kept: object) -> str:
    why = explain(**kept)  # type: ignore[arg-type] # any of its keywords
    words = {
        name: TEXTS.text(language, value) if name.endswith("_text") else value
        for name, value in why.params.items()
    }
    return TEXTS.text(language, why.message, **words)


def test_the_cell_of_the_quadrant_is_named() -> None:
    why = explain(
        regime=Regime.PERMENPANRB_6_2022,
        predicate=Predicate.POOR,
        result_rating=Rating.ABOVE,
        behaviour_rating=Rating.BELOW,
    )
    assert (why.result_rating, why.behaviour_rating) == (Rating.ABOVE, Rating.BELOW)
    assert (why.law, why.article) == ("PermenPANRB 6/2022", "24-25")
    assert (why.score, why.lowest) == (None, None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cell_can_be_said(language: str) -> None:
    sentences = {
        said(
            language,
            regime=Regime.PERMENPANRB_6_2022,
            predicate=quadrant(result, behaviour),
            result_rating=result,
            behaviour_rating=behaviour,
        )
        for result, behaviour in product(Rating, Rating)
    }
    assert len(sentences) == 9
    assert not any("{" in sentence or "_" in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("regime", "predicate", "score", "message", "lowest"),
    [
        (Regime.PP_30_2019, Predicate.VERY_GOOD, 112.5, "explanation.score_with_idea", 110),
        (Regime.PP_30_2019, Predicate.GOOD, 112.5, "explanation.score_without_idea", 90),
        (Regime.PP_30_2019, Predicate.NEEDS_IMPROVEMENT, 70.0, "explanation.score", 70),
        (Regime.PP_46_2011, Predicate.VERY_GOOD, 112.5, "explanation.score", 91),
        (Regime.PP_46_2011, Predicate.VERY_POOR, 12.0, "explanation.score", 0),
    ],
)
def test_a_score_is_explained_by_its_band(
    regime: Regime, predicate: Predicate, score: float, message: str, lowest: float
) -> None:
    why = explain(regime=regime, predicate=predicate, score=score)
    assert (why.message, why.lowest, why.score) == (message, lowest, score)
    for language in LANGUAGES:
        sentence = said(language, regime=regime, predicate=predicate, score=score)
        assert f"{score:.2f}" in sentence
        assert why.law in sentence


@pytest.mark.parametrize("regime", Regime)
def test_what_its_regime_works_with_must_be_there(regime: Regime) -> None:
    with pytest.raises(ValueError, match="needs"):
        explain(regime=regime, predicate=Predicate.GOOD)

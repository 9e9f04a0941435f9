"""Every kind of notice in words, in both languages."""

from pathlib import Path

import pytest

from services import notifications
from services.notifications.rules import Kind, Params, render
from shared.events.words import PeriodKind, Predicate, Regime
from shared.i18n import LANGUAGES, catalogue

SERVICE = Path(notifications.__path__[0])
TEXTS = catalogue(SERVICE / "locales")
PAGE = SERVICE.parents[1] / "docs" / "notices.md"

RESULT: Params = {
    "regime": Regime.PERMENPANRB_6_2022,
    "predicate": Predicate.NEEDS_IMPROVEMENT,
    "period": PeriodKind.QUARTERLY,
    "year": 2025,
    "number": 3,
}
PARAMS: dict[Kind, Params] = {
    Kind.RESULT_READY: RESULT | {"objection_days": 14},
    Kind.RESULT_CORRECTED: RESULT | {"objection_days": 14},
    Kind.COACHING_NEEDED: RESULT,
    Kind.COACHING_LIFTED: RESULT,
    Kind.TRAINING_RECOMMENDED: {"count": 2, "jp": 32},
    Kind.TRAINING_CHANGED: {"count": 1, "jp": 20, "withdrawn": 1},
    Kind.TRAINING_WITHDRAWN: {"withdrawn": 2},
    Kind.LOW_RESULTS_DIGEST: {"low": 3},
}


def test_both_languages_have_the_same_texts_and_placeholders() -> None:
    assert TEXTS.differences() == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_said_in_every_language(kind: Kind, language: str) -> None:
    title, body = render(TEXTS, language, kind, PARAMS[kind])
    assert title
    assert body.endswith(".")
    assert "{" not in title + body
    assert not [value for value in (*Predicate, *Regime, *PeriodKind) if value in title + body]


def test_a_result_says_what_it_is_and_what_can_be_done() -> None:
    title, body = render(TEXTS, "id", Kind.RESULT_READY, PARAMS[Kind.RESULT_READY])
    assert title == "Hasil evaluasi kinerja Anda sudah tersedia"
    assert "untuk triwulan III tahun 2025" in body
    assert "predikat Butuh Perbaikan" in body
    assert "bicarakan" in body
    assert "keberatan" in body
    assert "14 hari" in body


def test_a_result_reads_the_same_in_english() -> None:
    body = render(TEXTS, "en", Kind.RESULT_READY, PARAMS[Kind.RESULT_READY]).body
    assert "for the third quarter of 2025" in body
    assert "the predicate Needs improvement" in body
    assert "within 14 days" in body


@pytest.mark.parametrize(
    ("regime", "predicate", "name"),
    [
        (Regime.PERMENPANRB_6_2022, Predicate.NEEDS_IMPROVEMENT, "Butuh Perbaikan"),
        (Regime.PP_30_2019, Predicate.NEEDS_IMPROVEMENT, "Cukup"),
        (Regime.PP_46_2011, Predicate.VERY_POOR, "Buruk"),
    ],
)
def test_a_predicate_has_the_name_its_regime_gave_it(
    regime: Regime, predicate: Predicate, name: str
) -> None:
    params = RESULT | {"regime": regime, "predicate": predicate}
    assert f"predikat {name} " in render(TEXTS, "id", Kind.COACHING_NEEDED, params).body


@pytest.mark.parametrize("regime", Regime)
@pytest.mark.parametrize("predicate", Predicate)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_predicate_of_every_regime_has_a_name(
    regime: Regime, predicate: Predicate, language: str
) -> None:
    assert f"predicate.{regime}.{predicate}" in TEXTS.ids("en" if language == "en" else "id")


@pytest.mark.parametrize(
    ("kind", "number", "said"),
    [
        (PeriodKind.ANNUAL, 0, "untuk tahun 2025"),
        (PeriodKind.ANNUAL, 1, "untuk tahun 2025"),
        (PeriodKind.QUARTERLY, 1, "untuk triwulan I tahun 2025"),
        (PeriodKind.QUARTERLY, 4, "untuk triwulan IV tahun 2025"),
        (PeriodKind.QUARTERLY, 5, "untuk tahun 2025"),
        (PeriodKind.MONTHLY, 1, "untuk bulan Januari 2025"),
        (PeriodKind.MONTHLY, 12, "untuk bulan Desember 2025"),
        (PeriodKind.MONTHLY, 13, "untuk tahun 2025"),
    ],
)
def test_a_period_has_its_name_and_an_impossible_one_its_year(
    kind: PeriodKind, number: int, said: str
) -> None:
    params = RESULT | {"period": kind, "number": number}
    assert said in render(TEXTS, "id", Kind.COACHING_NEEDED, params).body


def test_a_row_read_back_from_json_is_said_alike() -> None:
    plain: Params = {k: str(v) if isinstance(v, str) else v for k, v in RESULT.items()}
    assert render(TEXTS, "id", "coaching_needed", plain) == render(
        TEXTS, "id", Kind.COACHING_NEEDED, RESULT
    )


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(LookupError, match=r"notice\.unheard_of\.title"):
        render(TEXTS, "id", "unheard_of", {})


@pytest.mark.parametrize("kind", Kind)
def test_the_page_for_agencies_lists_every_kind_with_its_title(kind: Kind) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert f"`{kind}`" in page
    for language in LANGUAGES:
        assert TEXTS.text(language, f"notice.{kind}.title", low="n") in page

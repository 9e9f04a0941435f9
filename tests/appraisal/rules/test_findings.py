"""Every finding can be said, in both languages."""

from pathlib import Path

import pytest

from services.appraisal.rules import Code, Departure, Finding, Kind
from services.appraisal.rules.findings import shortened
from shared.i18n import LANGUAGES, catalogue

TEXTS = catalogue(Path(__file__).parents[3] / "services/appraisal/locales")
ALSO = {Code.FORMULA_CELL: {Kind.REJECTED, Kind.WARNED}, Code.PLT: {Kind.SET_ASIDE, Kind.WARNED}}


def kinds(code: Code) -> set[Kind]:
    """The kinds a code has texts for."""
    return {kind for kind in Kind if Finding(1, "", code, kind).reason in TEXTS.ids("id")}


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_reason_and_a_remedy(code: Code) -> None:
    assert kinds(code) == ALSO.get(code, kinds(code))
    assert kinds(code)
    for kind in kinds(code):
        finding = Finding(9, "hasil_kerja", code, kind, "BAGUS")
        for language in LANGUAGES:
            for message in (finding.reason, finding.remedy):
                text = TEXTS.text(language, message, **finding.params)
                assert text.endswith(".")
                assert "{" not in text


@pytest.mark.parametrize("departure", Departure)
def test_every_departure_from_the_guideline_can_be_said(departure: Departure) -> None:
    for language in LANGUAGES:
        assert TEXTS.text(
            language, f"distribution.{departure}", predicates="Baik", share="80", bound="70"
        )


def test_a_word_is_shortened_to_one_line() -> None:
    assert shortened("a\nb") == "a b"
    assert shortened("x" * 41) == "x" * 39 + "…"

"""Every code the rules can tell has a text in both languages, kind and free of blame."""

from pathlib import Path

import pytest

from services.training.rules import Rulebook
from services.training.rules.selection import NOTES, value_reason
from services.training.rules.words import Competency, Form, JobFamily, Mode
from shared.events.words import Behaviour, PositionKind
from shared.i18n import LANGUAGES, Catalogue, catalogue

LOCALES = Path(__file__).parents[3] / "services/training/locales"

BLAME = {
    "id": ("salah", "gagal", "buruk", "malas", "lalai", "harus", "hukuman", "sanksi", "wajib"),
    "en": ("fault", "fail", "bad ", "lazy", "must", "punish", "sanction", "wrong"),
}


@pytest.fixture(scope="module")
def texts() -> Catalogue:
    return catalogue(LOCALES)


def needed(rulebook: Rulebook) -> set[str]:
    reasons = {value_reason(value) for value in Behaviour}
    for rules in rulebook.editions:
        reasons |= {need.reason for need in rules.needs}
        reasons |= {escalation.reason for escalation in rules.escalations}
    return (
        {f"reason.{code}" for code in reasons}
        | {f"note.{code}" for code in NOTES}
        | {f"form.{form.lower()}" for form in Form}
        | {f"mode.{mode.lower()}" for mode in Mode}
        | {f"competency.{one.lower()}" for one in Competency}
        | {f"value.{value.lower()}" for value in Behaviour}
        | {f"family.{family.lower()}" for family in JobFamily}
        | {f"position.{kind.lower()}" for kind in PositionKind}
        | {f"priority.{number}" for number in range(1, 6)}
    )


def test_both_languages_say_the_same(texts: Catalogue) -> None:
    assert texts.differences() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_text(rulebook: Rulebook, texts: Catalogue, language: str) -> None:
    assert needed(rulebook) - texts.ids("id" if language == "id" else "en") == set()


def test_no_reason_and_no_note_is_left_that_nothing_tells(
    rulebook: Rulebook, texts: Catalogue
) -> None:
    told = {code for code in texts.ids("id") if code.startswith(("reason.", "note."))}
    assert told - needed(rulebook) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_reasons_do_not_blame_and_do_not_order(texts: Catalogue, language: str) -> None:
    for code in texts.ids("id"):
        if code.startswith(("reason.", "note.")):
            said = texts.text(language, code).casefold()
            assert [word for word in BLAME[language] if word in said] == [], code

"""Every text a template asks for is there, in both languages."""

import re
from itertools import product
from pathlib import Path

import pytest

from services.appraisal.rules.distribution import OrganisationPredicate
from services.portal.pages import home, imports
from services.portal.pages.language import TEXTS
from services.portal.pages.rendering import FOLDER, MENU
from services.training import data
from services.training.rules.catalogue import load
from shared.events.words import Behaviour, PeriodKind, PositionKind, Predicate, Rating, Regime
from shared.i18n import LANGUAGES, Language

TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
WRITTEN_OUT = re.compile(r"""\bt\(\s*"([a-z_A-Z0-9.]+)"\s*[,)]""")
CHOSEN = re.compile(r"""\bt\(\s*"([a-z_.]+)" if .+? else "([a-z_.]+)"\s*[,)]""")
CODE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>|&[a-z]+;", re.DOTALL)
MADE = {
    *(f"nav.{name}" for _, name, _ in MENU),
    "nav.mail",
    *(f"language.{language}" for language in LANGUAGES),
    *(f"predicate.{one}.{two}" for one, two in product(Regime, Predicate)),
    *(f"{told}.{one}" for told, one in product(("meaning", "meaning_other", "next"), Predicate)),
    *(f"rating.{rating}" for rating in Rating),
    *(f"position.{kind}" for kind in PositionKind),
    *(f"period.{kind}" for kind in PeriodKind),
    *(f"month.{number}" for number in range(1, 13)),
    *(f"value.{value}" for value in Behaviour),
    *(f"competency.{one}" for course in load(data.catalogue()) for one in course.competencies),
    *(f"mode.{course.mode}" for course in load(data.catalogue())),
    *(f"priority.{number}" for number in range(1, 6)),
    *(f"state.{state}" for state in ("waiting", "reading", "done", "refused")),
    *(f"finding.{kind}{more}" for kind in imports.KINDS for more in ("", "_help")),
    *(f"service.{service}" for service in home.SERVICES),
    *(
        f"objection.{part}.{whose}"
        for part, whose in product(("title", "talk", "right"), ("own", "other"))
    ),
    *(f"guideline.{one}" for one in OrganisationPredicate),
    *(
        f"trouble.away.{service}.{part}"
        for service in ("appraisal", "training", "notifications", "desk")
        for part in ("text", "remedy")
    ),
    *(
        f"trouble.{kind}.{part}"
        for kind in ("not_found", "not_allowed", "too_large", "unfit", "unexpected")
        for part in ("title", "text", "remedy")
    ),
    "trouble.away.title",
}
"""Ids templates put together."""


def asked(template: Path) -> set[str]:
    """The ids written out in a template."""
    text = template.read_text()
    chosen = {name for pair in CHOSEN.findall(text) for name in pair}
    return set(WRITTEN_OUT.findall(text)) | chosen


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_asked_for_is_there(language: Language) -> None:
    wanted = MADE.union(*(asked(template) for template in TEMPLATES))
    assert wanted - TEXTS.ids(language) == set()


def test_no_text_is_left_over() -> None:
    wanted = MADE.union(*(asked(template) for template in TEMPLATES))
    assert TEXTS.ids("id") - wanted == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_a_template_says_nothing_itself(template: Path) -> None:
    text = CODE.sub(" ", template.read_text())
    assert set(re.findall(r"[A-Za-z]{2,}", text)) <= {"JP"}

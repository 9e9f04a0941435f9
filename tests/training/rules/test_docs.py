"""The page on the training rules says what the rules do."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from services.training.rules import Past, Rulebook
from services.training.rules.catalogue import load as load_catalogue
from services.training.rules.needs import load as load_rules
from shared.events.appraisal import Result

PAGE = (Path(__file__).parents[3] / "docs/training-rules.md").read_text()
[COURSE, NEED] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)

Row = tuple[str, int, int, tuple[str, ...]]


def tables() -> list[list[Row]]:
    """The two tables of the example."""
    rows: list[list[Row]] = []
    for line in PAGE.split("## Example")[1].split("## Add a course")[0].splitlines():
        if line.startswith("| Course"):
            rows.append([])
        elif line.startswith("| `"):
            course, priority, jp, reasons = line.strip("| ").split(" | ")
            codes = tuple(re.findall(r"`(\w+)`", reasons))
            rows[-1].append((course.strip("`"), int(priority), int(jp), codes))
    return rows


@pytest.mark.parametrize(("before", "table"), [((), 0), (("POOR",), 1)])
def test_the_example_is_what_is_decided(
    rulebook: Rulebook,
    result_of: Callable[..., Result],
    history_of: Callable[..., list[Past]],
    before: tuple[str, ...],
    table: int,
) -> None:
    decision = rulebook.decide(result_of("NEEDS_IMPROVEMENT"), history_of(*before))
    found = [(r.course, r.priority, r.jp, r.reasons) for r in decision.recommendations]
    assert found == tables()[table]


def test_the_example_course_can_be_added(catalogue_text: str) -> None:
    assert load_catalogue(catalogue_text + COURSE)["SERVICE-SIGN-LANGUAGE"].siasn_form == 11


def test_the_example_rule_can_be_added(rule_texts: list[str]) -> None:
    assert load_rules(rule_texts[0] + NEED).needs[-1].jp_budget == 24

from datetime import date
from pathlib import Path

import pytest

from services.training.rules import DataError, Rulebook
from services.training.rules.needs import editions, load

DATA = Path(__file__).parents[3] / "services/training/data"


def dated(text: str, version: str, *lines: str) -> str:
    return text.replace('version = "2026-01"', "\n".join([f'version = "{version}"', *lines]))


def test_the_first_edition_answers_every_period_so_far(rulebook: Rulebook) -> None:
    [first] = rulebook.editions
    assert first.version == "2026-01"
    assert first.valid_from is None
    assert first.valid_to is None


def test_an_edition_s_file_is_named_for_its_version() -> None:
    for file in (DATA / "rules").iterdir():
        assert load(file.read_text()).version == file.stem


def test_editions_are_put_in_order_of_their_dates(rule_texts: list[str]) -> None:
    [text] = rule_texts
    newer = dated(text, "2027-01", "valid_from = 2027-01-01")
    older = dated(text, "2026-01", "valid_to = 2026-12-31")
    assert [edition.version for edition in editions([newer, older])] == ["2026-01", "2027-01"]
    assert editions([newer, older])[0].valid_to == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("valid_to = 2026-12-30", "valid_from = 2027-01-01", "must begin the day after"),
        ("valid_to = 2027-01-01", "valid_from = 2027-01-01", "must begin the day after"),
        ("", "valid_from = 2027-01-01", "must begin the day after"),
        ("valid_from = 2020-01-01", "valid_from = 2027-01-01", "the oldest edition has no"),
        (
            "valid_to = 2026-12-31",
            "valid_from = 2027-01-01\nvalid_to = 2028-01-01",
            "the newest edition has no valid_to",
        ),
    ],
)
def test_every_day_belongs_to_exactly_one_edition(
    rule_texts: list[str], first: str, second: str, said: str
) -> None:
    [text] = rule_texts
    with pytest.raises(DataError, match=said):
        editions([dated(text, "a", first), dated(text, "b", second)])


def test_a_version_is_used_once(rule_texts: list[str]) -> None:
    with pytest.raises(DataError, match="version used twice"):
        editions([*rule_texts, *rule_texts])


def test_no_edition_at_all_is_refused() -> None:
    with pytest.raises(DataError, match="no edition given"):
        editions([])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('version = "2026-01"', "", "rules: version: Expected `str`"),
        ("[knobs]", "[knobs]\nluck = 7", "unknown field `luck`"),
        ("[knobs]", "luck = 7\n[knobs]", "rules 2026-01: unknown luck"),
        ("VERY_POOR = 3", "VERY_POOR = 4", "Expected `int` <= 3"),
        ("VERY_POOR = 3", "", "knobs.at_most: VERY_POOR is missing"),
        ("UNKNOWN = 1", "", "knobs.level: UNKNOWN is missing"),
        ("[knobs.hours.PPPK]\nat_most = 24", "", "knobs.hours: PPPK is missing"),
        ('help = "TALENT"', 'help = "MAGIC"', "need 'very good: wider work': Invalid enum value"),
        ('reason = "talent"', 'reason = "Talent!"', "need 'very good: wider work': Expected"),
        ('name = "poor: counselling"', 'name = "very poor: an agreed plan"', "name used twice"),
        ('title = ["guru", ', 'title = ["Guru", ', "family 'TEACHER': Expected `str` matching"),
        ('version = "2026-01"', 'version = "2026-01"\nvalid_to = "soon"', "valid_to"),
    ],
)
def test_a_broken_edition_is_refused_and_says_where(
    rule_texts: list[str], old: str, new: str, said: str
) -> None:
    [text] = rule_texts
    assert old in text
    with pytest.raises(DataError) as refused:
        load(text.replace(old, new, 1))
    assert said in str(refused.value)

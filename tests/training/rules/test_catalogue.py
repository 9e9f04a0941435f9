from collections import Counter

import pytest

from services.training.rules import DataError, Rulebook
from services.training.rules.catalogue import load
from services.training.rules.words import Help, JobFamily
from shared.events.words import Behaviour, EmploymentKind, PositionKind

COURSE = """
[[course]]
code = "A"
title = { id = "Kursus A", en = "Course A" }
form = "COURSE"
jp = 10
mode = "ONLINE"
level = 1
organiser = "BPSDM"
answers = ["SKILL"]
competencies = ["TECHNICAL"]
"""


def text(*courses: str) -> str:
    return 'version = "test"\n' + "".join(courses)


def test_the_catalogue_holds_at_least_sixty_courses(rulebook: Rulebook) -> None:
    assert len(rulebook.catalogue) >= 60


@pytest.mark.parametrize("value", Behaviour)
def test_every_value_has_two_courses_of_its_own(rulebook: Rulebook, value: Behaviour) -> None:
    own = [c for c in rulebook.catalogue if value in c.values and len(c.values) <= 2]
    assert len(own) >= 2


@pytest.mark.parametrize(
    ("siasn", "code"),
    [
        (2907, "REGISTRY-DATABASE"),
        (2056, "REGISTRY-POPULATION"),
        (2096, "REGISTRY-CIVIL-RECORDS"),
        (2944, "TEACHER-FUNCTIONAL"),
        (2878, "TEACHER-GROUP"),
        (3159, "TEACHER-CURRICULUM"),
    ],
)
def test_courses_siasn_knows_carry_its_number(rulebook: Rulebook, siasn: int, code: str) -> None:
    assert rulebook.catalogue[code].siasn_course == siasn


def test_a_siasn_course_stands_in_the_catalogue_once(rulebook: Rulebook) -> None:
    numbers = Counter(c.siasn_course for c in rulebook.catalogue if c.siasn_course is not None)
    assert set(numbers.values()) == {1}


def test_the_leadership_line_is_there_and_only_for_pns(rulebook: Rulebook) -> None:
    line = {
        "LEADERSHIP-PKP": PositionKind.SUPERVISOR,
        "LEADERSHIP-PKA": PositionKind.ADMINISTRATOR,
        "LEADERSHIP-PKN2": PositionKind.SENIOR_EXECUTIVE,
        "LEADERSHIP-PKN1": PositionKind.SENIOR_EXECUTIVE,
    }
    for code, position in line.items():
        course = rulebook.catalogue[code]
        assert course.siasn_form == 1
        assert course.suits(position, JobFamily.GENERAL, EmploymentKind.PNS)
        assert not course.suits(position, JobFamily.GENERAL, EmploymentKind.PPPK)


@pytest.mark.parametrize("help_", Help)
@pytest.mark.parametrize("position", PositionKind)
def test_every_position_finds_every_kind_of_help(
    rulebook: Rulebook, help_: Help, position: PositionKind
) -> None:
    found = [
        course.code
        for course in rulebook.catalogue
        if help_ in course.answers
        and course.suits(position, JobFamily.GENERAL, EmploymentKind.PPPK)
    ]
    assert found


def test_titles_are_told_in_both_languages_and_never_twice(rulebook: Rulebook) -> None:
    for language in ("id", "en"):
        titles = Counter(getattr(course.title, language) for course in rulebook.catalogue)
        assert [title for title, times in titles.items() if times > 1] == []


def test_a_course_is_read_whole() -> None:
    [course] = load(text(COURSE + 'families = ["TEACHER"]\nsiasn_course = 7\n'))
    assert (course.code, course.title.id, course.jp, course.siasn_form) == ("A", "Kursus A", 10, 11)
    assert course.siasn_course == 7
    assert not course.catalogue_only
    assert course.suits(PositionKind.UNKNOWN, JobFamily.TEACHER, EmploymentKind.PNS)
    assert not course.suits(PositionKind.UNKNOWN, JobFamily.FINANCE, EmploymentKind.PNS)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (text(COURSE, COURSE), "course 'A': code used twice"),
        (text(COURSE.replace("TECHNICAL", "MAGIC")), "course 'A': Invalid enum value 'MAGIC'"),
        (text(COURSE.replace('"COURSE"', '"PARTY"')), "course 'A': Invalid enum value 'PARTY'"),
        (text(COURSE + 'positions = ["BOSS"]'), "course 'A': Invalid enum value 'BOSS'"),
        (text(COURSE + 'families = ["WIZARD"]'), "course 'A': Invalid enum value 'WIZARD'"),
        (text(COURSE + 'values = ["BRAVE"]'), "course 'A': Invalid enum value 'BRAVE'"),
        (text(COURSE + 'colour = "red"'), "unknown field `colour`"),
        (text(COURSE.replace("jp = 10", "jp = 0")), "course 'A': Expected `int` >= 1"),
        (text(COURSE.replace("level = 1", "level = 6")), "course 'A': Expected `int` <= 5"),
        (text(COURSE.replace('organiser = "BPSDM"', "")), "missing required field `organiser`"),
        (text(COURSE.replace('"A"', '"a b"')), "course 'a b': Expected `str` matching"),
        (text(COURSE.replace('["TECHNICAL"]', "[]")), "it teaches nothing"),
        (text(COURSE.replace("SKILL", "VALUES")), "it answers VALUES but names no value"),
        (text(COURSE + 'alternatives = ["B"]'), "alternative 'B' does not exist"),
        (text(COURSE + 'alternatives = ["A"]'), "it names itself as an alternative"),
        (
            text(
                COURSE + 'alternatives = ["B"]\n',
                COURSE.replace('"A"', '"B"').replace('["SKILL"]', "[]"),
            ),
            "alternative 'B' is never recommended",
        ),
        (COURSE, "version is missing"),
        (text(), "[[course]]: expected at least one"),
        ("course = 3\nversion = 'x'", "[[course]]: expected at least one"),
        ("course = [3]\nversion = 'x'", "course 'number 1'"),
        ("= nonsense", "not valid TOML"),
    ],
)
def test_a_broken_catalogue_is_refused_and_says_where(broken: str, said: str) -> None:
    with pytest.raises(DataError) as refused:
        load(broken)
    assert said in str(refused.value)

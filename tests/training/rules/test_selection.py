"""The table of all situations: every rule fires, every course is reached, every promise holds."""

from collections.abc import Iterator
from itertools import product

import pytest

from services.training.rules import Rulebook
from services.training.rules.needs import Need
from services.training.rules.selection import (
    ACTING,
    NOTES,
    Selection,
    could_answer,
    select,
    value_reason,
)
from services.training.rules.situation import Situation, fires
from services.training.rules.words import Form, Help, History, JobFamily
from shared.events.words import Behaviour, EmploymentKind, PositionKind, Predicate, Rating

CELLS: list[tuple[Predicate, Rating | None, Rating | None]] = [
    (Predicate.VERY_GOOD, Rating.ABOVE, Rating.ABOVE),
    (Predicate.GOOD, Rating.ABOVE, Rating.MEETS),
    (Predicate.GOOD, Rating.MEETS, Rating.ABOVE),
    (Predicate.GOOD, Rating.MEETS, Rating.MEETS),
    (Predicate.NEEDS_IMPROVEMENT, Rating.BELOW, Rating.ABOVE),
    (Predicate.NEEDS_IMPROVEMENT, Rating.BELOW, Rating.MEETS),
    (Predicate.POOR, Rating.ABOVE, Rating.BELOW),
    (Predicate.POOR, Rating.MEETS, Rating.BELOW),
    (Predicate.VERY_POOR, Rating.BELOW, Rating.BELOW),
    *((predicate, None, None) for predicate in Predicate),
]
"""The nine cells of the 3x3, and the five predicates of the numeric regimes."""

WEAK = {History.PLAIN, History.WEAK_TWICE, History.WEAK_THREE_TIMES}
POSSIBLE = {
    Predicate.VERY_GOOD: {History.PLAIN, History.RECOVERED, History.STRONG_TWICE},
    Predicate.GOOD: {History.PLAIN, History.RECOVERED},
    Predicate.NEEDS_IMPROVEMENT: WEAK,
    Predicate.POOR: WEAK,
    Predicate.VERY_POOR: WEAK,
}
UP_TO = {
    Predicate.VERY_GOOD: 1,
    Predicate.GOOD: 1,
    Predicate.NEEDS_IMPROVEMENT: 3,
    Predicate.POOR: 3,
    Predicate.VERY_POOR: 3,
}


def situations() -> Iterator[Situation]:
    """Every cell with every position, family and employment; then with each history and value."""
    people = product(PositionKind, JobFamily, EmploymentKind)
    for cell, (position, family, employment) in product(CELLS, people):
        yield Situation(*cell, position, family, employment, History.PLAIN, ())
    fewer = (JobFamily.GENERAL, JobFamily.CIVIL_REGISTRY, JobFamily.NURSING)
    people = product(PositionKind, fewer, EmploymentKind)
    for cell, (position, family, employment) in product(CELLS, people):
        for history in sorted(POSSIBLE[cell[0]]):
            yield Situation(*cell, position, family, employment, history, ())
        for value in Behaviour:
            yield Situation(*cell, position, family, employment, History.PLAIN, (value,))


@pytest.fixture(scope="module")
def table(rulebook: Rulebook) -> dict[Situation, Selection]:
    [rules] = rulebook.editions
    return {one: select(one, rules, rulebook.catalogue) for one in situations()}


def helps(rulebook: Rulebook, selection: Selection) -> set[Help]:
    return {help_ for pick in selection.picks for help_ in rulebook.catalogue[pick.course].answers}


def test_nobody_gets_more_than_the_predicate_calls_for(table: dict[Situation, Selection]) -> None:
    for situation, selection in table.items():
        assert len(selection.picks) <= UP_TO[situation.predicate], situation


def test_every_course_suits_the_person_and_is_offered_once(
    rulebook: Rulebook, table: dict[Situation, Selection]
) -> None:
    for situation, selection in table.items():
        picked = [pick.course for pick in selection.picks]
        assert len(set(picked)) == len(picked), situation
        for pick in selection.picks:
            assert len(pick.alternatives) == len(set(pick.alternatives)) <= 3
            assert not set(pick.alternatives) & set(picked), situation
            assert pick.jp == rulebook.catalogue[pick.course].jp
            for code in (pick.course, *pick.alternatives):
                suits = rulebook.catalogue[code].suits
                assert suits(situation.position, situation.family, situation.employment), code


def test_priorities_rise_and_stay_between_one_and_five(table: dict[Situation, Selection]) -> None:
    for selection in table.values():
        priorities = [pick.priority for pick in selection.picks]
        assert priorities == sorted(priorities)
        assert set(priorities) <= {1, 2, 3, 4, 5}


def test_everybody_weak_is_helped_whatever_the_position_and_family(
    rulebook: Rulebook, table: dict[Situation, Selection]
) -> None:
    for situation, selection in table.items():
        found = helps(rulebook, selection)
        match situation:
            case Situation(predicate=Predicate.NEEDS_IMPROVEMENT, history=History.PLAIN):
                assert {Help.SKILL, Help.COACHING} <= found, situation
            case Situation(predicate=Predicate.POOR, behaviour=Rating.BELOW):
                assert {Help.COUNSELLING, Help.VALUES} <= found, situation
            case Situation(predicate=Predicate.POOR, behaviour=None):
                assert {Help.COACHING, Help.SKILL} <= found, situation
                assert Help.COUNSELLING not in found, "a number does not accuse"
            case Situation(predicate=Predicate.VERY_POOR):
                assert {Help.IMPROVEMENT_PLAN, Help.SKILL, Help.VALUES} <= found, situation
                assert selection.picks[0].priority == 1


def test_very_good_gets_talent_and_twice_leadership(
    rulebook: Rulebook, table: dict[Situation, Selection]
) -> None:
    for situation, selection in table.items():
        if situation.predicate is Predicate.VERY_GOOD:
            [pick] = selection.picks
            twice = situation.history is History.STRONG_TWICE
            wanted = Help.LEADERSHIP if twice else Help.TALENT
            assert wanted in rulebook.catalogue[pick.course].answers, situation


def test_good_with_nothing_weaker_known_needs_nothing(table: dict[Situation, Selection]) -> None:
    alike = (Rating.MEETS, Rating.MEETS), (None, None)
    for situation, selection in table.items():
        if (
            situation.predicate is Predicate.GOOD
            and (situation.result, situation.behaviour) in alike
            and situation.history is History.PLAIN
            and not situation.values
        ):
            assert selection == Selection((), ("nothing_needed",))


def test_a_weak_value_gets_a_course_about_it_and_is_named(
    rulebook: Rulebook, table: dict[Situation, Selection]
) -> None:
    for situation, selection in table.items():
        if situation.values and situation.predicate is not Predicate.VERY_GOOD:
            [value] = situation.values
            if situation.predicate is Predicate.POOR and situation.behaviour is None:
                continue
            reason = value_reason(value)
            [pick] = [pick for pick in selection.picks if reason in pick.reasons]
            course = rulebook.catalogue[pick.course]
            assert value in course.values
            assert len(course.values) < len(Behaviour)


@pytest.mark.parametrize(
    ("family", "title"),
    [
        (JobFamily.TEACHER, "Kelompok Kerja Guru"),
        (JobFamily.CIVIL_REGISTRY, "Diklat Fungsional Administrator Database Kependudukan"),
        (JobFamily.NURSING, "Diklat Fungsional Perawat"),
        (JobFamily.VEHICLE_INSPECTION, "Diklat Fungsional Penguji Kendaraan Bermotor"),
        (JobFamily.HUMAN_RESOURCES, "Diklat Teknis Analis SDM Aparatur"),
        (JobFamily.INFORMATION_TECHNOLOGY, "Diklat Teknis Pranata Komputer"),
        (JobFamily.ARCHIVES, "Diklat Teknis Arsiparis"),
        (JobFamily.POLICY_ANALYSIS, "Diklat Teknis Analis Kebijakan"),
        (JobFamily.GENERAL, "Pendalaman Tugas Jabatan Fungsional"),
    ],
)
def test_results_below_are_answered_in_the_person_s_own_field(
    rulebook: Rulebook, table: dict[Situation, Selection], family: JobFamily, title: str
) -> None:
    cell = Predicate.NEEDS_IMPROVEMENT, Rating.BELOW, Rating.MEETS
    person = PositionKind.FUNCTIONAL, family, EmploymentKind.PNS
    [skill, coaching] = table[Situation(*cell, *person, History.PLAIN, ())].picks
    assert rulebook.catalogue[skill.course].title.id == title
    assert skill.reasons == ("results_below",)
    assert rulebook.catalogue[coaching.course].form in {Form.COACHING, Form.MENTORING}


def test_a_leader_is_coached_as_a_leader(table: dict[Situation, Selection]) -> None:
    cell = Predicate.NEEDS_IMPROVEMENT, Rating.BELOW, Rating.MEETS
    person = PositionKind.ADMINISTRATOR, JobFamily.TRANSPORT, EmploymentKind.PNS
    picks = table[Situation(*cell, *person, History.PLAIN, ())].picks
    assert [p.course for p in picks] == ["WORK-DECISIONS", "COACHING-MANAGER", "PLANNING-CASCADE"]


def test_more_jp_than_a_pppk_may_have_only_warns(table: dict[Situation, Selection]) -> None:
    warned = 0
    for situation, selection in table.items():
        jp = sum(pick.jp for pick in selection.picks)
        over = situation.employment is EmploymentKind.PPPK and jp > 24
        assert ("jp_more_than_allowed" in selection.notes) is over, situation
        warned += over
    assert warned


def test_a_pppk_is_offered_what_fits_the_year_first(table: dict[Situation, Selection]) -> None:
    def courses(employment: EmploymentKind) -> list[str]:
        cell = Predicate.NEEDS_IMPROVEMENT, Rating.BELOW, Rating.MEETS
        person = PositionKind.FUNCTIONAL, JobFamily.HUMAN_RESOURCES, employment
        return [p.course for p in table[Situation(*cell, *person, History.PLAIN, ())].picks]

    assert courses(EmploymentKind.PNS)[0] == "HR-ANALYST"  # 30 JP
    assert courses(EmploymentKind.PPPK)[0] == "HR-MANAGEMENT"  # 24 JP


def test_a_pns_is_told_of_room_up_to_twenty_jp(table: dict[Situation, Selection]) -> None:
    for situation, selection in table.items():
        jp = sum(pick.jp for pick in selection.picks)
        room = situation.employment is EmploymentKind.PNS and 0 < jp < 20
        assert ("jp_room_for_own_choice" in selection.notes) is room, situation


def test_every_rule_can_fire_and_puts_its_reason_to_use(
    rulebook: Rulebook, table: dict[Situation, Selection]
) -> None:
    [rules] = rulebook.editions
    told = {reason for s in table.values() for pick in s.picks for reason in pick.reasons}
    for need in rules.needs:
        assert any(fires(need, situation) for situation in table), need.name
        assert need.reason in told, need.name
    assert {escalation.reason for escalation in rules.escalations} <= told
    assert {value_reason(value) for value in Behaviour} <= told


def test_every_course_is_reached_or_marked_catalogue_only(
    rulebook: Rulebook, table: dict[Situation, Selection]
) -> None:
    reached = {
        code
        for selection in table.values()
        for pick in selection.picks
        for code in (pick.course, *pick.alternatives)
    }
    lost = {c.code for c in rulebook.catalogue if not c.catalogue_only} - reached
    assert lost == set()
    assert not reached & {c.code for c in rulebook.catalogue if c.catalogue_only}


def test_every_note_is_used(table: dict[Situation, Selection]) -> None:
    used = {note for selection in table.values() for note in selection.notes}
    assert used == set(NOTES) - {ACTING}  # acting is the rulebook's to say


def test_history_makes_help_more_urgent_and_says_so(table: dict[Situation, Selection]) -> None:
    cell = Predicate.NEEDS_IMPROVEMENT, Rating.BELOW, Rating.MEETS
    person = PositionKind.EXECUTOR, JobFamily.GENERAL, EmploymentKind.PNS
    once, twice, thrice = (
        table[Situation(*cell, *person, history, ())].picks
        for history in (History.PLAIN, History.WEAK_TWICE, History.WEAK_THREE_TIMES)
    )
    assert [(p.course, p.priority) for p in once] == [
        ("WORK-EXECUTOR", 2),
        ("COACHING-PERFORMANCE", 2),
    ]
    assert [(p.course, p.priority) for p in twice] == [
        ("WORK-EXECUTOR", 1),
        ("COACHING-PERFORMANCE", 1),
        ("PLANNING-SKP", 2),
    ]
    assert all(p.reasons[-1] == "history_weak_twice" for p in twice)
    assert "PLAN-IMPROVEMENT" in [p.course for p in thrice]
    assert all(p.reasons[-1] == "history_weak_three_times" for p in thrice)


def test_a_second_poor_period_brings_an_agreed_plan(table: dict[Situation, Selection]) -> None:
    cell = Predicate.POOR, Rating.MEETS, Rating.BELOW
    person = PositionKind.EXECUTOR, JobFamily.GENERAL, EmploymentKind.PNS
    picks = table[Situation(*cell, *person, History.WEAK_TWICE, ())].picks
    assert [(p.course, p.priority) for p in picks] == [
        ("PLAN-IMPROVEMENT", 1),
        ("COUNSELLING-PERFORMANCE", 1),
        ("BERAKHLAK-INTERNALISATION", 1),
    ]


def test_two_weak_values_one_course_teaches_are_one_recommendation(rulebook: Rulebook) -> None:
    [rules] = rulebook.editions
    person = PositionKind.EXECUTOR, JobFamily.GENERAL, EmploymentKind.PPPK
    weak = (Behaviour.ACCOUNTABLE, Behaviour.LOYAL)
    situation = Situation(Predicate.POOR, Rating.MEETS, Rating.BELOW, *person, History.PLAIN, weak)
    [counselling, values] = select(situation, rules, rulebook.catalogue).picks
    assert counselling.course == "COUNSELLING-PERFORMANCE"
    assert values.course == "ACCOUNTABLE-ETHICS"
    assert values.reasons == ("values_support", "value_accountable", "value_loyal")


def test_two_weak_values_no_one_course_teaches_are_two(rulebook: Rulebook) -> None:
    [rules] = rulebook.editions
    person = PositionKind.EXECUTOR, JobFamily.GENERAL, EmploymentKind.PNS
    weak = (Behaviour.SERVICE, Behaviour.ADAPTIVE, Behaviour.COLLABORATIVE)
    situation = Situation(Predicate.POOR, Rating.MEETS, Rating.BELOW, *person, History.PLAIN, weak)
    picks = select(situation, rules, rulebook.catalogue).picks
    assert [pick.course for pick in picks] == [
        "COUNSELLING-PERFORMANCE",
        "SERVICE-EMPATHY",
        "ADAPTIVE-MINDSET",
    ]


def test_a_jp_budget_keeps_long_courses_out(rulebook: Rulebook) -> None:
    need = Need(
        name="x",
        help=Help.LEADERSHIP,
        reason="x",
        priority=1,
        predicate=(Predicate.GOOD,),
        jp_budget=5,
    )
    assert not could_answer(need, rulebook.catalogue)

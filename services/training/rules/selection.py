"""From a situation to courses: which needs it has, and which course answers each best."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.training.rules.catalogue import Catalogue, Course
from services.training.rules.needs import Need, Rules
from services.training.rules.situation import Situation, fires
from services.training.rules.words import Help
from shared.events.words import Behaviour

MORE_THAN_ALLOWED = "jp_more_than_allowed"
ROOM_FOR_OWN_CHOICE = "jp_room_for_own_choice"
NOTHING_NEEDED = "nothing_needed"
ACTING = "acting"
NOTES = (MORE_THAN_ALLOWED, ROOM_FOR_OWN_CHOICE, NOTHING_NEEDED, ACTING)
"""Every note a decision may carry; each has a text in every language."""


class Pick(NamedTuple):
    """One course chosen: a recommendation that belongs to nobody yet."""

    course: str
    priority: int
    jp: int
    reasons: tuple[str, ...]
    alternatives: tuple[str, ...]


class Selection(NamedTuple):
    """What everybody in one situation is recommended, and what is worth saying about it."""

    picks: tuple[Pick, ...]
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Choice:
    """A course while choosing goes on."""

    course: Course
    priority: int
    reasons: list[str]
    others: list[Course] = field(default_factory=list)


def select(situation: Situation, rules: Rules, catalogue: Catalogue) -> Selection:
    """The courses for everybody in this situation, most urgent first.

    A course that answers two needs is recommended once, with both reasons.
    """
    chosen: dict[str, _Choice] = {}
    room = rules.knobs.at_most[situation.predicate]
    for need in rules.needs:
        if not fires(need, situation):
            continue
        answered: set[str] = set()
        for value in _topics(need, situation):
            used = sum(choice.course.jp for choice in chosen.values())
            offers = [
                course
                for course in _offers(need, value, situation, rules, catalogue, used=used)
                if value is not None or course.code not in answered
            ]
            if not offers or (offers[0].code not in chosen and len(chosen) == room):
                continue
            best = offers[0]
            answered.add(best.code)
            choice = chosen.setdefault(best.code, _Choice(best, need.priority, []))
            choice.priority = min(choice.priority, need.priority)
            choice.reasons += [need.reason] if value is None else [need.reason, value_reason(value)]
            choice.others += offers[1:]
    return Selection(
        tuple(_picks(chosen, situation, rules, catalogue)), _notes(chosen, situation, rules)
    )


def value_reason(value: Behaviour) -> str:
    """The reason code that names a BerAKHLAK value."""
    return f"value_{value.lower()}"


def could_answer(need: Need, catalogue: Iterable[Course]) -> bool:
    """Whether any course at all gives the help this need asks for."""
    return any(_gives(course, need, None) for course in catalogue)


def _topics(need: Need, situation: Situation) -> Sequence[Behaviour | None]:
    """What to look for a course about: each weak value, or just the kind of help."""
    if need.value == "known":
        return situation.values[: need.picks]
    return (None,) * need.picks


def _gives(course: Course, need: Need, value: Behaviour | None) -> bool:
    return (
        need.help in course.answers
        and (value is None or value in course.values)
        and (need.jp_budget is None or course.jp <= need.jp_budget)
    )


def _offers(
    need: Need,
    value: Behaviour | None,
    situation: Situation,
    rules: Rules,
    catalogue: Catalogue,
    *,
    used: int,
) -> list[Course]:
    """The courses that answer the need, best first.

    Best is, in this order: about few values where one is asked for, about all where BerAKHLAK as a
    whole is; within the yearly JP allowed; made for the position kind; made for the job family;
    high enough for the position, and no higher than needed; the catalogue's order.
    """
    level = rules.knobs.level[situation.position]
    allowed = rules.knobs.hours[situation.employment].at_most

    def rank(course: Course) -> tuple[bool, bool, bool, bool, bool, int]:
        whole = len(course.values) == len(Behaviour)
        return (
            need.help is Help.VALUES and whole is (value is not None),
            allowed is not None and used + course.jp > allowed,
            not course.positions,
            not course.families,
            course.level < level,
            abs(course.level - level),
        )

    return sorted(
        (
            course
            for course in catalogue
            if _gives(course, need, value)
            and course.suits(situation.position, situation.family, situation.employment)
        ),
        key=rank,
    )


def _picks(
    chosen: dict[str, _Choice], situation: Situation, rules: Rules, catalogue: Catalogue
) -> Iterator[Pick]:
    steps = 0
    told: list[str] = []
    for escalation in rules.escalations:
        if escalation.history is situation.history:
            steps += escalation.by
            told.append(escalation.reason)
    for choice in sorted(chosen.values(), key=lambda choice: choice.priority):
        named = (catalogue[code] for code in choice.course.alternatives)
        fitting = [
            course.code
            for course in named
            if course.suits(situation.position, situation.family, situation.employment)
        ]
        others = dict.fromkeys(fitting + [course.code for course in choice.others])
        free = [code for code in others if code not in chosen]
        yield Pick(
            course=choice.course.code,
            priority=max(1, choice.priority - steps),
            jp=choice.course.jp,
            reasons=tuple(dict.fromkeys(choice.reasons + told)),
            alternatives=tuple(free[: rules.knobs.alternatives]),
        )


def _notes(chosen: dict[str, _Choice], situation: Situation, rules: Rules) -> tuple[str, ...]:
    if not chosen:
        return (NOTHING_NEEDED,)
    jp = sum(choice.course.jp for choice in chosen.values())
    hours = rules.knobs.hours[situation.employment]
    if hours.at_most is not None and jp > hours.at_most:
        return (MORE_THAN_ALLOWED,)
    if hours.at_least is not None and jp < hours.at_least:
        return (ROOM_FOR_OWN_CHOICE,)
    return ()

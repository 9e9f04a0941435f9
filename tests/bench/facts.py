"""Invented facts in the product's own format: as many as asked for, the same for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from random import Random
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from deploy.cli.synthetic import BEHAVIOURS as BEHAVIOUR_WORDS
from deploy.cli.synthetic import BELOW, OFFICES, POSITIONS, PREDICATES
from deploy.cli.synthetic import RESULTS as RESULT_WORDS
from services.training import data, rules
from shared.events import (
    EvaluationFinalized,
    Fact,
    Period,
    RecommendationsIssued,
    encode,
    following,
    headers,
    new_fact,
)
from shared.events.words import EmploymentKind, PeriodKind, PositionKind, Predicate, Rating, Regime

AGENCY: Final = uuid5(NAMESPACE_URL, "urn:kinerja:agency:5500")
APPRAISAL: Final = "urn:kinerja:appraisal"
TRAINING: Final = "urn:kinerja:training"
IMPORT: Final = UUID(int=0x01900000_0000_7000_8000_000000000001)
YEAR: Final = 2025
PERIOD: Final = Period(
    kind=PeriodKind.ANNUAL, year=YEAR, start=date(YEAR, 1, 1), end=date(YEAR, 12, 31)
)
PEOPLE_A_REVIEWER: Final = 20
PEOPLE_AN_AGENCY: Final = 2_000
REGISTERED_FROM: Final = 1_735_689_600_000
"""2025-01-01 (milliseconds since 1970); `fill/` has people of the same `REGISTERED_DAYS`."""
REGISTERED_DAYS: Final = 300
REGISTERED_A_MILLISECOND: Final = 5
"""About as fast as an import is."""
TRACE: Final = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

_RATINGS: Final = {"D": Rating.ABOVE, "S": Rating.MEETS}
_PREDICATES: Final = {
    "SANGAT BAIK": Predicate.VERY_GOOD,
    "BAIK": Predicate.GOOD,
    "BUTUH PERBAIKAN": Predicate.NEEDS_IMPROVEMENT,
    "KURANG": Predicate.POOR,
    "SANGAT KURANG": Predicate.VERY_POOR,
}
_KINDS: Final = {"Fungsional": PositionKind.FUNCTIONAL, "Pelaksana": PositionKind.EXECUTOR}


@dataclass(frozen=True, slots=True)
class Message:
    """A fact as it goes to a broker."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def message(fact: Fact[Any], source: str) -> Message:
    """A fact as its service's relay would send it."""
    told = headers(fact, source)
    return Message(
        fact.data.topic.name,
        str(fact.data.key).encode(),
        encode(fact.data),
        [(name, value.encode()) for name, value in told.items()],
    )


def results(count: int, *, seed: int = 1) -> Iterator[Fact[EvaluationFinalized]]:
    """Finalised evaluations of so many people, one each."""
    dice = Random(seed)
    offices = tuple(OFFICES)
    for number in range(count):
        office = dice.choice(offices)
        title, kind = dice.choice(POSITIONS)
        [result] = dice.choices(*RESULT_WORDS)
        [behaviour] = dice.choices(*BEHAVIOUR_WORDS)
        yield new_fact(
            EvaluationFinalized(
                evaluation_id=_ordered(2, number, dice),
                version=1,
                employee_id=employee(number, seed),
                agency_id=AGENCY,
                import_id=IMPORT,
                reviewer_id=employee(number // PEOPLE_A_REVIEWER * PEOPLE_A_REVIEWER, seed),
                regime=Regime.PERMENPANRB_6_2022,
                period=PERIOD,
                result_rating=_rating(result),
                behaviour_rating=_rating(behaviour),
                predicate=_PREDICATES[PREDICATES[result, behaviour]],
                employment_kind=dice.choice((EmploymentKind.PNS, EmploymentKind.PPPK)),
                position_kind=_KINDS[kind],
                position_title=title,
                unit=dice.choice(OFFICES[office]),
                root_unit=office,
            ),
            at=datetime.now(UTC),
            traceparent=TRACE,
        )


def employee(number: int, seed: int = 1) -> UUID:
    """The id of the person of this number.

    People of an agency were registered together, by its first export, so their ids (UUIDv7) lie
    together; agencies came in another order then, and people within one too.
    """
    agency, place = divmod(number, PEOPLE_AN_AGENCY)
    return _registered(agency, seed)[place]


@lru_cache(16)
def _registered(agency: int, seed: int) -> list[UUID]:
    dice = Random((seed << 40) | agency)
    began = REGISTERED_FROM + dice.randrange(REGISTERED_DAYS * 24 * 3600 * 1000)
    people = [
        _uuid7(began + place // REGISTERED_A_MILLISECOND, dice.getrandbits(74))
        for place in range(PEOPLE_AN_AGENCY)
    ]
    dice.shuffle(people)
    return people


def answers(
    found: Iterator[Fact[EvaluationFinalized]], rulebook: rules.Rulebook | None = None
) -> Iterator[Fact[RecommendationsIssued]]:
    """What training answers to each of these results, by its own rules."""
    rulebook = rulebook or load()
    for fact in found:
        decision = rulebook.decide(fact.data)
        answer = RecommendationsIssued(
            evaluation_id=fact.data.evaluation_id,
            version=1,
            evaluation_version=1,
            employee_id=fact.data.employee_id,
            agency_id=fact.data.agency_id,
            import_id=fact.data.import_id,
            rule_version=decision.rule_version,
            recommendations=decision.recommendations,
            notes=decision.notes,
        )
        yield following(fact, answer, at=fact.time)


def load() -> rules.Rulebook:
    """Training's own rulebook."""
    return rules.Rulebook.load(data.catalogue(), data.editions())


@dataclass(frozen=True, slots=True)
class Work:
    """What a program is given in one run.

    Attributes:
        n: how many events it counts as.
        facts: the results in it.
    """

    n: int
    facts: list[Fact[EvaluationFinalized]]
    _results: list[Message]
    _answers: list[Message]

    @property
    def people(self) -> list[UUID]:
        """Everybody its facts are told to."""
        return [fact.data.employee_id for fact in self.facts]

    def messages(self, answers_topic: str) -> Iterator[Message]:
        """All of it, results and their answers by turns; answers go to this topic."""
        yield from (self._results if not self._answers else self._both(answers_topic))

    def _both(self, answers_topic: str) -> Iterator[Message]:
        for result, answer in zip(self._results, self._answers, strict=True):
            yield result
            yield replace(answer, topic=answers_topic)

    @property
    def bytes_an_event(self) -> float:
        """Of keys, values and headers, on average."""
        return sum(size(one) for one in (*self._results, *self._answers)) / self.n


def evaluations(count: int, *, seed: int = 1) -> Work:
    """So many finalised evaluations."""
    found = list(results(count, seed=seed))
    return Work(count, found, [message(fact, APPRAISAL) for fact in found], [])


def evaluations_with_answers(count: int, *, seed: int = 1) -> Work:
    """What notifications hear: half of it results, half what training answers to them."""
    found = list(results(count // 2, seed=seed))
    told = [message(fact, TRAINING) for fact in answers(iter(found))]
    return Work(2 * len(found), found, [message(fact, APPRAISAL) for fact in found], told)


def size(one: Message) -> int:
    """Bytes of its key, value and headers."""
    envelope = sum(len(name) + len(value) for name, value in one.headers)
    return len(one.key) + len(one.value) + envelope


def _rating(word: str) -> Rating:
    return Rating.BELOW if word == BELOW else _RATINGS[word[0]]


def _ordered(kind: int, number: int, dice: Random) -> UUID:
    """An id in the order of making, as UUIDv7 is, but the same every time."""
    return _uuid7(0x019A_0000_0000 + number, kind << 62 | dice.getrandbits(62))


def _uuid7(stamp: int, rest: int) -> UUID:
    """`stamp`: milliseconds since 1970; `rest`: 74 bits."""
    low = rest & ((1 << 62) - 1)
    return UUID(int=stamp << 80 | 7 << 76 | rest >> 62 << 64 | 2 << 62 | low)

"""The little that decides: a result reduced to the words need rules ask about."""

from collections.abc import Mapping
from typing import NamedTuple

from services.training.rules.needs import Need
from services.training.rules.words import History, JobFamily, Rated
from shared.events.words import Behaviour, EmploymentKind, PositionKind, Predicate, Rating

_ORDER = tuple(Behaviour)
_WORST_FIRST = (Rating.BELOW, Rating.MEETS, Rating.ABOVE)


class Situation(NamedTuple):
    """All that need rules may look at. Equal situations get the same courses.

    Attributes:
        values: the BerAKHLAK values that stand out as weakest, in the law's order.
    """

    predicate: Predicate
    result: Rating | None
    behaviour: Rating | None
    position: PositionKind
    family: JobFamily
    employment: EmploymentKind
    history: History
    values: tuple[Behaviour, ...]


def weakest(
    behaviours: Mapping[Behaviour, Rating] | None, *, at_most: int
) -> tuple[Behaviour, ...]:
    """The values that share the lowest rating, in the law's order.

    Those below expectation always stand out. Above that, none stands out when all are rated alike
    or when more than `at_most` share the lowest rating.
    """
    if not behaviours:
        return ()
    for rating in _WORST_FIRST:
        lowest = tuple(value for value in _ORDER if behaviours.get(value) is rating)
        if lowest:
            if rating is Rating.BELOW:
                return lowest
            return lowest if len(lowest) < len(behaviours) and len(lowest) <= at_most else ()
    return ()


def fires(need: Need, situation: Situation) -> bool:
    """Whether all conditions of the need hold."""
    known = "known" if situation.values else "unknown"
    return (
        situation.predicate in need.predicate
        and _among(situation.result or Rated.UNRATED, need.result)
        and _among(situation.behaviour or Rated.UNRATED, need.behaviour)
        and _among(situation.position, need.position)
        and _among(situation.family, need.family)
        and _among(situation.employment, need.employment)
        and _among(situation.history, need.history)
        and need.value in {None, known}
    )


def _among(word: str, allowed: tuple[str, ...]) -> bool:
    return not allowed or word in allowed

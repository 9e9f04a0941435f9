"""How a unit's predicates spread, against the guideline for its organisation's predicate.

SE MenPANRB 3/2023. A guideline the leader considers, so a departure warns and never blocks.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from shared.events.words import Predicate

SOURCE: Final = "SE MenPANRB 3/2023"


class OrganisationPredicate(StrEnum):
    """What an organisation achieved, as its superior organisation's leader set it."""

    OUTSTANDING = "OUTSTANDING"  # Istimewa
    GOOD = "GOOD"
    NEEDS_IMPROVEMENT = "NEEDS_IMPROVEMENT"
    POOR = "POOR"
    VERY_POOR = "VERY_POOR"


class Departure(StrEnum):
    """How a spread departs from the guideline; texts under `distribution.<departure>`."""

    NOT_MAJORITY = "not_majority"
    TOO_MANY = "too_many"
    TOO_FEW = "too_few"
    NOT_ALLOWED = "not_allowed"
    NOBODY = "nobody"


class Share(msgspec.Struct, frozen=True):
    """A bound on the share of employees whose predicate is one of `predicates`.

    Attributes:
        at_least, at_most: shares of the unit, 0-1.
        majority: no other predicate may be as frequent.
        somebody: at least one employee, however large the unit.
    """

    predicates: tuple[Predicate, ...]
    at_least: Decimal = Decimal(0)
    at_most: Decimal = Decimal(1)
    majority: bool = False
    somebody: bool = False


class Unusual(msgspec.Struct, frozen=True):
    """One departure.

    Attributes:
        departure: what is off.
        predicates: whose share it is.
        share: the share found, 0-1.
        bound: the guideline's bound, 0-1.
    """

    departure: Departure
    predicates: tuple[Predicate, ...]
    share: Decimal
    bound: Decimal


_VG, _G, _NI, _P, _VP = Predicate
GUIDELINE: Final[Mapping[OrganisationPredicate, tuple[Share, ...]]] = {
    OrganisationPredicate.OUTSTANDING: (Share((_VG,), at_most=Decimal("0.7"), majority=True),),
    OrganisationPredicate.GOOD: (
        Share((_G,), at_most=Decimal("0.7"), majority=True),
        Share((_NI, _P), somebody=True),
    ),
    OrganisationPredicate.NEEDS_IMPROVEMENT: (
        Share((_NI,), at_least=Decimal("0.6")),
        Share((_VG,), at_most=Decimal("0.1")),
    ),
    OrganisationPredicate.POOR: (
        Share((_P,), at_least=Decimal("0.6")),
        Share((_NI,), at_least=Decimal("0.1")),
        Share((_VG,), at_most=Decimal("0.1")),
    ),
    OrganisationPredicate.VERY_POOR: (
        Share((_VP,), at_least=Decimal("0.6")),
        Share((_P, _NI), at_least=Decimal("0.1")),
        Share((_VG,), at_most=Decimal(0)),
    ),
}
"""In force since 31 January 2023."""


def departures(
    organisation: OrganisationPredicate, counts: Mapping[Predicate, int], *, smallest: int = 10
) -> tuple[Unusual, ...]:
    """What a unit's leader should give a written reason for.

    Args:
        organisation: the organisation's predicate.
        counts: employees of the unit by predicate.
        smallest: units with fewer employees are not looked at (our threshold, not the circular's).
    """
    total = sum(counts.values())
    if total < max(smallest, 1):
        return ()
    return tuple(
        warning for bound in GUIDELINE[organisation] for warning in _against(bound, counts, total)
    )


def _against(bound: Share, counts: Mapping[Predicate, int], total: int) -> tuple[Unusual, ...]:
    held = sum(counts.get(predicate, 0) for predicate in bound.predicates)
    share = Decimal(held) / total
    others = max(
        (count for predicate, count in counts.items() if predicate not in bound.predicates),
        default=0,
    )
    found = {
        Departure.NOT_MAJORITY: (bound.majority and held <= others, Decimal(others) / total),
        Departure.NOBODY: (bound.somebody and held == 0, Decimal(0)),
        Departure.TOO_FEW: (share < bound.at_least, bound.at_least),
        Departure.NOT_ALLOWED: (bound.at_most == 0 < held, Decimal(0)),
        Departure.TOO_MANY: (share > bound.at_most > 0, bound.at_most),
    }
    return tuple(
        Unusual(departure, bound.predicates, share, limit)
        for departure, (off, limit) in found.items()
        if off
    )

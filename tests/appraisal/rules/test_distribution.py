"""How a unit's predicates may spread before its leader should say why."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from services.appraisal.rules.distribution import Departure, OrganisationPredicate, departures
from shared.events.words import Predicate

VG, G, NI, P, VP = Predicate
Organisation = OrganisationPredicate


def off(organisation: OrganisationPredicate, counts: Mapping[Predicate, int]) -> set[Departure]:
    return {found.departure for found in departures(organisation, counts)}


def test_seven_good_two_very_good_one_to_improve_is_clean() -> None:
    assert departures(Organisation.GOOD, {G: 7, VG: 2, NI: 1}) == ()


def test_eight_good_and_nobody_below_warns_twice() -> None:
    too_many, nobody = sorted(
        departures(Organisation.GOOD, {G: 8, VG: 2}),
        key=lambda found: found.departure != "too_many",
    )
    assert (too_many.departure, too_many.share, too_many.bound) == (
        Departure.TOO_MANY,
        Decimal("0.8"),
        Decimal("0.7"),
    )
    assert (nobody.departure, nobody.predicates) == (Departure.NOBODY, (NI, P))


def test_a_very_good_employee_of_a_very_poor_organisation_warns() -> None:
    assert off(Organisation.VERY_POOR, {VP: 6, P: 2, G: 1, VG: 1}) == {Departure.NOT_ALLOWED}


@pytest.mark.parametrize(
    ("organisation", "counts", "expected"),
    [
        (Organisation.OUTSTANDING, {VG: 7, G: 3}, set()),
        (Organisation.OUTSTANDING, {VG: 8, G: 2}, {Departure.TOO_MANY}),
        (Organisation.OUTSTANDING, {VG: 5, G: 5}, {Departure.NOT_MAJORITY}),
        (Organisation.GOOD, {G: 3, VG: 6, P: 1}, {Departure.NOT_MAJORITY}),
        (Organisation.NEEDS_IMPROVEMENT, {NI: 6, VG: 1, G: 3}, set()),
        (
            Organisation.NEEDS_IMPROVEMENT,
            {NI: 5, VG: 2, G: 3},
            {Departure.TOO_FEW, Departure.TOO_MANY},
        ),
        (Organisation.POOR, {P: 6, NI: 1, VG: 1, G: 2}, set()),
        (Organisation.POOR, {P: 6, G: 4}, {Departure.TOO_FEW}),
        (Organisation.VERY_POOR, {VP: 6, NI: 1, G: 3}, set()),
        (Organisation.VERY_POOR, {VP: 6, G: 4}, {Departure.TOO_FEW}),
    ],
)
def test_each_organisations_guideline(
    organisation: OrganisationPredicate,
    counts: Mapping[Predicate, int],
    expected: set[Departure],
) -> None:
    assert off(organisation, counts) == expected


def test_small_units_are_not_looked_at() -> None:
    assert departures(Organisation.GOOD, {G: 9}) == ()
    assert departures(Organisation.GOOD, {G: 9}, smallest=9) != ()
    assert departures(Organisation.GOOD, {}, smallest=0) == ()

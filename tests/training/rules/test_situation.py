import pytest

from services.training.rules.situation import weakest
from shared.events.words import Behaviour, Rating

ALL = dict.fromkeys(Behaviour, Rating.MEETS)


@pytest.mark.parametrize("behaviours", [None, {}, ALL, {Behaviour.LOYAL: Rating.ABOVE}])
def test_where_all_values_are_alike_none_stands_out(
    behaviours: dict[Behaviour, Rating] | None,
) -> None:
    assert weakest(behaviours, at_most=3) == ()


def test_a_value_below_expectation_always_stands_out() -> None:
    below = dict.fromkeys(Behaviour, Rating.BELOW)
    assert weakest(below, at_most=3) == tuple(Behaviour)
    assert weakest({Behaviour.LOYAL: Rating.BELOW}, at_most=3) == (Behaviour.LOYAL,)


def test_the_lowest_values_stand_out_in_the_order_of_the_law() -> None:
    rated = dict.fromkeys(Behaviour, Rating.ABOVE)
    rated |= {Behaviour.COLLABORATIVE: Rating.MEETS, Behaviour.SERVICE: Rating.MEETS}
    assert weakest(rated, at_most=3) == (Behaviour.SERVICE, Behaviour.COLLABORATIVE)
    backwards = dict(reversed(rated.items()))
    assert weakest(backwards, at_most=3) == (Behaviour.SERVICE, Behaviour.COLLABORATIVE)


def test_when_most_values_share_the_lowest_place_none_stands_out() -> None:
    rated = ALL | {Behaviour.LOYAL: Rating.ABOVE}
    assert weakest(rated, at_most=3) == ()
    assert weakest(rated, at_most=6) == tuple(v for v in Behaviour if v is not Behaviour.LOYAL)

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.portal.pages.charts import bars, most_frequent
from shared.events.words import Predicate

COUNTS = st.dictionaries(st.sampled_from(Predicate), st.integers(0, 100_000))


@given(COUNTS)
def test_bars_fill_the_whole_and_lie_side_by_side(counts: dict[Predicate, int]) -> None:
    drawn = bars(counts)
    assert [bar.predicate for bar in drawn] == list(Predicate)
    assert [bar.count for bar in drawn] == [counts.get(one, 0) for one in Predicate]
    whole = 100 if sum(counts.values()) else 0
    assert abs(sum(bar.share for bar in drawn) - whole) < 0.01
    for left, right in pairwise(drawn):
        assert abs(left.start + left.share - right.start) < 0.01


def test_the_most_frequent_is_named() -> None:
    assert most_frequent({Predicate.GOOD: 2, Predicate.POOR: 3}) is Predicate.POOR

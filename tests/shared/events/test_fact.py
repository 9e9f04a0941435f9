from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID, uuid4

from shared.events import (
    Fact,
    ImportCompleted,
    derived_id,
    following,
    new_id,
    new_ids,
    ordered_after,
)
from shared.events.fact import FACTS, ORDERED_SINCE

NOW = datetime(2027, 1, 2, tzinfo=UTC)
COMPLETED = ImportCompleted(
    import_id=UUID(int=1), agency_id=UUID(int=2), told=1, low=0, rejected=0, set_aside=0
)


def made_at(at: datetime, rest: int = 0) -> UUID:
    """A UUIDv7 of this moment."""
    stamp = int(at.timestamp() * 1000)
    return UUID(int=stamp << 80 | 7 << 76 | 2 << 62 | rest)


def follows(cause: UUID, part: str = "") -> UUID:
    return following(Fact(cause, COMPLETED, NOW), COMPLETED, part=part, at=NOW).id


def test_the_same_cause_gives_the_same_id_and_no_other_does() -> None:
    cause, other = made_at(NOW), made_at(NOW, rest=1)
    assert follows(cause) == follows(cause)
    assert len({follows(cause), follows(cause, "b"), follows(other), cause, other}) == 5


def test_many_new_ids_are_each_later_than_the_one_before() -> None:
    before, many, after = new_id(), new_ids(5000), new_id()
    assert [before, *many, after] == sorted({before, *many, after})
    assert {(one.version, one.variant) for one in many} == {(7, RFC_4122)}
    assert new_ids(0) == []


def test_what_follows_lies_beside_its_cause_in_time() -> None:
    cause = made_at(NOW)
    follower = follows(cause)
    assert (follower.version, follower.variant) == (8, RFC_4122)
    assert follower.int >> 80 == cause.int >> 80
    assert made_at(NOW - timedelta(milliseconds=1)) < follower
    assert follower < made_at(NOW + timedelta(milliseconds=1))


def test_what_follows_from_a_follower_lies_there_too() -> None:
    cause = new_id()
    second = follows(follows(cause))
    assert (second.int >> 80, second.version) == (cause.int >> 80, 8)


def test_the_hash_fills_all_bits_that_are_left() -> None:
    zeros = ones = 0
    for number in range(200):
        found = follows(made_at(NOW, rest=number)).int
        zeros |= ~found
        ones |= found
    free = (1 << 80) - 1 & ~(0xF << 76 | 3 << 62)
    assert zeros & ones & (1 << 80) - 1 == free
    assert free.bit_count() == 74


def test_a_cause_that_is_in_no_order_gives_a_plain_hash() -> None:
    for cause in (uuid4(), derived_id(FACTS, "foreign")):
        assert ordered_after(cause, b"name") is None
        assert follows(cause, "b") == derived_id(FACTS, f"{cause}/{COMPLETED.type}/b")


def test_what_followed_from_older_facts_keeps_the_id_it_was_told_under() -> None:
    first = UUID(int=ORDERED_SINCE | 7 << 76 | 2 << 62)
    before = made_at(datetime(2026, 11, 27, 23, 59, 59, tzinfo=UTC))
    assert follows(first).version == 8
    assert follows(before) == derived_id(FACTS, f"{before}/{COMPLETED.type}/")

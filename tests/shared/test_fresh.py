from shared.fresh import Fresh
from shared.outbox import Parcel


def of(number: int, size: int = 10) -> Parcel:
    return Parcel(number, size, number % 4, ())


def test_a_parcel_is_given_once() -> None:
    fresh = Fresh()
    fresh.add([of(1), of(2)])
    assert fresh.take(2) == ()
    assert fresh.take(2) is None
    assert fresh.take(1) == ()


def test_the_oldest_are_let_go_where_there_is_too_much() -> None:
    fresh = Fresh(most=100)
    fresh.add([of(number, 40) for number in range(5)])
    assert [number for number in range(5) if fresh.take(number) is not None] == [3, 4]


def test_one_that_is_too_large_is_read_back_and_leaves_room_for_others() -> None:
    fresh = Fresh(most=100)
    fresh.add([of(1, 500)])
    assert fresh.take(1) is None
    fresh.add([of(2, 90)])
    assert fresh.take(2) == ()


def test_what_others_have_carried_is_let_go_by_shard() -> None:
    fresh = Fresh()
    fresh.add([of(number) for number in range(1, 8)])
    assert fresh.shards() == [0, 1, 2, 3]
    fresh.let_go([1, 2])
    assert fresh.shards() == [0, 3]
    assert [number for number in range(1, 8) if fresh.take(number) is not None] == [3, 4, 7]

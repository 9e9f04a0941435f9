import asyncio
from collections.abc import Set as AbstractSet
from uuid import UUID, uuid4

from shared.database import Database
from shared.inbox import MANY, contradicted, digest, first_seen


async def seen(database: Database, facts: dict[UUID, int]) -> AbstractSet[UUID]:
    async with database.begin() as session:
        return await first_seen(session, facts)


async def test_a_fact_is_new_once(database: Database) -> None:
    one, two = uuid4(), uuid4()
    assert await seen(database, {one: 1}) == {one}
    assert await seen(database, {one: 1, two: -2}) == {two}
    assert await seen(database, {}) == set()


async def test_a_fact_whose_effect_was_not_kept_is_new_again(database: Database) -> None:
    one = uuid4()
    try:
        async with database.begin() as session:
            await first_seen(session, {one: 1})
            raise ArithmeticError
    except ArithmeticError:
        pass
    assert await seen(database, {one: 1}) == {one}


async def test_thousands_at_once_and_by_two_at_a_time_are_each_new_once(
    database: Database,
) -> None:
    facts = {uuid4(): number for number in range(3000)}
    backwards = dict(reversed(facts.items()))
    both = await asyncio.gather(seen(database, facts), seen(database, backwards))
    assert both[0] | both[1] == set(facts)
    assert not both[0] & both[1]


async def test_of_many_facts_those_seen_before_are_told_apart(database: Database) -> None:
    before, after = [uuid4() for _ in range(MANY)], [uuid4() for _ in range(MANY)]
    assert await seen(database, dict.fromkeys(before, 1)) == set(before)
    both = dict.fromkeys([*after, before[3]], 1)
    assert await seen(database, both) == set(after)
    assert await seen(database, both) == set()


async def test_another_content_under_the_same_id_is_noticed(database: Database) -> None:
    one, two = uuid4(), uuid4()
    marks = {one: digest(b"was"), two: digest(b"same")}
    await seen(database, marks)
    async with database.begin() as session:
        assert await contradicted(session, marks) == set()
        assert await contradicted(session, {one: digest(b"is"), two: marks[two]}) == {one}
        assert await contradicted(session, {}) == set()


def test_a_digest_fits_a_big_integer_and_tells_contents_apart() -> None:
    marks = {digest(str(number).encode()) for number in range(1000)}
    assert len(marks) == 1000
    assert all(-(2**63) <= mark < 2**63 for mark in marks)
    assert digest(b"same") == digest(b"same")

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from shared import retention
from shared.database import Database
from shared.inbox import inbox
from shared.outbox import ROOM, outbox, told
from shared.retention import INBOX_DAYS_MORE, let_go

NOW = datetime(2027, 6, 1, tzinfo=UTC)
EVALUATIONS = "appraisal.evaluations.v1"
EMPLOYEES = "workforce.employees.v1"


async def put(database: Database, *facts: tuple[int, str, bytes, int]) -> None:
    """Put told facts: id, topic, key, age in days."""
    async with database.engine.begin() as connection:
        for number, topic, key, days in facts:
            row: dict[str, Any] = {
                "id": number,
                "shard": 0,
                "fact_id": uuid4(),
                "topic": topic,
                "key": key,
                "payload": b"{}",
                "headers": b"{}",
                "put_at": NOW - timedelta(days=days),
            }
            await connection.execute(insert(told), [row])


async def see(database: Database, *facts: tuple[int, int]) -> None:
    """Put inbox rows: id, age in days."""
    async with database.engine.begin() as connection:
        for number, days in facts:
            at = NOW - timedelta(days=days)
            row = {"fact_id": UUID(int=number), "digest": 0, "seen_at": at}
            await connection.execute(insert(inbox), [row])


async def left(database: Database) -> tuple[list[int], list[int]]:
    async with database.engine.connect() as connection:
        facts = list((await connection.execute(select(told.c.id).order_by(told.c.id))).scalars())
        seen = (await connection.execute(select(inbox.c.fact_id))).scalars()
        return facts, sorted(identity.int for identity in seen)


async def test_told_facts_go_after_their_time_counted_from_when_they_were_put(
    database: Database,
) -> None:
    await put(database, (1, EVALUATIONS, b"a", 401), (2, EVALUATIONS, b"a", 399))
    assert await let_go(database, NOW, 400) == 1
    assert (await left(database))[0] == [2]


async def test_what_may_be_told_again_is_still_known(database: Database) -> None:
    await see(database, (1, 400 + INBOX_DAYS_MORE + 1), (2, 400 + INBOX_DAYS_MORE - 1))
    assert await let_go(database, NOW, 400) == 1
    assert (await left(database))[1] == [2]
    assert INBOX_DAYS_MORE > 0


async def test_the_newest_fact_of_a_key_of_a_compacted_topic_is_kept_for_ever(
    database: Database,
) -> None:
    await put(
        database,
        (1, EMPLOYEES, b"a", 900),
        (2, EMPLOYEES, b"a", 800),
        (3, EMPLOYEES, b"b", 900),
        (4, EVALUATIONS, b"b", 500),
        (5, EMPLOYEES, b"c", 900),
        (6, EMPLOYEES, b"c", 1),
    )
    await let_go(database, NOW, 400)
    assert (await left(database))[0] == [2, 3, 6]


async def test_much_goes_in_small_steps(database: Database, monkeypatch: Any) -> None:
    monkeypatch.setattr(retention, "STEP", 10)
    monkeypatch.setattr(retention, "STEP_PAUSE", 0)
    await put(database, *((number, EVALUATIONS, b"k", 500) for number in range(1, 36)))
    assert await let_go(database, NOW, 400) == 35
    assert await left(database) == ([], [])
    assert await let_go(database, NOW, 400) == 0


async def test_what_still_waits_to_be_told_stays_however_old_it_is(database: Database) -> None:
    await put(database, (5 * ROOM, EVALUATIONS, b"a", 500), (6 * ROOM + 3, EVALUATIONS, b"b", 500))
    async with database.engine.begin() as connection:
        waits = {"id": 6, "shard": 0, "facts": 1, "bytes": 2}
        await connection.execute(insert(outbox), [waits])
    await let_go(database, NOW, 400)
    assert (await left(database))[0] == [6 * ROOM + 3]

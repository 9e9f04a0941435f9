"""Months on PostgreSQL: made ahead, and dropped when all of one is old."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text

from shared import months, outbox, partitions
from shared.database import Database
from shared.inbox import first_seen, inbox
from shared.months import begin_of, first_parcel, month_of, name_of
from shared.outbox import ROOM, told
from shared.retention import INBOX_DAYS_MORE, let_go
from tests.shared.conftest import only_postgres

pytestmark = only_postgres

NOW = datetime(2027, 6, 10, tzinfo=UTC)
THIS = month_of(NOW)
LATER = begin_of(THIS + 15) + timedelta(days=1)
"""When, at 400 days, this month's told facts are old."""
EVALUATIONS = "appraisal.evaluations.v1"
EMPLOYEES = "workforce.employees.v1"


def seen_at(at: datetime, rest: int = 0) -> UUID:
    return UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | rest)


async def run(database: Database, *statements: str) -> list[Any]:
    async with database.engine.begin() as connection:
        for statement in statements:
            found = await connection.execute(text(statement))
        return list(found.scalars()) if found.returns_rows else []


async def parts(database: Database, table: str) -> list[str]:
    async with database.engine.connect() as connection:
        return await partitions.of(connection, table)


async def put(database: Database, *facts: tuple[str, bytes, datetime]) -> list[int]:
    """Put told facts, a parcel each, none of which waits: topic, key, when. Gives their ids."""
    ids = []
    async with database.engine.begin() as connection:
        for topic, key, at in facts:
            parcel = {"shard": 0, "facts": 1, "bytes": 2}
            number = (
                await connection.execute(
                    insert(outbox.outbox).returning(outbox.outbox.c.id), parcel
                )
            ).scalar_one()
            row = {
                "id": number * ROOM, "shard": 0, "fact_id": uuid4(), "topic": topic, "key": key,
                "payload": b"{}", "headers": b"{}", "put_at": at,
            }  # fmt: skip
            await connection.execute(insert(told), [row])
            ids.append(number * ROOM)
    await run(database, "delete from outbox")
    return ids


async def see(database: Database, fact_id: UUID, at: datetime) -> None:
    async with database.engine.begin() as connection:
        row = {"fact_id": fact_id, "digest": 0, "seen_at": at}
        await connection.execute(insert(inbox), [row])


async def where(database: Database, table: str) -> list[str]:
    return await run(database, f"select tableoid::regclass::text from {table} order by 1")  # noqa: S608  # ours


async def test_this_month_and_the_next_are_made_however_many_look_and_how_often(
    database: Database,
) -> None:
    await asyncio.gather(*(partitions.make_ahead(database, NOW) for _ in range(4)))
    await partitions.make_ahead(database, NOW)
    for table in months.KEYS:
        assert await parts(database, table) == [
            name_of(table, THIS), name_of(table, THIS + 1), f"{table}_default",
        ]  # fmt: skip


async def test_facts_lie_in_the_month_they_are_told_and_in_that_of_their_ids(
    database: Database,
) -> None:
    [before] = await put(database, (EVALUATIONS, b"a", NOW))
    for month in (THIS, THIS + 1):
        await partitions.make_ahead(database, begin_of(month))
        [number] = await put(database, (EVALUATIONS, b"a", NOW))
        assert number > first_parcel(month) * ROOM > before
        await see(database, seen_at(begin_of(month)), NOW)
    assert await where(database, "told") == sorted(
        ["told_default", name_of("told", THIS), name_of("told", THIS + 1)]
    )
    assert await where(database, "inbox") == [name_of("inbox", THIS), name_of("inbox", THIS + 1)]


async def test_a_fact_is_known_again_in_whichever_part_it_lies(database: Database) -> None:
    await partitions.make_ahead(database, NOW)
    facts = {seen_at(NOW): 1, uuid4(): 2, seen_at(NOW - timedelta(days=90)): 3}
    for new in (facts.keys(), set()):
        async with database.begin() as session:
            assert await first_seen(session, facts) == new


async def test_what_came_before_its_month_was_made_is_moved_there(database: Database) -> None:
    facts = {seen_at(NOW, rest): 1 for rest in range(10)} | {uuid4(): 1}
    async with database.begin() as session:
        await first_seen(session, facts)
    await partitions.make_ahead(database, NOW)
    assert sorted(await where(database, "inbox")) == sorted(
        ["inbox_default", *[name_of("inbox", THIS)] * 10]
    )


async def test_a_month_of_which_much_came_already_is_left_where_it_is(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "FEW", 5)
    async with database.begin() as session:
        await first_seen(session, {seen_at(NOW, rest): 1 for rest in range(6)})
    await partitions.make_ahead(database, NOW)
    assert await parts(database, "inbox") == [name_of("inbox", THIS + 1), "inbox_default"]


async def test_a_month_goes_once_all_of_it_is_old(database: Database) -> None:
    await partitions.make_ahead(database, NOW)
    await put(database, (EVALUATIONS, b"a", NOW))
    await let_go(database, LATER - timedelta(days=60), 400)
    assert name_of("told", THIS) in await parts(database, "told")
    await let_go(database, LATER, 400)
    assert name_of("told", THIS) not in await parts(database, "told")
    assert await where(database, "told") == []


async def test_a_month_with_one_fact_that_was_put_late_stays(database: Database) -> None:
    await partitions.make_ahead(database, NOW)
    await put(database, (EVALUATIONS, b"a", NOW), (EVALUATIONS, b"a", LATER))
    await let_go(database, LATER, 400)
    assert len(await where(database, "told")) == 2


async def test_what_must_stay_is_moved_when_its_month_goes(database: Database) -> None:
    await partitions.make_ahead(database, NOW)
    ids = await put(
        database,
        (EMPLOYEES, b"a", NOW),
        (EMPLOYEES, b"a", NOW),
        (EMPLOYEES, b"b", NOW),
        (EVALUATIONS, b"a", NOW),
        (EVALUATIONS, b"c", NOW),
    )
    await partitions.make_ahead(database, begin_of(THIS + 1))
    [newer] = await put(database, (EMPLOYEES, b"b", NOW))
    waits = {"id": ids[4] // ROOM, "shard": 0, "facts": 1, "bytes": 2}
    async with database.engine.begin() as connection:
        await connection.execute(insert(outbox.outbox), [waits])
    await let_go(database, LATER, 400)
    assert await run(database, "select id from told order by id") == [ids[1], ids[4], newer]
    assert await where(database, "told") == ["told_2027_07", "told_default", "told_default"]
    await let_go(database, LATER, 400)
    assert await run(database, "select id from told order by id") == [ids[1], ids[4], newer]


async def test_where_too_many_must_stay_the_others_go_one_by_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "FEW", 1)
    await partitions.make_ahead(database, NOW)
    ids = await put(
        database, (EMPLOYEES, b"a", NOW), (EMPLOYEES, b"b", NOW), (EVALUATIONS, b"a", NOW)
    )
    assert await let_go(database, LATER, 400) == 1
    assert await run(database, "select id from told order by id") == ids[:2]
    assert name_of("told", THIS) in await parts(database, "told")


async def test_the_inbox_s_month_goes_unless_something_of_it_was_seen_late(
    database: Database,
) -> None:
    for month in (THIS, THIS + 1):
        await partitions.make_ahead(database, begin_of(month))
    await see(database, seen_at(begin_of(THIS)), NOW)
    await see(database, seen_at(begin_of(THIS + 1)), LATER)
    await let_go(database, begin_of(THIS + 2) + timedelta(days=401 + INBOX_DAYS_MORE), 400)
    async with database.engine.connect() as connection:
        left = (await connection.execute(select(inbox.c.fact_id))).scalars().all()
    assert left == [seen_at(begin_of(THIS + 1))]
    assert name_of("inbox", THIS) not in await parts(database, "inbox")


async def test_a_table_that_is_in_use_is_left_until_the_next_look(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "WAIT", "10ms")
    await partitions.make_ahead(database, NOW)
    await put(database, (EVALUATIONS, b"a", NOW))
    async with database.engine.begin() as connection:
        await connection.execute(text("select count(*) from told"))
        await let_go(database, LATER, 400)
        assert name_of("told", THIS) in await parts(database, "told")
    await let_go(database, LATER, 400)
    assert name_of("told", THIS) not in await parts(database, "told")

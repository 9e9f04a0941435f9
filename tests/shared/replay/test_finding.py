import pytest
from sqlalchemy import inspect

from shared.database import Database
from shared.replay.finding import quick_to_find
from tests.shared.conftest import database, database_url, postgres_server

__all__ = ["database", "database_url", "postgres_server"]


def found_by(one: Database) -> str:
    """Its name; on PostgreSQL each partition has one."""
    return "told_default_fact_id" if one.is_postgres else "told_fact_id"


async def indexes(one: Database) -> set[str | None]:
    table = "told_default" if one.is_postgres else "told"
    async with one.engine.connect() as connection:
        found = await connection.run_sync(lambda sync: inspect(sync).get_indexes(table))
    return {index["name"] for index in found}


async def test_the_way_to_find_what_was_told_is_there_for_as_long_as_it_is_needed(
    database: Database,
) -> None:
    before = await indexes(database)
    async with quick_to_find(database):
        assert await indexes(database) == before | {found_by(database)}
    assert await indexes(database) == before


async def test_what_a_replay_that_was_killed_has_left_is_in_nobody_s_way(
    database: Database,
) -> None:
    before = await indexes(database)
    with pytest.raises(RuntimeError):
        async with quick_to_find(database):
            async with quick_to_find(database):
                assert found_by(database) in await indexes(database)
            raise RuntimeError
    assert await indexes(database) == before

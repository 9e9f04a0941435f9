import pytest
from sqlalchemy import inspect

from shared.database import Database
from shared.replay.finding import quick_to_find
from tests.shared.conftest import database, database_url, postgres_server

__all__ = ["database", "database_url", "postgres_server"]


async def indexes(one: Database) -> set[str | None]:
    async with one.engine.connect() as connection:
        found = await connection.run_sync(lambda sync: inspect(sync).get_indexes("told"))
    return {index["name"] for index in found}


async def test_the_way_to_find_what_was_told_is_there_for_as_long_as_it_is_needed(
    database: Database,
) -> None:
    before = await indexes(database)
    async with quick_to_find(database):
        assert await indexes(database) == before | {"told_fact_id"}
    assert await indexes(database) == before


async def test_what_a_replay_that_was_killed_has_left_is_in_nobody_s_way(
    database: Database,
) -> None:
    before = await indexes(database)
    with pytest.raises(RuntimeError):
        async with quick_to_find(database):
            async with quick_to_find(database):
                assert "told_fact_id" in await indexes(database)
            raise RuntimeError
    assert await indexes(database) == before

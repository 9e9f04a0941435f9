from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select, text

from shared.codecs import EPOCH
from shared.database import Database, Moment, insert_rows
from tests.shared.conftest import only_postgres

pytestmark = only_postgres

moments = Table("moments", MetaData(), Column("n", Integer, primary_key=True), Column("at", Moment))
WRITTEN = text(
    "select to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.US') from moments order by n"
)
WIB = timezone(timedelta(hours=7))
GIVEN = [
    datetime(2026, 11, 28, 7, 16, 44, 36557, tzinfo=UTC),
    datetime(2026, 11, 28, 14, 16, 44, 36557, tzinfo=WIB),
    datetime(1945, 8, 17, 3, 0, 0, 1, tzinfo=UTC),
    EPOCH - timedelta(microseconds=1),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    None,
]


@pytest.fixture(autouse=True)
async def _table(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(moments.create)


@pytest.mark.parametrize("rows_at_once", [1, len(GIVEN)], ids=["one by one", "at once"])
async def test_a_moment_comes_back_as_it_went_in_whatever_way(
    database: Database, rows_at_once: int
) -> None:
    rows = list(enumerate(GIVEN))
    async with database.begin() as session:
        for begin in range(0, len(rows), rows_at_once):
            part = rows[begin : begin + rows_at_once]
            await insert_rows(session, moments, ("n", "at"), part)
    async with database.read() as session:
        found = list((await session.execute(select(moments.c.at).order_by(moments.c.n))).scalars())
        said = (await session.execute(WRITTEN)).scalars().all()
    assert found == GIVEN
    assert all(one.tzinfo == UTC for one in found if one is not None)
    assert list(said)[:3] == [
        "2026-11-28 07:16:44.036557",
        "2026-11-28 07:16:44.036557",
        "1945-08-17 03:00:00.000001",
    ]


async def test_moments_are_found_by_moments(database: Database) -> None:
    rows = list(enumerate(GIVEN))
    async with database.begin() as session:
        await insert_rows(session, moments, ("n", "at"), rows)
        asked = select(moments.c.n).where(moments.c.at >= GIVEN[1]).order_by(moments.c.n)
        assert list((await session.execute(asked)).scalars()) == [0, 1, 4]


async def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    naive = datetime(2026, 11, 28)  # noqa: DTZ001  # what it is about
    with pytest.raises(TypeError):
        async with database.begin() as session:
            await insert_rows(session, moments, ("n", "at"), [(1, naive)])
    async with database.read() as session:
        assert list((await session.execute(select(moments.c.n))).scalars()) == []

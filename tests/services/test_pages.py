"""Lists on PostgreSQL right after a lot has come: nothing is known of the tables yet."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.appraisal.models import Base as Appraisal
from services.appraisal.store import evaluations
from services.training.models import Base as Training
from services.training.store import sets
from shared.auth import Scope
from shared.database import Database, connect
from shared.events import RecommendationSet, Result, encode
from shared.paging import by_index
from shared.settings import ServiceSettings
from tests.services.facts import AT, IMPORT, result
from tests.shared.postgres import Server

MANY: Final = 60_000
TEAM: Final = 20
PAGE: Final = 50
TOUCHED: Final = 5 * PAGE
"""Rows of tables that a page may cost."""
PATTERN: Final = result("GOOD")
OFFICE: Final = Scope(agency_id=PATTERN.agency_id)


def team(number: int) -> UUID:
    return UUID(int=2 * MANY + number // TEAM)


def somebody(number: int) -> UUID:
    return UUID(int=3 * MANY + number)


RESULTS: Final[Sequence[Result]] = [
    msgspec.structs.replace(
        PATTERN,
        evaluation_id=UUID(int=number),
        employee_id=somebody(number),
        reviewer_id=team(number),
    )
    for number in range(MANY)
]


class List(Protocol):
    """A service's list, and how what is in it is kept."""

    async def keep(self, session: AsyncSession) -> None: ...

    async def shown(
        self, session: AsyncSession, scope: Scope, after: UUID | None, employee: UUID | None
    ) -> Sequence[UUID]: ...


class Evaluations:
    async def keep(self, session: AsyncSession) -> None:
        kept = [(one, number, encode(one)) for number, one in enumerate(RESULTS)]
        await evaluations.keep_heads(session, RESULTS, IMPORT)
        await evaluations.keep_versions(session, kept, IMPORT, AT)

    async def shown(
        self, session: AsyncSession, scope: Scope, after: UUID | None, employee: UUID | None
    ) -> Sequence[UUID]:
        filters = {"import_id": IMPORT, "employee_id": employee}
        kept = await evaluations.listed(session, scope, filters, after=after, limit=PAGE)
        return [one.result.evaluation_id for one in kept]


class Sets:
    async def keep(self, session: AsyncSession) -> None:
        kept = [sets.Answered(one, _answer(one), AT) for one in RESULTS]
        await sets.keep(session, kept, new={one.evaluation_id for one in RESULTS})

    async def shown(
        self, session: AsyncSession, scope: Scope, after: UUID | None, employee: UUID | None
    ) -> Sequence[UUID]:
        kept = await sets.listed(
            session, scope, employee_id=employee, evaluation_id=None, after=after, limit=PAGE
        )
        return [one.evaluation_id for one in kept]


def _answer(one: Result) -> RecommendationSet:
    return RecommendationSet(
        evaluation_id=one.evaluation_id,
        version=1,
        evaluation_version=1,
        employee_id=one.employee_id,
        agency_id=one.agency_id,
        rule_version="1",
        recommendations=(),
    )


@pytest.fixture(params=[Evaluations(), Sets()], ids=["evaluations", "sets"])
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
async def database(postgres_server: Server) -> AsyncIterator[Database]:
    found = connect(ServiceSettings(database_url=postgres_server.url(), pool_size=1))
    async with found.engine.begin() as connection:
        await connection.execute(text("drop schema public cascade"))
        await connection.execute(text("create schema public"))
        for base in (Appraisal, Training):
            await connection.run_sync(base.metadata.create_all)
    yield found
    await found.close()


@pytest.fixture
async def filled(database: Database, kind: List) -> Database:
    await fill(database, kind)
    return database


async def fill(database: Database, kind: List) -> None:
    async with database.begin() as session:
        await kind.keep(session)


async def page(
    database: Database,
    kind: List,
    scope: Scope,
    *,
    after: int | None = None,
    employee: UUID | None = None,
) -> list[int]:
    """The numbers of what a page shows, at a page's cost."""
    async with database.read() as session:
        await by_index(session)
        before = await taken(session)
        last = None if after is None else UUID(int=after)
        shown = await kind.shown(session, scope, last, employee)
        assert await taken(session) - before <= TOUCHED
        return [one.int for one in shown]


async def taken(session: AsyncSession) -> int:
    """Rows that this connection took from tables; the server tells others only now and then."""
    asked = text(
        "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_user_tables"
    )
    return int((await session.execute(asked)).scalar_one())


async def test_a_page_costs_a_page_wherever_in_the_list_it_is(filled: Database, kind: List) -> None:
    assert await page(filled, kind, OFFICE) == list(range(PAGE))
    deep = MANY - 2 * PAGE
    assert await page(filled, kind, OFFICE, after=deep) == list(range(deep + 1, deep + 1 + PAGE))
    assert await page(filled, kind, OFFICE, after=MANY - 2) == [MANY - 1]


async def test_who_sees_for_two_reasons_gets_each_row_once(filled: Database, kind: List) -> None:
    theirs = list(range(100, 120))
    leads = Scope(employee_id=somebody(40_000), reviewer_id=team(100))
    assert await page(filled, kind, leads) == [*theirs, 40_000]
    assert await page(filled, kind, leads, after=118) == [119, 40_000]
    leads_oneself = Scope(employee_id=somebody(105), reviewer_id=team(100))
    assert await page(filled, kind, leads_oneself) == theirs
    assert await page(filled, kind, Scope()) == []


async def test_one_of_many_is_found_at_once(filled: Database, kind: List) -> None:
    one, other = somebody(40_000), somebody(40_001)
    assert await page(filled, kind, Scope(employee_id=one)) == [40_000]
    assert await page(filled, kind, OFFICE, employee=one) == [40_000]
    assert await page(filled, kind, Scope(employee_id=one), employee=other) == []


async def test_no_plan_is_kept_from_when_there_was_nothing(database: Database, kind: List) -> None:
    for _ in range(10):  # from the sixth time on, PostgreSQL keeps a plan it thinks good enough
        assert await page(database, kind, OFFICE) == []
    await fill(database, kind)
    assert await page(database, kind, OFFICE) == list(range(PAGE))

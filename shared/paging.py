"""Pages of lists that cost what a page costs, whatever the database knows of its tables.

PostgreSQL guesses how many rows fit until a table is analysed, up to a minute after a large import;
what it guesses then must not matter to somebody who waits for a page.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import FromClause, Select, Subquery, Table, false, select, text, union
from sqlalchemy.ext.asyncio import AsyncSession

_BY_INDEX: Final = text(
    "select set_config('plan_cache_mode', 'force_custom_plan', true),"
    " set_config('enable_bitmapscan', 'off', true)"
)


async def by_index(session: AsyncSession) -> None:
    """Let this transaction find rows by id, and pages in the order of an index.

    Two plans look cheap to PostgreSQL where it knows nothing of a table, or knew it empty: one made
    then and kept, and a bitmap of all rows that fit, sorted to show the first of them.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(_BY_INDEX)


def first_of(
    table: Table,
    asked: Callable[[FromClause], Select[Any]],
    ways: Mapping[str, object],
    *,
    by: str,
    limit: int,
    few: Mapping[str, object],
) -> Subquery:
    """The first rows that any one of `ways` lets in, ordered; none where there is no way.

    Each way is asked by itself, walks its own index and stops after a page: of an `or` of them,
    all that fits would have to be found and sorted.

    Args:
        table: whose rows.
        asked: the columns a page needs of it, with all other conditions.
        ways: columns, and the value each must have.
        by: the order; no two rows are alike in it. An index has it behind each way's column.
        limit: most rows.
        few: columns of which no value has more than a few rows, and the value asked for, or None.
            Their index need not have the order.
    """
    narrow = next((one for one in few.items() if one[1] is not None), None)
    found = []
    for name, value in ways.items():
        own = narrow or ((name, value) if name in few else None)
        rows = _all_of(table, *own) if own else table
        one = asked(rows).where(rows.c[name] == value)
        found.append(one if own else one.order_by(rows.c[by]).limit(limit))
    if not found:
        return asked(table).where(false()).subquery()
    several = union(*(select(one.subquery()) for one in found)).subquery()
    return select(several).order_by(several.c[by]).limit(limit).subquery()


def _all_of(table: Table, name: str, value: object) -> Subquery:
    """The few rows with this value in an indexed column, to ask more of.

    They are found first: PostgreSQL looks for nothing else inside an `offset`, be it none.
    """
    return select(table).where(table.c[name] == value).offset(0).subquery()

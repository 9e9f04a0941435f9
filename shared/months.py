"""Delivery tables in months, on PostgreSQL: what is old goes with its month, in one stroke.

A month's bounds follow from the month alone. The inbox is divided by the milliseconds its facts'
ids begin with; told facts by their numbers, of which each month has its own: the first process
that looks in a new month lets `outbox` count on from there. What belongs to no month lies in the
table's default partition. SQLite has no partitions.
"""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import DDL, ExecutableDDLElement, Table, event

PARCELS: Final = 2**32
"""How many numbers of parcels a month has; nobody tells so many."""
ROOM: Final = 1024
"""How many facts a parcel has room for."""
KNOBS: Final = "autovacuum_vacuum_insert_threshold = -1"
"""Rows that only come, and go with their table, need no vacuum on the way."""


def month_of(moment: datetime) -> int:
    """The number of the month (UTC) a moment lies in."""
    at = moment.astimezone(UTC)
    return at.year * 12 + at.month - 1


def begin_of(month: int) -> datetime:
    """When a month begins."""
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def name_of(table: str, month: int) -> str:
    """What a table's partition for a month is called."""
    return f"{table}_{month // 12}_{month % 12 + 1:02}"


def month_in(name: str) -> int | None:
    """The month a partition is for; None where it is for none."""
    *_, year, number = f"_{name}".rsplit("_", 2)
    return int(year) * 12 + int(number) - 1 if year.isdigit() and number.isdigit() else None


def first_parcel(month: int) -> int:
    """The number a month's parcels begin with."""
    return month * PARCELS


def bound(table: str, month: int) -> str:
    """What the key of a table's rows begins with in a month, as SQL."""
    if table == "told":
        return str(first_parcel(month) * ROOM)
    return f"'{UUID(int=int(begin_of(month).timestamp() * 1000) << 80)}'"


KEYS: Final = {"told": "id", "inbox": "fact_id"}
"""The tables divided, and by what."""


def making(table: str, month: int) -> list[str]:
    """The statements that make a month's partition, with what lies in the default one already."""
    name, key = name_of(table, month), KEYS[table]
    low, high = bound(table, month), bound(table, month + 1)
    moved = f"delete from {table}_default where {key} >= {low} and {key} < {high} returning *"  # noqa: S608  # names of ours
    return [
        f"create table {name} (like {table} including defaults) with ({KNOBS})",
        f"with moved as ({moved}) insert into {name} select * from moved",  # noqa: S608  # ours
        f"alter table {table} attach partition {name} for values from ({low}) to ({high})",
    ]


def with_default(table: Table) -> None:
    """Make a divided table together with its default partition."""
    name = f"{table.name}_default"
    make = f"create table {name} partition of {table.name} default with ({KNOBS})"
    made: ExecutableDDLElement = DDL(make)  # type: ignore[no-untyped-call]  # SQLAlchemy's
    event.listen(table, "after_create", made.execute_if(dialect="postgresql"))

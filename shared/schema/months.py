"""The inbox and told facts are divided by months on PostgreSQL, so that old ones can be dropped.

Nothing is copied: what there is becomes a partition as it is, of the inbox the default one, of told
facts the one before all months. SQLite stays as it is.
"""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from alembic import op

_COMPACTED: Final = "where topic in ('workforce.employees.v1')"
_TOLD: Final = {
    "told_compacted": f"(key, id) {_COMPACTED}",
    "told_put_at": "using brin (put_at)",
}
_INBOX: Final = {"inbox_seen_at": "using brin (seen_at)"}
_KNOBS: Final = "autovacuum_vacuum_insert_threshold = -1"
_ROOM: Final = 1024
_PARCELS: Final = 2**32


def upgrade() -> None:
    """To months."""
    if op.get_bind().dialect.name != "postgresql":
        return
    now = datetime.now(UTC)
    this = now.year * 12 + now.month - 1
    last = op.get_bind().execute(sa.text("select last_value from outbox_id_seq")).scalar_one()
    month = max(this, last // _PARCELS + 1)  # it was divided before, and taken back
    _divide("told", "id", _TOLD, "told_before")
    first = month * _PARCELS * _ROOM
    op.execute(
        f"alter table told attach partition told_before for values from (minvalue) to ({first})"
    )
    op.execute(f"create table told_default partition of told default with ({_KNOBS})")
    _divide("inbox", "fact_id", _INBOX, "inbox_default")
    op.execute("alter table inbox attach partition inbox_default default")
    for one in range(month, this + 2):
        _make("told", one, str(one * _PARCELS * _ROOM), str((one + 1) * _PARCELS * _ROOM))
    # what came this month is in the default one, and stays there
    low, high = _id_at(this), _id_at(this + 1)
    come = f"select 1 from inbox where fact_id >= {low} and fact_id < {high} limit 1"  # noqa: S608  # ours
    if op.get_bind().execute(sa.text(come)).first() is None:
        _make("inbox", this, low, high)
    _make("inbox", this + 1, high, _id_at(this + 2))
    if month == this:
        op.execute(f"select setval('outbox_id_seq', {this * _PARCELS})")


def downgrade() -> None:
    """Back to one table each."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, key, indexes in (("told", "id", _TOLD), ("inbox", "fact_id", _INBOX)):
        op.execute(f"create table {table}_whole (like {table} including defaults)")
        op.execute(f"insert into {table}_whole select * from {table}")  # noqa: S608  # names of ours
        op.execute(f"drop table {table}")
        op.execute(f"alter table {table}_whole rename to {table}")
        _index(table, key, indexes)


def _divide(table: str, key: str, indexes: dict[str, str], kept: str) -> None:
    """Let a table of the same name and shape be divided; what there is is called `kept`."""
    op.execute(f"alter table {table} rename to {kept}")
    for name in (f"{table}_pkey", *indexes):
        op.execute(f"alter index {name} rename to {name.replace(table, kept, 1)}")
    op.execute(f"alter table {kept} set ({_KNOBS})")
    op.execute(f"create table {table} (like {kept} including defaults) partition by range ({key})")
    _index(table, key, indexes)


def _index(table: str, key: str, indexes: dict[str, str]) -> None:
    op.execute(f"alter table {table} add constraint {table}_pkey primary key ({key})")
    for name, what in indexes.items():
        op.execute(f"create index {name} on {table} {what}")


def _make(table: str, month: int, low: str, high: str) -> None:
    name = f"{table}_{month // 12}_{month % 12 + 1:02}"
    op.execute(
        f"create table {name} partition of {table} "
        f"for values from ({low}) to ({high}) with ({_KNOBS})"
    )


def _id_at(month: int) -> str:
    """The first id of a month: such as begin with their milliseconds."""
    begins = datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return f"'{UUID(int=int(begins.timestamp() * 1000) << 80)}'"

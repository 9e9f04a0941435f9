"""Facts are written once: all of them lie in `told`, `outbox` names the parcels that wait.

Before, a fact lay in `outbox` with all it says, and was moved to `told` once it was told. What
waits keeps its order: a row's number becomes its parcel's.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

_ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NOW: Final = sa.text("(CURRENT_TIMESTAMP)")
_FACT: Final = "shard, fact_id, topic, key, payload, headers, put_at"
_COMPACTED: Final = sa.text("topic in ('workforce.employees.v1')")
_WAITS: Final = "exists (select 1 from outbox_kept as o where o.id = t.id / 1024 and {left})"
_LEFT: Final = {
    "postgresql": "(o.places is null or t.id % 1024 in "
    "(select cast(place as bigint) from json_array_elements_text(cast(o.places as json)) place))",
    "sqlite": "(o.places is null or t.id % 1024 in (select value from json_each(o.places)))",
}


def upgrade() -> None:
    """To parcels."""
    _set_aside()
    op.create_table(
        "outbox",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("facts", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("places", sa.String(), nullable=True),
        sa.Column("put_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pkey")),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_shard_id", "outbox", ["shard", "id"])
    op.create_table(
        "told",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        *_columns_of_a_fact(put_at_default=_NOW),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("told_pkey")),
    )
    op.create_index(
        "told_compacted",
        "told",
        ["key", "id"],
        postgresql_where=_COMPACTED,
        sqlite_where=_COMPACTED,
    )
    op.create_index("told_put_at", "told", ["put_at"], postgresql_using="brin")
    op.execute(
        f"insert into told (id, {_FACT}, error) select id * 1024, {_FACT}, error from told_kept"  # noqa: S608  # names of ours
    )
    op.execute(f"insert into told (id, {_FACT}) select id * 1024, {_FACT} from outbox_kept")  # noqa: S608  # the same
    op.execute(
        "insert into outbox (id, shard, facts, bytes, put_at) "
        "select id, shard, 1, length(payload), put_at from outbox_kept"
    )
    _go_on_counting("id / 1024")
    _drop_what_was_set_aside()
    op.drop_index("inbox_seen_at", "inbox")
    op.create_index("inbox_seen_at", "inbox", ["seen_at"], postgresql_using="brin")


def downgrade() -> None:
    """Back to rows that are moved."""
    _set_aside()
    op.create_table(
        "outbox",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        *_columns_of_a_fact(put_at_default=_NOW),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pkey")),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_shard_id", "outbox", ["shard", "id"])
    op.create_table(
        "told",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        *_columns_of_a_fact(put_at_default=None),
        sa.Column("told_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("told_pkey")),
    )
    op.create_index("told_key", "told", ["key"])
    op.create_index("told_put_at", "told", ["put_at"])
    op.create_index("told_topic_id", "told", ["topic", "id"])
    waits = _WAITS.format(left=_LEFT[op.get_bind().dialect.name])
    op.execute(
        f"insert into told (id, {_FACT}, error) select id, {_FACT}, error "  # noqa: S608  # names of ours
        f"from told_kept as t where error is not null or not {waits}"
    )
    op.execute(
        f"insert into outbox (id, {_FACT}) select id, {_FACT} "  # noqa: S608  # the same
        f"from told_kept as t where error is null and {waits}"
    )
    _go_on_counting("id")
    _drop_what_was_set_aside()
    op.drop_index("inbox_seen_at", "inbox")
    op.create_index("inbox_seen_at", "inbox", ["seen_at"])


def _columns_of_a_fact(*, put_at_default: sa.TextClause | None) -> list[sa.Column[object]]:
    return [
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(length=249), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("headers", sa.LargeBinary(), nullable=False),
        sa.Column(
            "put_at", sa.DateTime(timezone=True), server_default=put_at_default, nullable=False
        ),
    ]


def _set_aside() -> None:
    for name in ("outbox", "told"):
        op.execute(f"create table {name}_kept as select * from {name}")  # noqa: S608  # the same
        op.drop_table(name)


def _drop_what_was_set_aside() -> None:
    for name in ("outbox", "told"):
        op.drop_table(f"{name}_kept")


def _go_on_counting(number: str) -> None:
    """No number is given twice: order hangs on it, and a fact's row is found by it."""
    highest = op.get_bind().execute(sa.text(f"select max({number}) from told")).scalar()  # noqa: S608  # the same
    if highest is None:
        return
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"select setval(pg_get_serial_sequence('outbox', 'id'), {highest})")  # a number
        return
    op.execute("delete from sqlite_sequence where name = 'outbox'")
    op.execute(f"insert into sqlite_sequence (name, seq) values ('outbox', {highest})")  # noqa: S608  # the same

"""Queries about imports' digests: counters of low results, and whether all have come."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, Table, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.models import ImportDigest
from services.notifications.store.upserts import upsert
from shared.events import Fact, ImportCompleted

_DIGEST: Final[Table] = ImportDigest.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_TOLD_BY_THE_END: Final = ("expected", "completed_at", "fact_id")


async def count_low(session: AsyncSession, seen: Mapping[UUID, tuple[UUID, int]]) -> None:
    """Count low results that have come: by import, its agency and how many."""
    if not seen:
        return
    connection = await session.connection()
    counting = upsert(connection, _DIGEST)
    await connection.execute(
        counting.on_conflict_do_update(
            index_elements=["import_id"], set_={"seen": _DIGEST.c.seen + counting.excluded.seen}
        ),
        [
            {"import_id": import_id, "agency_id": agency_id, "seen": count, "told": False}
            for import_id, (agency_id, count) in sorted(seen.items())
        ],
    )


async def note_ends(session: AsyncSession, ends: Sequence[Fact[ImportCompleted]]) -> None:
    """Note that imports have ended, and how many low results each told of."""
    if not ends:
        return
    connection = await session.connection()
    noting = upsert(connection, _DIGEST)
    await connection.execute(
        noting.on_conflict_do_update(
            index_elements=["import_id"],
            set_={name: noting.excluded[name] for name in _TOLD_BY_THE_END},
        ),
        [
            {
                "import_id": end.data.import_id,
                "agency_id": end.data.agency_id,
                "seen": 0,
                "told": False,
                "expected": end.data.low,
                "completed_at": end.time,
                "fact_id": end.id,
            }
            for end in sorted(ends, key=lambda end: end.data.import_id)
        ],
    )


async def ended(session: AsyncSession) -> list[Row[Any]]:
    """Digests of imports that have ended and were not told of yet."""
    return list((await session.execute(_ended())).all())


async def hold_ended(session: AsyncSession, ids: Sequence[UUID]) -> list[Row[Any]]:
    """Those of these digests that nobody has told of yet, held until the transaction ends."""
    mine = _ended().where(_DIGEST.c.import_id.in_(ids)).with_for_update()
    return list((await session.execute(mine)).all())


async def close(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Note that these digests are told, or not needed."""
    await session.execute(update(_DIGEST).where(_DIGEST.c.import_id.in_(ids)).values(told=True))


def _ended() -> Select[Any]:
    return (
        select(_DIGEST)
        .where(_DIGEST.c.told.is_(False), _DIGEST.c.completed_at.is_not(None))
        .order_by(_DIGEST.c.import_id)
    )

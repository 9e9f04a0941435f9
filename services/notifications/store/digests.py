"""Queries about imports' digests: counters of low results, and whether all have come."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications.models import ImportDigest

_DIGEST: Final[Table] = ImportDigest.__table__  # type: ignore[attr-defined]  # SQLModel makes it


async def add(
    session: AsyncSession,
    seen: Mapping[UUID, tuple[UUID, int]],
    ends: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Count low results (`import -> agency, how many`) and note the ends of imports."""
    connection = await session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    change = dialect.insert(_DIGEST)
    if seen:
        await connection.execute(
            change.on_conflict_do_update(
                index_elements=["import_id"], set_={"seen": _DIGEST.c.seen + change.excluded.seen}
            ),
            [
                {"import_id": id_, "agency_id": agency_id, "seen": count, "told": False}
                for id_, (agency_id, count) in sorted(seen.items())
            ],
        )
    if ends:
        names = ("expected", "completed_at", "fact_id")
        await connection.execute(
            change.on_conflict_do_update(
                index_elements=["import_id"], set_={name: change.excluded[name] for name in names}
            ),
            [{"seen": 0, "told": False, **end} for end in ends],
        )


async def open_ones(session: AsyncSession) -> list[Row[Any]]:
    """Digests of imports that have ended and were not told of yet."""
    rows = await session.execute(
        select(_DIGEST)
        .where(_DIGEST.c.told.is_(False), _DIGEST.c.completed_at.is_not(None))
        .order_by(_DIGEST.c.import_id)
        .with_for_update()
    )
    return list(rows.all())


async def close(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Note that these digests are told, or not needed."""
    if ids:
        await session.execute(update(_DIGEST).where(_DIGEST.c.import_id.in_(ids)).values(told=True))

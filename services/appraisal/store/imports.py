"""Queries about imports: files that wait, their progress, what was found in them."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Table, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.appraisal.models import Import, ImportFinding, ImportPart, ImportReport, ImportState
from services.appraisal.store.vault import Vault
from shared.database import insert_rows

_IMPORT: Final[Table] = Import.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_PART: Final[Table] = ImportPart.__table__  # type: ignore[attr-defined]  # the same
_FINDING: Final[Table] = ImportFinding.__table__  # type: ignore[attr-defined]  # the same
_FINDING_COLUMNS: Final = tuple(ImportFinding.model_fields)
_OPEN: Final = (ImportState.WAITING, ImportState.READING)
HAND_IN_LOCK: Final = 7413


async def hold_agency(session: AsyncSession, agency_id: UUID) -> None:
    """Let one hand-in of an agency at a time look for its newest import."""
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await connection.execute(
            text("select pg_advisory_xact_lock(:lock, hashtext(:agency))"),
            {"lock": HAND_IN_LOCK, "agency": str(agency_id)},
        )


async def newest(session: AsyncSession, agency_id: UUID) -> Import | None:
    """An agency's newest import that was not refused."""
    rows = await session.execute(
        select(Import)
        .where(_IMPORT.c.agency_id == agency_id, _IMPORT.c.state != ImportState.REFUSED)
        .order_by(_IMPORT.c.import_id.desc())
        .limit(1)
    )
    return rows.scalar_one_or_none()


async def add_part(
    session: AsyncSession, vault: Vault, import_id: UUID, number: int, content: bytes
) -> None:
    """Keep a piece of a file, encrypted."""
    await insert_rows(
        session,
        _PART,
        ("import_id", "number", "sealed"),
        [(import_id, number, vault.seal(content))],
    )


async def part(session: AsyncSession, vault: Vault, import_id: UUID, number: int) -> bytes | None:
    """A piece of a file, or None past its end."""
    found = await session.get(ImportPart, (import_id, number))
    return None if found is None else vault.open(found.sealed)


def _free(now: datetime) -> ColumnElement[bool]:
    """Imports that are not at their end and that nobody works on."""
    idle = or_(_IMPORT.c.leased_until.is_(None), _IMPORT.c.leased_until < now)
    return _IMPORT.c.state.in_(_OPEN) & idle


async def any_free(session: AsyncSession, now: datetime) -> bool:
    """Whether any import waits for somebody to work on it."""
    found = await session.execute(select(_IMPORT.c.import_id).where(_free(now)).limit(1))
    return found.first() is not None


async def claim(
    session: AsyncSession, worker: UUID, *, now: datetime, lease: timedelta
) -> Import | None:
    """Take the oldest import nobody works on, for as long as the lease is renewed."""
    rows = await session.execute(
        select(Import)
        .where(_free(now))
        .order_by(_IMPORT.c.import_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found: Import | None = rows.scalar_one_or_none()
    if found is not None:
        found.leased_by = worker
        found.leased_until = now + lease
        found.attempts += 1
    return found


async def renew(
    session: AsyncSession, import_id: UUID, worker: UUID, *, now: datetime, lease: timedelta
) -> bool:
    """Say that the worker is alive; False if another has taken over."""
    done = await session.execute(
        update(_IMPORT)
        .where(_IMPORT.c.import_id == import_id, _IMPORT.c.leased_by == worker)
        .values(leased_until=now + lease)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]  # a cursor's result has it


async def give_back(session: AsyncSession, import_id: UUID, worker: UUID) -> None:
    """Let another go on with an import at once, if the worker still has it."""
    await session.execute(
        update(_IMPORT)
        .where(_IMPORT.c.import_id == import_id, _IMPORT.c.leased_by == worker)
        .values(leased_by=None, leased_until=None)
    )


async def hold(session: AsyncSession, import_id: UUID, worker: UUID) -> Import | None:
    """The import's row, locked, if the worker still has it."""
    rows = await session.execute(
        select(Import)
        .where(_IMPORT.c.import_id == import_id, _IMPORT.c.leased_by == worker)
        .with_for_update()
    )
    return rows.scalar_one_or_none()


async def add_findings(session: AsyncSession, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep findings, as `import_finding` has its columns."""
    await insert_rows(session, _FINDING, _FINDING_COLUMNS, rows)


async def take_back(session: AsyncSession, import_id: UUID, rows: Collection[int]) -> int:
    """Forget what was found in these rows; gives how many of them had anything."""
    if not rows:
        return 0
    theirs = (_FINDING.c.import_id == import_id) & _FINDING.c.row.in_(rows)
    counted = await session.execute(select(func.count(_FINDING.c.row.distinct())).where(theirs))
    await session.execute(delete(_FINDING).where(theirs))
    return int(counted.scalar_one())


async def next_number(session: AsyncSession, import_id: UUID) -> int:
    """The number the import's next finding gets."""
    last = await session.execute(
        select(func.max(_FINDING.c.number)).where(_FINDING.c.import_id == import_id)
    )
    return int(last.scalar() or 0) + 1


async def add_report(
    session: AsyncSession, vault: Vault, import_id: UUID, language: str, book: bytes
) -> None:
    """Keep the workbook of rejected rows, encrypted."""
    session.add(ImportReport(import_id=import_id, language=language, sealed=vault.seal(book)))


async def report(
    session: AsyncSession, vault: Vault, import_id: UUID, language: str
) -> bytes | None:
    """The workbook of rejected rows in a language."""
    found = await session.get(ImportReport, (import_id, language))
    return None if found is None else vault.open(found.sealed)


async def drop_file(session: AsyncSession, import_id: UUID) -> None:
    """Forget the file itself: what it said is kept, or was refused."""
    await session.execute(delete(_PART).where(_PART.c.import_id == import_id))


async def one(session: AsyncSession, import_id: UUID) -> Import | None:
    """One import."""
    return await session.get(Import, import_id)


async def of_agency(
    session: AsyncSession, agency_id: UUID | None, *, after: UUID | None, limit: int
) -> list[Import]:
    """An agency's imports (all agencies' if None), newest first."""
    asked = select(Import).order_by(_IMPORT.c.import_id.desc()).limit(limit)
    if agency_id is not None:
        asked = asked.where(_IMPORT.c.agency_id == agency_id)
    if after is not None:
        asked = asked.where(_IMPORT.c.import_id < after)
    return list((await session.execute(asked)).scalars())


async def findings(
    session: AsyncSession, import_id: UUID, kind: str | None, *, after: int, limit: int
) -> list[ImportFinding]:
    """What was found, in the order it was: the export's rows, then what keeping them showed."""
    asked = (
        select(ImportFinding)
        .where(_FINDING.c.import_id == import_id, _FINDING.c.number > after)
        .order_by(_FINDING.c.number)
        .limit(limit)
    )
    if kind is not None:
        asked = asked.where(_FINDING.c.kind == kind)
    return list((await session.execute(asked)).scalars())

"""Queries about evaluations and their versions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import FromClause, Row, Select, Table, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.appraisal.models import Evaluation, EvaluationVersion
from shared.auth import Scope
from shared.database import among, insert_rows
from shared.events import Period, Result
from shared.paging import first_of

_HEAD: Final[Table] = Evaluation.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_VERSION: Final[Table] = EvaluationVersion.__table__  # type: ignore[attr-defined]  # the same
_HEAD_COLUMNS: Final = tuple(Evaluation.model_fields)
_VERSION_COLUMNS: Final = tuple(EvaluationVersion.model_fields)
_CHANGING: Final = ("agency_id", "reviewer_id", "import_id", "period_end", "version", "predicate",
                    "root_unit", "acting")  # fmt: skip
_CHANGE: Final = (
    update(_HEAD)
    .where(_HEAD.c.evaluation_id == bindparam("changed"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
)
IMPORT_LOCK: Final = 7412


@dataclass(frozen=True, slots=True)
class Kept:
    """An evaluation as it counts now."""

    result: Result
    finalised_at: datetime


async def hold_all(session: AsyncSession) -> None:
    """Let one writer of evaluations at a time in: order per employee rests on it."""
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": IMPORT_LOCK})


async def of_period(
    session: AsyncSession, employees: Sequence[UUID], period: Period
) -> dict[UUID, Result]:
    """What counts now for these employees and this period, by employee."""
    found = await session.execute(
        _current().where(
            among(session, _HEAD.c.employee_id, employees),
            _HEAD.c.period_kind == period.kind,
            _HEAD.c.period_year == period.year,
            _HEAD.c.period_number == period.number,
        )
    )
    kept = [_kept(row) for row in found]
    return {one.result.employee_id: one.result for one in kept}


async def keep_heads(session: AsyncSession, results: Sequence[Result], import_id: UUID) -> None:
    """Let these results count: version 1 as new, others as changes."""
    heads = [(result, _head(result, import_id)) for result in results]
    new = [head for result, head in heads if result.version == 1]
    await insert_rows(session, _HEAD, _HEAD_COLUMNS, new)
    changed = [
        {"changed": result.evaluation_id}
        | {
            f"new_{name}": value
            for name, value in zip(_HEAD_COLUMNS, head, strict=True)
            if name in _CHANGING
        }
        for result, head in heads
        if result.version > 1
    ]
    if changed:
        await (await session.connection()).execute(_CHANGE, changed)


async def keep_versions(
    session: AsyncSession,
    results: Iterable[tuple[Result, int, bytes]],
    import_id: UUID,
    at: datetime,
) -> None:
    """Keep results word for word: each with the export row it came from, and as it is told."""
    await insert_rows(
        session,
        _VERSION,
        _VERSION_COLUMNS,
        [
            (result.evaluation_id, result.version, import_id, row, at, said)
            for result, row, said in results
        ],
    )


def _head(result: Result, import_id: UUID) -> tuple[Any, ...]:
    """The values of `_HEAD_COLUMNS`."""
    period = result.period
    return (
        result.evaluation_id,
        result.employee_id,
        result.agency_id,
        result.reviewer_id,
        import_id,
        period.kind,
        period.year,
        period.number,
        period.end,
        result.version,
        result.predicate,
        result.root_unit,
        result.acting,
    )


_decode = msgspec.json.Decoder(Result).decode


def _kept(row: Row[Any]) -> Kept:
    return Kept(_decode(row.result), row.finalised_at)


def _versions() -> Select[Any]:
    return select(_VERSION.c.result, _VERSION.c.finalised_at)


def _current() -> Select[Any]:
    return _versions().join(
        _HEAD,
        (_HEAD.c.evaluation_id == _VERSION.c.evaluation_id)
        & (_HEAD.c.version == _VERSION.c.version),
    )


async def listed(
    session: AsyncSession,
    scope: Scope,
    filters: Mapping[str, object],
    *,
    after: UUID | None,
    limit: int,
) -> list[Kept]:
    """Evaluations in scope, oldest first; `filters` are columns of `evaluation`."""

    def asked(heads: FromClause) -> Select[Any]:
        wanted = select(heads.c.evaluation_id, heads.c.version)
        for name, value in filters.items():
            if value is not None:
                wanted = wanted.where(heads.c[name] == value)
        return wanted if after is None else wanted.where(heads.c.evaluation_id > after)

    few = {"employee_id": filters.get("employee_id"), "reviewer_id": None}
    shown = first_of(_HEAD, asked, scope.named, by="evaluation_id", limit=limit, few=few)
    rows = await session.execute(
        _versions()
        .join(
            shown,
            (shown.c.evaluation_id == _VERSION.c.evaluation_id)
            & (shown.c.version == _VERSION.c.version),
        )
        .order_by(shown.c.evaluation_id)
    )
    return [_kept(row) for row in rows]


async def newest(session: AsyncSession, evaluation_id: UUID) -> Kept | None:
    """An evaluation in the version that counts."""
    rows = await session.execute(_current().where(_HEAD.c.evaluation_id == evaluation_id))
    kept = [_kept(row) for row in rows]
    return kept[0] if kept else None


async def versions(
    session: AsyncSession, evaluation_id: UUID, *, before: int | None, limit: int
) -> list[Kept]:
    """Versions of an evaluation, newest first; `before` is the version to go on from."""
    asked = _versions().where(_VERSION.c.evaluation_id == evaluation_id)
    if before is not None:
        asked = asked.where(_VERSION.c.version < before)
    rows = await session.execute(asked.order_by(_VERSION.c.version.desc()).limit(limit))
    return [_kept(row) for row in rows]

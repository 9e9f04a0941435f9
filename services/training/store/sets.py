"""Queries about recommendation sets."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Row, Table, bindparam, false, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from services.training.models import RecommendationSet
from shared.auth import Scope
from shared.database import insert_rows
from shared.events import Period, Recommendation, Result
from shared.events import RecommendationSet as Answer
from shared.events.words import PeriodKind, Predicate

_SET: Final[Table] = RecommendationSet.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_COLUMNS: Final = tuple(RecommendationSet.model_fields)
_CHANGE: Final = (
    update(_SET)
    .where(_SET.c.evaluation_id == bindparam("changed"))
    .values({name: bindparam(f"new_{name}") for name in _COLUMNS if name != "evaluation_id"})
)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[Recommendation, ...]).decode


@dataclass(frozen=True, slots=True)
class Kept:
    """What is recommended now after one evaluation."""

    evaluation_id: UUID
    version: int
    evaluation_version: int
    employee_id: UUID
    agency_id: UUID
    reviewer_id: UUID | None
    period: Period
    predicate: Predicate
    acting: bool
    rule_version: str
    decided_at: datetime
    recommendations: tuple[Recommendation, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts over some sets."""

    sets: int
    recommendations: int
    people: int


def _seen_by(scope: Scope) -> ColumnElement[bool]:
    return or_(false(), *(_SET.c[name] == value for name, value in scope.named.items()))


def _kept(row: Row[Any]) -> Kept:
    return Kept(
        evaluation_id=row.evaluation_id,
        version=row.version,
        evaluation_version=row.evaluation_version,
        employee_id=row.employee_id,
        agency_id=row.agency_id,
        reviewer_id=row.reviewer_id,
        period=Period(
            kind=PeriodKind(row.period_kind),
            year=row.period_year,
            number=row.period_number,
            start=row.period_start,
            end=row.period_end,
        ),
        predicate=Predicate(row.predicate),
        acting=row.acting,
        rule_version=row.rule_version,
        decided_at=row.decided_at,
        recommendations=_decode(row.recommendations),
    )


async def of_evaluations(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Kept]:
    """The sets of these evaluations, held until the transaction ends."""
    rows = await session.execute(
        select(_SET)
        .where(_SET.c.evaluation_id.in_(sorted(ids)))
        .order_by(_SET.c.evaluation_id)
        .with_for_update()
    )
    return {row.evaluation_id: _kept(row) for row in rows}


async def of_employees(session: AsyncSession, ids: Collection[UUID]) -> list[Kept]:
    """All sets of these employees."""
    rows = await session.execute(select(_SET).where(_SET.c.employee_id.in_(sorted(ids))))
    return [_kept(row) for row in rows]


async def keep(
    session: AsyncSession, sets: Sequence[tuple[Result, Answer]], at: datetime, *, new: set[UUID]
) -> None:
    """Keep sets with the results they answer; `new` names the evaluations that had none."""
    rows = {result.evaluation_id: _row(result, answer, at) for result, answer in sets}
    await insert_rows(
        session, _SET, _COLUMNS, [tuple(row.values()) for id_, row in rows.items() if id_ in new]
    )
    changed = [
        {"changed": id_} | {f"new_{k}": v for k, v in row.items() if k != "evaluation_id"}
        for id_, row in sorted(rows.items())
        if id_ not in new
    ]
    if changed:
        await (await session.connection()).execute(_CHANGE, changed)


def _row(result: Result, answer: Answer, at: datetime) -> dict[str, Any]:
    period = result.period
    values = (
        result.evaluation_id,
        answer.version,
        answer.evaluation_version,
        result.employee_id,
        result.agency_id,
        result.reviewer_id,
        result.import_id,
        period.kind,
        period.year,
        period.number,
        period.start,
        period.end,
        result.predicate,
        result.acting,
        answer.rule_version,
        at,
        len(answer.recommendations),
        _encode(answer.recommendations),
    )
    return dict(zip(_COLUMNS, values, strict=True))


async def listed(
    session: AsyncSession,
    scope: Scope,
    *,
    employee_id: UUID | None,
    evaluation_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> list[Kept]:
    """Sets in scope, oldest first."""
    asked = select(_SET).where(_seen_by(scope))
    if employee_id is not None:
        asked = asked.where(_SET.c.employee_id == employee_id)
    if evaluation_id is not None:
        asked = asked.where(_SET.c.evaluation_id == evaluation_id)
    if after is not None:
        asked = asked.where(_SET.c.evaluation_id > after)
    rows = await session.execute(asked.order_by(_SET.c.evaluation_id).limit(limit))
    return [_kept(row) for row in rows]


async def sums(session: AsyncSession, scope: Scope | None, import_id: UUID | None) -> Sums:
    """Counts in scope (everything if None), of one import if named."""
    asked = select(
        func.count(),
        func.coalesce(func.sum(_SET.c.size), 0),
        func.count(_SET.c.employee_id.distinct()).filter(_SET.c.size > 0),
    )
    if scope is not None:
        asked = asked.where(_seen_by(scope))
    if import_id is not None:
        asked = asked.where(_SET.c.import_id == import_id)
    sets, recommendations, people = (await session.execute(asked)).one()
    return Sums(sets, int(recommendations), people)

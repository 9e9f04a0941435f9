"""Queries about recommendation sets."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    Table,
    bindparam,
    false,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from services.training.models import RecommendationSet
from services.training.rules import Past
from shared.auth import Scope
from shared.database import among, insert_rows
from shared.driver import Lookup
from shared.events import Period, Recommendation, Result
from shared.events import RecommendationSet as Answer
from shared.events.words import PeriodKind, Predicate
from shared.paging import first_of

_SET: Final[Table] = RecommendationSet.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_COLUMNS: Final = tuple(RecommendationSet.model_fields)
_CHANGING: Final = tuple(name for name in _COLUMNS if name != "evaluation_id")
_CHANGE: Final = (
    update(_SET)
    .where(_SET.c.evaluation_id == bindparam("changed"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
)
_HISTORY: Final = Lookup(
    select(
        _SET.c.employee_id,
        _SET.c.evaluation_id,
        _SET.c.period_kind,
        _SET.c.period_year,
        _SET.c.period_number,
        _SET.c.period_start,
        _SET.c.period_end,
        _SET.c.predicate,
        _SET.c.acting,
    ),
    _SET.c.employee_id,
)
_encode = msgspec.json.Encoder().encode
_recommendations_in = msgspec.json.Decoder(tuple[Recommendation, ...]).decode
_notes_in = msgspec.json.Decoder(tuple[str, ...]).decode


@dataclass(frozen=True, slots=True)
class Kept:
    """What is recommended now after one evaluation."""

    evaluation_id: UUID
    version: int
    evaluation_version: int
    employee_id: UUID
    rule_version: str
    decided_at: datetime
    recommendations: tuple[Recommendation, ...]
    notes: tuple[str, ...]


class Answered(NamedTuple):
    """A result, its answer, and when that was decided."""

    result: Result
    answer: Answer
    at: datetime


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts over some sets; `people` have at least one recommendation."""

    sets: int
    recommendations: int
    people: int


async def of_evaluations(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Kept]:
    """The sets of these evaluations, held until the transaction ends."""
    if not ids:
        return {}
    rows = await session.execute(
        select(_SET)
        .where(among(session, _SET.c.evaluation_id, ids))
        .order_by(_SET.c.evaluation_id)
        .with_for_update()
    )
    return {row.evaluation_id: _kept(row) for row in rows}


async def history(
    session: AsyncSession, employees: Collection[UUID]
) -> defaultdict[UUID, dict[UUID, Past]]:
    """What is known of these employees' evaluations: by employee, then by evaluation."""
    found: defaultdict[UUID, dict[UUID, Past]] = defaultdict(dict)
    for (
        employee_id,
        evaluation_id,
        kind,
        year,
        number,
        start,
        end,
        predicate,
        acting,
    ) in await _HISTORY(session, employees):
        found[employee_id][evaluation_id] = Past(
            period=Period(kind=PeriodKind(kind), year=year, number=number, start=start, end=end),
            predicate=Predicate(predicate),
            acting=acting,
        )
    return found


async def keep(
    session: AsyncSession,
    sets: Iterable[Answered],
    *,
    new: Collection[UUID],
) -> None:
    """Keep one set an evaluation with the result it answers.

    Args:
        session: in whose transaction.
        sets: results with their answers, each evaluation once.
        new: the evaluations that had no set before.
    """
    rows = [_row(one) for one in sets]
    rows.sort(key=lambda row: row[0].int)  # all that change them take them in one order
    await insert_rows(session, _SET, _COLUMNS, [row for row in rows if row[0] in new])
    changed = [
        {"changed": row[0]}
        | {f"new_{name}": value for name, value in zip(_CHANGING, row[1:], strict=True)}
        for row in rows
        if row[0] not in new
    ]
    if changed:
        await (await session.connection()).execute(_CHANGE, changed)


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

    def asked(kept: FromClause) -> Select[Any]:
        wanted = select(kept.c.evaluation_id)
        for name, value in (("employee_id", employee_id), ("evaluation_id", evaluation_id)):
            if value is not None:
                wanted = wanted.where(kept.c[name] == value)
        return wanted if after is None else wanted.where(kept.c.evaluation_id > after)

    few = {"evaluation_id": evaluation_id, "employee_id": employee_id, "reviewer_id": None}
    shown = first_of(_SET, asked, scope.named, by="evaluation_id", limit=limit, few=few)
    rows = await session.execute(
        select(_SET)
        .join(shown, shown.c.evaluation_id == _SET.c.evaluation_id)
        .order_by(_SET.c.evaluation_id)
    )
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


def _seen_by(scope: Scope) -> ColumnElement[bool]:
    return or_(false(), *(_SET.c[name] == value for name, value in scope.named.items()))


def _kept(row: Row[Any]) -> Kept:
    return Kept(
        evaluation_id=row.evaluation_id,
        version=row.version,
        evaluation_version=row.evaluation_version,
        employee_id=row.employee_id,
        rule_version=row.rule_version,
        decided_at=row.decided_at,
        recommendations=_recommendations_in(row.recommendations),
        notes=_notes_in(row.notes),
    )


def _row(one: Answered) -> tuple[Any, ...]:
    """The values of `_COLUMNS`."""
    result, answer, at = one
    period = result.period
    return (
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
        _encode(answer.notes).decode(),
    )

"""Evaluations: what the result is, why, and in which versions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Header, Query
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from services.appraisal import rules, store
from services.appraisal.routes.answers import TEXTS, PeriodOut
from services.appraisal.store import Kept
from shared.auth import Principal, Role
from shared.events.words import PositionKind, Predicate, Rating, Regime
from shared.http import After, Limit, Page, Reading, absent, asks, page, place
from shared.i18n import best_language

api = APIRouter()
Languages = Annotated[str | None, Header(alias="Accept-Language")]
Concerned = Annotated[
    Principal, asks(Role.EMPLOYEE, Role.REVIEWER, Role.PERSONNEL_OFFICER, Role.AGENCY_SYSTEM)
]
Unit = Annotated[str | None, Query(max_length=500)]
Version = Annotated[int, msgspec.Meta(ge=1, lt=2**31)]


class ExplanationOut(BaseModel):
    """Why the predicate is what it is: the sentence, and the law and article it rests on."""

    text: str
    law: str
    article: str


class EvaluationOut(BaseModel):
    """A finalised evaluation, in one version.

    The two ratings are null under the numeric regimes, the score (0-120) under the other.
    """

    evaluation_id: UUID
    version: int
    employee_id: UUID
    employee_name: str
    reviewer_id: UUID | None
    reviewer_name: str | None
    regime: Regime
    period: PeriodOut
    result_rating: Rating | None
    behaviour_rating: Rating | None
    predicate: Predicate
    score: float | None
    position_title: str
    position_kind: PositionKind
    unit: str
    root_unit: str
    acting: bool
    finalised_at: datetime
    explanation: ExplanationOut


@api.get("/evaluations")
async def list_evaluations(
    session: Reading,
    who: Concerned,
    languages: Languages = None,
    predicate: Predicate | None = None,
    import_id: UUID | None = None,
    root_unit: Unit = None,
    employee_id: UUID | None = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[EvaluationOut]:
    """Evaluations of one's own, one's subordinates, or one's agency; oldest first."""
    last = place(after, tuple[UUID])
    kept = await store.evaluations.listed(
        session,
        who.scope,
        {
            "predicate": predicate,
            "import_id": import_id,
            "root_unit": root_unit,
            "employee_id": employee_id,
        },
        after=last[0] if last else None,
        limit=limit + 1,
    )
    shown = page(kept, limit, lambda one: (one.result.evaluation_id,))
    return Page(items=await _shown(session, shown.items, languages), next=shown.next)


@api.get("/evaluations/{evaluation_id}")
async def show_evaluation(
    evaluation_id: UUID, session: Reading, who: Concerned, languages: Languages = None
) -> EvaluationOut:
    """One evaluation, in the version that counts."""
    kept = await _seen(session, who, evaluation_id)
    return (await _shown(session, [kept], languages))[0]


@api.get("/evaluations/{evaluation_id}/versions")
async def list_versions(
    evaluation_id: UUID,
    session: Reading,
    who: Concerned,
    languages: Languages = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[EvaluationOut]:
    """All versions of an evaluation, newest first: nothing finalised is ever overwritten.

    Who may see the version that counts may see those before it.
    """
    await _seen(session, who, evaluation_id)
    last = place(after, tuple[Version])
    kept = await store.evaluations.versions(
        session, evaluation_id, before=last[0] if last else None, limit=limit + 1
    )
    shown = page(kept, limit, lambda one: (one.result.version,))
    return Page(items=await _shown(session, shown.items, languages), next=shown.next)


async def _seen(session: AsyncSession, who: Principal, evaluation_id: UUID) -> Kept:
    """The version that counts, if it may be seen."""
    kept = await store.evaluations.newest(session, evaluation_id)
    if kept is None or not who.scope.allows(kept.result):
        raise absent()
    return kept


async def _shown(
    session: AsyncSession, kept: Sequence[Kept], languages: str | None
) -> list[EvaluationOut]:
    language = best_language(languages)
    ids = {one.result.employee_id for one in kept} | {
        one.result.reviewer_id for one in kept if one.result.reviewer_id
    }
    names = await store.people.names(session, ids)
    return [_evaluation(one, names, language) for one in kept]


def _evaluation(kept: Kept, names: Mapping[UUID, str], language: str) -> EvaluationOut:
    result = kept.result
    return EvaluationOut(
        evaluation_id=result.evaluation_id,
        version=result.version,
        employee_id=result.employee_id,
        employee_name=names.get(result.employee_id, ""),
        reviewer_id=result.reviewer_id,
        reviewer_name=names.get(result.reviewer_id) if result.reviewer_id else None,
        regime=result.regime,
        period=PeriodOut.of(result.period),
        result_rating=result.result_rating,
        behaviour_rating=result.behaviour_rating,
        predicate=result.predicate,
        score=result.score,
        position_title=result.position_title,
        position_kind=result.position_kind,
        unit=result.unit,
        root_unit=result.root_unit,
        acting=result.acting,
        finalised_at=kept.finalised_at,
        explanation=_explained(kept, language),
    )


def _explained(kept: Kept, language: str) -> ExplanationOut:
    result = kept.result
    why = rules.explain(
        regime=result.regime,
        predicate=result.predicate,
        result_rating=result.result_rating,
        behaviour_rating=result.behaviour_rating,
        score=result.score,
    )
    words = {
        name: TEXTS.text(language, value) if name.endswith("_text") else value
        for name, value in why.params.items()
    }
    return ExplanationOut(
        text=TEXTS.text(language, why.message, **words), law=why.law, article=why.article
    )

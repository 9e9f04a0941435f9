"""Evaluations and people: what the result is, why, and in which versions."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Header
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from services.appraisal import rules, store
from services.appraisal.models import Employee
from services.appraisal.routes.answers import AGENCIES, TEXTS
from services.appraisal.store import Kept
from shared.auth import Principal, Role
from shared.events.words import Predicate
from shared.http import After, Limit, Page, Reading, absent, asks, page, place
from shared.i18n import best_language

routes = APIRouter()
Languages = Annotated[str | None, Header(alias="Accept-Language")]
Somebody = Annotated[
    Principal, asks(Role.EMPLOYEE, Role.REVIEWER, Role.PERSONNEL_OFFICER, Role.AGENCY_SYSTEM)
]


class ExplanationOut(BaseModel):
    """Why the predicate is what it is: the sentence, and the law and article it rests on."""

    text: str
    law: str
    article: str


class EvaluationOut(BaseModel):
    """A finalised evaluation, in one version."""

    evaluation_id: UUID
    version: int
    employee_id: UUID
    employee_name: str
    reviewer_id: UUID | None
    reviewer_name: str | None
    regime: str
    period: dict[str, Any]
    result_rating: str | None
    behaviour_rating: str | None
    predicate: str
    score: float | None
    position_title: str
    position_kind: str
    unit: str
    root_unit: str
    acting: bool
    finalised_at: datetime
    explanation: ExplanationOut


class EmployeeOut(BaseModel):
    """An employee's record; the NIP is shown nowhere."""

    employee_id: UUID
    name: str
    employment_kind: str
    position_title: str
    position_kind: str
    unit: str
    root_unit: str
    agency: str
    reviewer_id: UUID | None
    reviewer_name: str | None


@routes.get("/evaluations")
async def list_evaluations(
    session: Reading,
    who: Somebody,
    languages: Languages = None,
    predicate: Predicate | None = None,
    import_id: UUID | None = None,
    root_unit: str | None = None,
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


@routes.get("/evaluations/{evaluation_id}")
async def show_evaluation(
    evaluation_id: UUID, session: Reading, who: Somebody, languages: Languages = None
) -> EvaluationOut:
    """One evaluation, in the version that counts."""
    kept = await _seen(session, who, evaluation_id)
    return (await _shown(session, kept[:1], languages))[0]


@routes.get("/evaluations/{evaluation_id}/versions")
async def list_versions(
    evaluation_id: UUID, session: Reading, who: Somebody, languages: Languages = None
) -> Page[EvaluationOut]:
    """All versions of an evaluation, newest first: nothing finalised is ever overwritten."""
    kept = await _seen(session, who, evaluation_id)
    return Page(items=await _shown(session, kept, languages))


@routes.get("/employees/{employee_id}")
async def show_employee(employee_id: UUID, session: Reading, who: Somebody) -> EmployeeOut:
    """An employee one may see: oneself, a subordinate, somebody of one's agency."""
    found = await store.people.employee(session, employee_id)
    if found is None or not who.scope.allows(found):
        raise absent()
    return await _employee(session, found)


@routes.get("/me")
async def show_me(
    session: Reading, who: Annotated[Principal, asks(Role.EMPLOYEE, Role.REVIEWER)]
) -> EmployeeOut:
    """The own record."""
    found = await store.people.employee(session, who.employee_id) if who.employee_id else None
    if found is None:
        raise absent()
    return await _employee(session, found)


async def _seen(session: AsyncSession, who: Principal, evaluation_id: UUID) -> list[Kept]:
    """All versions, newest first, if the newest may be seen."""
    kept = await store.evaluations.versions(session, evaluation_id)
    if not kept or not who.scope.allows(kept[0].result):
        raise absent()
    return kept


async def _shown(
    session: AsyncSession, kept: list[Kept], languages: str | None
) -> list[EvaluationOut]:
    language = best_language(languages)
    ids = {one.result.employee_id for one in kept} | {
        one.result.reviewer_id for one in kept if one.result.reviewer_id
    }
    names = await store.people.names(session, ids)
    return [_evaluation(one, names, language) for one in kept]


def _evaluation(kept: Kept, names: dict[UUID, str], language: str) -> EvaluationOut:
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
    return EvaluationOut(
        evaluation_id=result.evaluation_id,
        version=result.version,
        employee_id=result.employee_id,
        employee_name=names.get(result.employee_id, ""),
        reviewer_id=result.reviewer_id,
        reviewer_name=names.get(result.reviewer_id) if result.reviewer_id else None,
        regime=result.regime,
        period=msgspec.to_builtins(result.period),
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
        explanation=ExplanationOut(
            text=TEXTS.text(language, why.message, **words), law=why.law, article=why.article
        ),
    )


async def _employee(session: AsyncSession, found: Employee) -> EmployeeOut:
    names = await store.people.names(session, {found.reviewer_id} if found.reviewer_id else set())
    agency = AGENCIES.get(found.agency_id)
    return EmployeeOut(
        employee_id=found.employee_id,
        name=found.name,
        employment_kind=found.employment_kind,
        position_title=found.position_title,
        position_kind=found.position_kind,
        unit=found.unit,
        root_unit=found.root_unit,
        agency=agency.name if agency else "",
        reviewer_id=found.reviewer_id,
        reviewer_name=names.get(found.reviewer_id) if found.reviewer_id else None,
    )

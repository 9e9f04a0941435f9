"""Door for people: the catalogue, and what is recommended to whom and why."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Header
from pydantic import BaseModel

from services.training import data, store
from services.training.rules import Course
from services.training.rules.catalogue import load
from services.training.rules.words import Competency, Form, JobFamily, Mode
from shared.auth import Principal, Role, Scope
from shared.events import Recommendation
from shared.events.words import Behaviour, PositionKind
from shared.http import After, Limit, Page, Reading, absent, asks, page, place
from shared.i18n import best_language, catalogue

CATALOGUE: Final = load(data.catalogue())
TEXTS: Final = catalogue(Path(__file__).parent / "locales")

api = APIRouter()
Languages = Annotated[str | None, Header(alias="Accept-Language")]
Anybody = Annotated[Principal, asks(*Role)]
Concerned = Annotated[
    Principal, asks(Role.EMPLOYEE, Role.REVIEWER, Role.PERSONNEL_OFFICER, Role.AGENCY_SYSTEM)
]
Office = Annotated[Principal, asks(Role.PERSONNEL_OFFICER, Role.AGENCY_SYSTEM, Role.OPERATOR)]


class CourseOut(BaseModel):
    """A kind of training.

    `jp`: training hours (jam pelajaran, 1 JP = 45 minutes). `positions` and `families`: whom it is
    for, everybody where empty. `provisional`: fields the agency has not confirmed.
    """

    code: str
    title: str
    siasn_course: int | None
    siasn_form: int
    form: Form
    form_title: str
    jp: int
    mode: Mode
    level: int
    organiser: str
    competencies: list[Competency]
    values: list[Behaviour]
    positions: list[PositionKind]
    families: list[JobFamily]
    alternatives: list[str]
    provisional: list[str]


class ReasonOut(BaseModel):
    """Why a course is recommended: a code for programs, a text for people."""

    code: str
    text: str


class AlternativeOut(BaseModel):
    """A course that answers the same need."""

    course: str
    title: str
    jp: int


class RecommendationOut(BaseModel):
    """One course recommended. `priority` 1 is the most urgent."""

    recommendation_id: UUID
    course: str
    title: str
    jp: int
    form_title: str
    priority: int
    reasons: list[ReasonOut]
    alternatives: list[AlternativeOut]


class NoteOut(BaseModel):
    """Something worth saying about a whole set: a code for programs, a text for people."""

    code: str
    text: str


class SetOut(BaseModel):
    """All that is recommended after one evaluation."""

    evaluation_id: UUID
    version: int
    evaluation_version: int
    employee_id: UUID
    rule_version: str
    decided_at: datetime
    recommendations: list[RecommendationOut]
    notes: list[NoteOut]


class SumsOut(BaseModel):
    """Counts: sets, courses recommended in them, people with at least one."""

    sets: int
    recommendations: int
    people: int


@api.get("/courses")
async def list_courses(
    _who: Anybody,
    languages: Languages = None,
    limit: Limit = 100,
    after: After = None,
) -> Page[CourseOut]:
    """The catalogue, by code."""
    last = place(after, tuple[str])
    courses = sorted(CATALOGUE, key=lambda course: course.code)
    rest = [course for course in courses if last is None or course.code > last[0]]
    shown = [_course(course, best_language(languages)) for course in rest[: limit + 1]]
    return page(shown, limit, lambda course: (course.code,))


@api.get("/courses/{code}")
async def show_course(code: str, _who: Anybody, languages: Languages = None) -> CourseOut:
    """One kind of training."""
    course = CATALOGUE.by_code.get(code)
    if course is None:
        raise absent()
    return _course(course, best_language(languages))


@api.get("/recommendations")
async def list_recommendations(
    session: Reading,
    who: Concerned,
    languages: Languages = None,
    employee_id: UUID | None = None,
    evaluation_id: UUID | None = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[SetOut]:
    """Recommendation sets of one's own, one's subordinates, or one's agency; oldest first."""
    last = place(after, tuple[UUID])
    kept = await store.listed(
        session,
        who.scope,
        employee_id=employee_id,
        evaluation_id=evaluation_id,
        after=last[0] if last else None,
        limit=limit + 1,
    )
    language = best_language(languages)
    return page([_set(one, language) for one in kept], limit, lambda one: (one.evaluation_id,))


@api.get("/recommendations/summary")
async def sum_recommendations(
    session: Reading, who: Office, import_id: UUID | None = None
) -> SumsOut:
    """Counts over one's agency (operators: over all), of one import if named."""
    scope = None if Role.OPERATOR in who.roles else Scope(agency_id=who.agency_id)
    sums = await store.sums(session, scope, import_id)
    return SumsOut(sets=sums.sets, recommendations=sums.recommendations, people=sums.people)


def _course(course: Course, language: str) -> CourseOut:
    return CourseOut(
        code=course.code,
        title=_title(course.code, language),
        siasn_course=course.siasn_course,
        siasn_form=course.siasn_form,
        form=course.form,
        form_title=TEXTS.text(language, f"form.{course.form.lower()}"),
        jp=course.jp,
        mode=course.mode,
        level=course.level,
        organiser=course.organiser,
        competencies=list(course.competencies),
        values=list(course.values),
        positions=list(course.positions),
        families=list(course.families),
        alternatives=list(course.alternatives),
        provisional=list(course.provisional),
    )


def _title(code: str, language: str) -> str:
    """A course's title; its code where the catalogue no longer has it."""
    course = CATALOGUE.by_code.get(code)
    if course is None:
        return code
    return course.title.en if language == "en" else course.title.id


def _set(kept: store.Kept, language: str) -> SetOut:
    return SetOut(
        evaluation_id=kept.evaluation_id,
        version=kept.version,
        evaluation_version=kept.evaluation_version,
        employee_id=kept.employee_id,
        rule_version=kept.rule_version,
        decided_at=kept.decided_at,
        recommendations=[_recommendation(one, language) for one in kept.recommendations],
        notes=[
            NoteOut(code=code, text=TEXTS.text(language, f"note.{code}")) for code in kept.notes
        ],
    )


def _recommendation(one: Recommendation, language: str) -> RecommendationOut:
    """A course recommended; one the catalogue no longer has keeps its code as title."""
    course = CATALOGUE.by_code.get(one.course)
    return RecommendationOut(
        recommendation_id=one.recommendation_id,
        course=one.course,
        title=_title(one.course, language),
        jp=one.jp,
        form_title=TEXTS.text(language, f"form.{course.form.lower()}") if course else "",
        priority=one.priority,
        reasons=[
            ReasonOut(code=code, text=TEXTS.text(language, f"reason.{code}"))
            for code in one.reasons
        ],
        alternatives=[
            AlternativeOut(course=code, title=_title(code, language), jp=CATALOGUE[code].jp)
            for code in one.alternatives
            if code in CATALOGUE.by_code
        ],
    )

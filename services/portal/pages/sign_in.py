"""Sign in and out. Under development anybody may be anybody; elsewhere the agency's portal says."""

import asyncio
from datetime import date
from typing import Final
from uuid import UUID

import msgspec
from starlette.responses import Response

from services.portal.clients import Services
from services.portal.clients.answers import Evaluation, Import
from services.portal.clients.trouble import ServiceAway, Unfit
from services.portal.pages.doors import Door
from services.portal.pages.session import TokenUnusable, person_of
from services.portal.pages.visit import Visit, own_path, to, unless_away
from shared.auth import Role
from shared.events.words import TO_COACH, Predicate

SAMPLES: Final = {
    "employee": (Role.EMPLOYEE,),
    "reviewer": (Role.EMPLOYEE, Role.REVIEWER),
    "personnel_officer": (Role.PERSONNEL_OFFICER,),
    "operator": (Role.OPERATOR,),
}
"""Who the development sign-in offers, and the roles each has."""
IMPORTS: Final = 20
"""How many imports are looked through for samples."""


class Sample(msgspec.Struct, frozen=True):
    """Somebody the development sign-in offers; `who` goes back with the form."""

    who: str
    name: str
    position: str
    unit: str
    predicate: Predicate


async def show_sign_in(visit: Visit) -> Response:
    """The sign-in page."""
    onward = own_path(visit.query.get("next"))
    if not visit.house.settings.embedded:
        return await visit.page("sign_in.html", onward=onward)
    employees: list[Sample] = []
    reviewers: list[Sample] = []
    away = ""
    try:
        found = await _latest(visit)
        employees = [_employee(one) for one in found]
        reviewers = _reviewers(found)
    except ServiceAway as error:
        away = error.service
    return await visit.page(
        "sign_in.html", onward=onward, employees=employees, reviewers=reviewers, away=away
    )


async def sign_in(visit: Visit) -> Response:
    """Begin a session as one of the samples."""
    desk = visit.development
    async with visit.request.form(max_files=0, max_fields=5) as form:
        role, _, employee = str(form.get("who", "")).partition(":")
        onward = own_path(str(form.get("next", "/")))
    if role not in SAMPLES:
        raise Unfit
    try:
        employee_id = UUID(employee) if employee else None
    except ValueError:
        raise Unfit from None
    token = await desk.token(
        [one.value for one in SAMPLES[role]],
        agency_id=visit.house.settings.sample_agency,
        employee_id=employee_id,
    )
    name = ""
    if employee_id is not None:
        asking = Services(visit.house.calls, token, visit.speech.language)
        me = await unless_away(asking.me())
        name = me.name if me else ""
    answer = to(onward)
    try:
        visit.house.sessions.begin(answer, person_of(token, name))
    except TokenUnusable:
        raise ServiceAway("desk") from None
    return answer


async def sign_out(visit: Visit) -> Response:
    """End the session."""
    answer = to("/sign-in")
    visit.house.sessions.end(answer)
    return answer


async def _latest(visit: Visit) -> list[Evaluation]:
    """Some results of each predicate, of the newest period's largest import."""
    agency = visit.house.settings.sample_agency
    token = await visit.development.token([Role.PERSONNEL_OFFICER], agency_id=agency)
    asking = Services(visit.house.calls, token, visit.speech.language)
    imports = (await asking.imports(limit=IMPORTS)).items
    told = [one for one in imports if one.period and one.counts.finalised > one.counts.unchanged]
    if not told:
        return []
    largest = max(told, key=lambda one: (_end(one), one.counts.finalised - one.counts.unchanged))
    pages = await asyncio.gather(
        *(
            asking.evaluations(import_id=largest.import_id, predicate=predicate, limit=2)
            for predicate in Predicate
        )
    )
    return [one for page in pages for one in page.items]


def _end(one: Import) -> date:
    return one.period.end if one.period else date.min


def _employee(one: Evaluation) -> Sample:
    return Sample(
        f"employee:{one.employee_id}",
        one.employee_name,
        one.position_title,
        one.root_unit,
        one.predicate,
    )


def _reviewers(found: list[Evaluation]) -> list[Sample]:
    """Reviewers who have somebody to coach, two at most."""
    reviewers = {
        one.reviewer_id: Sample(
            f"reviewer:{one.reviewer_id}",
            one.reviewer_name or "",
            "",
            one.root_unit,
            one.predicate,
        )
        for one in found
        if one.reviewer_id is not None and one.predicate in TO_COACH
    }
    return list(reviewers.values())[-2:]


DOORS: Final = (
    Door("/sign-in", show_sign_in, None),
    Door("/sign-in", sign_in, None, "POST"),
    Door("/sign-out", sign_out, None, "POST"),
)

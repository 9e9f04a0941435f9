"""The first page: what matters now to the one who is signed in."""

import asyncio
from typing import Final

from starlette.responses import Response

from services.portal.clients.calls import Service
from services.portal.pages.doors import Door
from services.portal.pages.imports import overview
from services.portal.pages.results import latest_own
from services.portal.pages.team import team_of, to_coach
from services.portal.pages.visit import READERS, Visit, unless_away
from shared.auth import Role

SERVICES: Final[tuple[Service, ...]] = ("appraisal", "training", "notifications")


async def show_home(visit: Visit) -> Response:
    """A page with a part for each of the person's roles; a part whose service is away says so."""
    person, services = visit.person, visit.services
    employee = person.may_be(Role.EMPLOYEE)
    reviewer = person.may_be(Role.REVIEWER)
    officer = person.may_be(Role.PERSONNEL_OFFICER)
    reader = person.may_be(*READERS)
    operator = person.may_be(Role.OPERATOR)
    own, team, office, inbox, ready = await asyncio.gather(
        unless_away(latest_own(visit)) if employee else _nothing(),
        unless_away(team_of(visit)) if reviewer else _nothing(),
        unless_away(overview(visit)) if officer else _nothing(),
        unless_away(services.inbox(limit=3)) if reader else _nothing(),
        _readiness(visit) if operator else _nothing(),
    )
    imports = await unless_away(services.imports(limit=5)) if operator else None
    return await visit.page(
        "home.html",
        employee=employee,
        reviewer=reviewer,
        officer=officer,
        operator=operator,
        reader=reader,
        own=own,
        team=team,
        to_coach=to_coach(team or []),
        office=office,
        inbox=inbox,
        ready=ready,
        imports=imports,
    )


async def _nothing() -> None:
    """What a role the person does not have contributes."""


async def _readiness(visit: Visit) -> dict[str, bool]:
    calls = visit.house.calls
    answers = await asyncio.gather(*(calls.ready(service) for service in SERVICES))
    return dict(zip(SERVICES, answers, strict=True))


DOORS: Final = (Door("/", show_home),)

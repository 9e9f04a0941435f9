"""A reviewer's team: everybody's newest result, and who needs a coaching plan."""

from typing import Final

from starlette.responses import Response

from services.portal.clients import WHOLE
from services.portal.clients.answers import Evaluation
from services.portal.pages.doors import Door
from services.portal.pages.visit import Visit
from shared.auth import Role
from shared.events.words import TO_COACH, Predicate

MOST_PAGES: Final = 10
"""A reviewer of more than 2,000 results is none; an account of many roles might be."""


async def team_of(visit: Visit) -> list[Evaluation]:
    """The newest result of everybody one reviews, by name."""
    own = visit.person.employee_id
    newest: dict[object, Evaluation] = {}
    after: str | None = None
    for _ in range(MOST_PAGES):
        page = await visit.services.evaluations(limit=WHOLE, after=after)
        for one in page.items:
            if own is None or one.reviewer_id != own or one.employee_id == own:
                continue
            known = newest.get(one.employee_id)
            if known is None or known.period.end <= one.period.end:
                newest[one.employee_id] = one
        after = page.next
        if after is None:
            break
    return sorted(newest.values(), key=lambda one: one.employee_name.casefold())


def to_coach(team: list[Evaluation]) -> list[Evaluation]:
    """Those who need a coaching plan, the most urgent first."""
    order = list(Predicate)
    needing = [one for one in team if one.predicate in TO_COACH]
    return sorted(needing, key=lambda one: order.index(one.predicate), reverse=True)


async def show_team(visit: Visit) -> Response:
    """The team, those who need a coaching plan first."""
    team = await team_of(visit)
    return await visit.page(
        "team.html",
        team=team,
        to_coach=to_coach(team),
        others=[one for one in team if one.predicate not in TO_COACH],
    )


DOORS: Final = (Door("/team", show_team, (Role.REVIEWER,)),)

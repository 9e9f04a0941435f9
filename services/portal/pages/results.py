"""Results: a list of one's own or one's agency's, and one result with its reasons."""

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from starlette.responses import Response

from services.portal.clients import WHOLE
from services.portal.clients.answers import Evaluation, Import, RecommendationSet
from services.portal.pages.doors import Door
from services.portal.pages.visit import READERS, Visit, unless_away
from shared.auth import Role
from shared.events.words import Predicate

SHOWN: Final = 50
IMPORTS: Final = 20
"""How many imports there are to choose from."""


@dataclass(frozen=True, slots=True)
class Own:
    """The newest result of one's own, and what is recommended after it.

    Attributes:
        answered: whether training could be asked.
    """

    evaluation: Evaluation
    recommended: RecommendationSet | None
    answered: bool


async def own_results(visit: Visit) -> list[Evaluation]:
    """One's own results, newest period first."""
    own = visit.person.employee_id
    if own is None:
        return []
    found = (await visit.services.evaluations(employee_id=own, limit=WHOLE)).items
    return sorted(found, key=lambda one: one.period.end, reverse=True)


async def latest_own(visit: Visit) -> Own | None:
    """The newest of one's own results; None where there is none yet."""
    results = await own_results(visit)
    if not results:
        return None
    asked = await unless_away(_set(visit, results[0].evaluation_id))
    return Own(results[0], asked[0] if asked else None, asked is not None)


async def show_results(visit: Visit) -> Response:
    """One's own results, or for the personnel office a list to look through."""
    if not visit.person.may_be(Role.PERSONNEL_OFFICER):
        return await visit.page("results.html", results=await own_results(visit))
    asked = visit.query
    predicate = asked.get("predicate")
    filters = {
        "predicate": predicate if predicate in tuple(Predicate) else None,
        "root_unit": asked.get("root_unit"),
        "import_id": _id(asked.get("import_id")),
    }
    imports = (await visit.services.imports(limit=IMPORTS)).items
    page, units = await asyncio.gather(
        visit.services.evaluations(limit=SHOWN, after=asked.get("after"), **filters),
        _units(visit, imports),
    )
    return await visit.page(
        "agency_results.html",
        results=page.items,
        next=page.next,
        first="after" not in asked,
        units=units,
        imports=[job for job in imports if job.counts.finalised > job.counts.unchanged],
        filters=filters,
    )


async def show_result(visit: Visit) -> Response:
    """One result: the predicate, why, what follows, what is recommended, and its versions."""
    evaluation_id = visit.request.path_params["evaluation_id"]
    services = visit.services
    evaluation, versions, asked = await asyncio.gather(
        services.evaluation(evaluation_id),
        services.versions(evaluation_id),
        unless_away(_set(visit, evaluation_id)),
    )
    return await visit.page(
        "result.html",
        result=evaluation,
        versions=versions,
        recommended=asked[0] if asked else None,
        answered=asked is not None,
        mine=evaluation.employee_id == visit.person.employee_id,
        mine_to_review=evaluation.reviewer_id is not None
        and evaluation.reviewer_id == visit.person.employee_id,
    )


async def _set(visit: Visit, evaluation_id: UUID) -> tuple[RecommendationSet | None]:
    """In a tuple: no set yet, and nobody to ask, are different things to say."""
    return (await visit.services.recommendations(evaluation_id),)


async def _units(visit: Visit, imports: list[Import]) -> list[str]:
    """The units of the newest import that is done."""
    newest = next((job for job in imports if job.state == "done"), None)
    if newest is None:
        return []
    spread = await visit.services.distribution(newest.import_id)
    return [unit.root_unit for unit in spread.units]


def _id(text: str | None) -> str | None:
    """An id as it was asked for; None for what is none."""
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        return None


DOORS: Final = (
    Door("/results", show_results, READERS),
    Door("/results/{evaluation_id:uuid}", show_result, READERS),
)

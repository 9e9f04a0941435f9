"""The personnel office's imports: hand one in, follow it, and see what came of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from starlette.responses import JSONResponse, Response

from services.portal.clients.answers import (
    Distribution,
    Finding,
    Import,
    NoticeSums,
    Page,
    RecommendationSums,
)
from services.portal.clients.trouble import NotThere, TooLarge, Unfit
from services.portal.pages.doors import Door
from services.portal.pages.visit import Visit, to, unless_away
from shared.auth import Role

SHOWN: Final = 20
SOME: Final = 10
"""Findings of each kind on the import's own page."""
MANY: Final = 100
"""Findings on a page of their own."""
KINDS: Final = ("rejected", "set_aside", "warned")
"""The gravest first."""
WHO: Final = (Role.PERSONNEL_OFFICER, Role.OPERATOR)
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Overview:
    """An import and what came of it; None where the service that knows is away."""

    job: Import
    distribution: Distribution | None
    recommended: RecommendationSums | None
    noticed: NoticeSums | None


async def overview(visit: Visit) -> Overview | None:
    """The newest import; None where there is none yet."""
    newest = (await visit.services.imports(limit=1)).items
    return await _overview(visit, newest[0]) if newest else None


async def show_imports(visit: Visit) -> Response:
    """All imports, newest first, and the form to hand one in."""
    asked = visit.query
    page = await visit.services.imports(limit=SHOWN, after=asked.get("after"))
    return await visit.page(
        "imports.html",
        imports=page.items,
        next=page.next,
        first="after" not in asked,
        may_hand_in=visit.person.may_be(Role.PERSONNEL_OFFICER),
    )


async def hand_in(visit: Visit) -> Response:
    """Pass an export on to appraisal as it comes: nothing of it is kept here."""
    request = visit.request
    kind = request.headers.get("content-type", "")
    largest = visit.house.settings.largest_upload
    if not kind.startswith("multipart/form-data"):
        raise Unfit
    if int(request.headers.get("content-length") or 0) > largest:
        raise TooLarge
    handed_in = await visit.services.hand_in(_at_most(request.stream(), largest), kind)
    path = f"/imports/{handed_in.import_id}"
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"location": path}, 201)
    return to(path)


async def show_import(visit: Visit) -> Response:
    """One import: how far it is, then its counts, spread, findings and consequences."""
    job = await visit.services.import_(_id(visit))
    shown = await _overview(visit, job)
    kinds = [kind for kind in KINDS if getattr(job.counts, kind)] if job.state == "done" else []
    pages: list[Page[Finding]] = await asyncio.gather(
        *(visit.services.findings(job.import_id, kind=kind, limit=SOME) for kind in kinds)
    )
    return await visit.page(
        "import.html", shown=shown, job=job, findings=dict(zip(kinds, pages, strict=True))
    )


async def show_progress(visit: Visit) -> Response:
    """How far an import is, for the page that waits for it."""
    job = await visit.services.import_(_id(visit))
    return JSONResponse({"running": job.running, "rows": job.rows, "rows_done": job.rows_done})


async def show_findings(visit: Visit) -> Response:
    """All findings of one kind."""
    asked = visit.query
    kind = asked.get("kind", KINDS[0])
    if kind not in KINDS:
        raise NotThere
    job, page = await asyncio.gather(
        visit.services.import_(_id(visit)),
        visit.services.findings(_id(visit), kind=kind, limit=MANY, after=asked.get("after")),
    )
    return await visit.page(
        "findings.html", job=job, kind=kind, page=page, first="after" not in asked
    )


async def download(visit: Visit) -> Response:
    """The rejected rows, to be corrected and imported again."""
    import_id = _id(visit)
    return Response(
        await visit.services.rejected(import_id),
        media_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="rejected-{import_id}.xlsx"'},
    )


async def _overview(visit: Visit, job: Import) -> Overview:
    if job.state != "done":
        return Overview(job, None, None, None)
    services = visit.services
    return Overview(
        job,
        *await asyncio.gather(
            unless_away(services.distribution(job.import_id)),
            unless_away(services.recommendation_sums(job.import_id)),
            unless_away(services.notice_sums(job.import_id)),
        ),
    )


async def _at_most(body: AsyncIterator[bytes], largest: int) -> AsyncIterator[bytes]:
    """The body, cut short by `TooLarge` where it is larger than it said."""
    size = 0
    async for part in body:
        size += len(part)
        if size > largest:
            raise TooLarge
        yield part


def _id(visit: Visit) -> UUID:
    found: UUID = visit.request.path_params["import_id"]
    return found


DOORS: Final = (
    Door("/imports", show_imports, WHO),
    Door("/imports", hand_in, (Role.PERSONNEL_OFFICER,), "POST"),
    Door("/imports/{import_id:uuid}", show_import, WHO),
    Door("/imports/{import_id:uuid}/progress", show_progress, WHO),
    Door("/imports/{import_id:uuid}/findings", show_findings, WHO),
    Door("/imports/{import_id:uuid}/rejected.xlsx", download, (Role.PERSONNEL_OFFICER,)),
)

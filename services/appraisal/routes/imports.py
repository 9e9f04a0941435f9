"""Exports handed in: progress, what was found, what goes back to be corrected."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from fastapi import APIRouter, Header, Response, UploadFile
from sqlalchemy.ext.asyncio import AsyncSession

from services.appraisal import rules, store
from services.appraisal.models import Import, ImportState
from services.appraisal.routes.answers import (
    AGENCIES,
    DistributionOut,
    FindingOut,
    HandedInOut,
    ImportOut,
    distribution_out,
    finding_out,
    import_out,
)
from services.appraisal.routes.upload import AtDesk, digest, parts
from shared import tracing
from shared.auth import Principal, Role
from shared.events import new_id
from shared.http import After, Limit, Page, Problem, Reading, Session, absent, asks, page, place
from shared.i18n import best_language

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

api = APIRouter()
Languages = Annotated[str | None, Header(alias="Accept-Language")]
Counting = Annotated[Principal, asks(Role.PERSONNEL_OFFICER, Role.AGENCY_SYSTEM, Role.OPERATOR)]
Office = Annotated[Principal, asks(Role.PERSONNEL_OFFICER, Role.AGENCY_SYSTEM)]
Number = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]

HAND_IN: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": HandedInOut, "description": "It is the agency's newest import already."},
    400: {"description": "The form cannot be read."},
    413: {"description": "The file is larger than may be sent."},
}


@api.post(
    "/imports",
    status_code=202,
    responses=HAND_IN,
    form_limits={"max_files": 1, "max_fields": 1},
)
async def hand_in(
    file: UploadFile,
    response: Response,
    session: Session,
    who: Counting,
    desk: AtDesk,
    agency_id: UUID | None = None,
) -> HandedInOut:
    """Hand in an e-Kinerja export (XLSX or CSV); it is read in the background.

    The file that is the agency's newest import already is not read again (200). Operators name the
    agency it is of.
    """
    agency = _agency(who, agency_id)
    desk.weigh(file)
    sha256 = await digest(file)
    await store.imports.hold_agency(session, agency)
    job = await store.imports.newest(session, agency)
    if job is not None and job.sha256 == sha256:
        response.status_code = 200
    else:
        job = Import(
            import_id=new_id(),
            agency_id=agency,
            filename=_shown(file.filename),
            sha256=sha256,
            size=file.size or 0,
            state=ImportState.WAITING,
            created_at=datetime.now(UTC),
            traceparent=tracing.here(),
        )
        session.add(job)
        number = 0
        async for part in parts(file):
            await store.imports.add_part(session, desk.vault, job.import_id, number, part)
            number += 1
    response.headers["Location"] = f"/imports/{job.import_id}"
    return HandedInOut(import_id=job.import_id, state=ImportState(job.state))


@api.get("/imports")
async def list_imports(
    session: Reading,
    who: Counting,
    languages: Languages = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[ImportOut]:
    """The agency's imports (operators: everybody's), newest first."""
    last = place(after, tuple[UUID])
    agency = None if Role.OPERATOR in who.roles else _own_agency(who)
    jobs = await store.imports.of_agency(
        session, agency, after=last[0] if last else None, limit=limit + 1
    )
    language = best_language(languages)
    return page([import_out(job, language) for job in jobs], limit, lambda one: (one.import_id,))


@api.get("/imports/{import_id}")
async def show_import(
    import_id: UUID, session: Reading, who: Counting, languages: Languages = None
) -> ImportOut:
    """One import and how far it is."""
    return import_out(await _seen(session, who, import_id), best_language(languages))


@api.get("/imports/{import_id}/findings")
async def list_findings(
    import_id: UUID,
    session: Reading,
    who: Counting,
    kind: rules.Kind | None = None,
    languages: Languages = None,
    limit: Limit = 200,
    after: After = None,
) -> Page[FindingOut]:
    """What was found in the rows: row, column, code, reason, remedy; no personal value."""
    await _seen(session, who, import_id)
    last = place(after, tuple[Number])
    found = await store.imports.findings(
        session, import_id, kind, after=last[0] if last else 0, limit=limit + 1
    )
    shown = page(found, limit, lambda one: (one.number,))
    language = best_language(languages)
    return Page(items=[finding_out(one, language) for one in shown.items], next=shown.next)


@api.get("/imports/{import_id}/distribution")
async def show_distribution(import_id: UUID, session: Reading, who: Counting) -> DistributionOut:
    """Headcounts by unit and predicate, acting posts left out."""
    job = await _seen(session, who, import_id)
    return distribution_out(job.distribution or "{}")


@api.get(
    "/imports/{import_id}/rejected.xlsx",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}, "description": "The workbook."}},
)
async def download_rejected(
    import_id: UUID, session: Reading, who: Office, desk: AtDesk, languages: Languages = None
) -> Response:
    """The rejected rows with their reasons, ready to be corrected and imported again."""
    job = await store.imports.one(session, import_id)
    if job is None or job.agency_id != who.agency_id:
        raise absent()
    book = await store.imports.report(session, desk.vault, import_id, best_language(languages))
    if book is None:
        raise absent()
    return Response(
        book,
        media_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="rejected-{import_id}.xlsx"'},
    )


def _agency(who: Principal, named: UUID | None) -> UUID:
    """The agency an export is handed in for: the own one; operators name one."""
    if named is None or Role.OPERATOR not in who.roles:
        own = _own_agency(who)
        if named not in {None, own}:
            raise Problem(403, "other_agency", "You act for another agency.", field="agency_id")
        return own
    if named not in AGENCIES:
        raise Problem(422, "agency_unknown", "There is no such agency.", field="agency_id")
    return named


def _own_agency(who: Principal) -> UUID:
    if who.agency_id is not None:
        return who.agency_id
    if Role.OPERATOR in who.roles:
        raise Problem(422, "agency_missing", "Name the agency the export is of.", field="agency_id")
    raise Problem(403, "agency_missing", "Your account acts for no agency.")


async def _seen(session: AsyncSession, who: Principal, import_id: UUID) -> Import:
    """The import, if it is of the own agency; operators see every agency's counts."""
    job = await store.imports.one(session, import_id)
    if job is None or not (Role.OPERATOR in who.roles or job.agency_id == who.agency_id):
        raise absent()
    return job


def _shown(filename: str | None) -> str:
    """A file's name as lists show it: no folder, nothing unprintable, at most 200 characters."""
    name = Path((filename or "").replace("\\", "/")).name
    return "".join(filter(str.isprintable, name))[:200] or "export"

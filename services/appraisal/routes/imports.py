"""Exports handed in: progress, what was found, what goes back to be corrected."""

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response, UploadFile
from sqlmodel.ext.asyncio.session import AsyncSession

from services.appraisal import rules, store
from services.appraisal.models import Import, ImportState
from services.appraisal.routes.answers import (
    DistributionOut,
    FindingOut,
    HandedInOut,
    ImportOut,
    distribution_out,
    finding_out,
    import_out,
)
from services.appraisal.settings import Settings
from services.appraisal.store import Vault
from shared.auth import Principal, Role
from shared.events import new_id
from shared.http import After, Limit, Page, Problem, Reading, Session, absent, asks, page, place
from shared.i18n import best_language

PART: Final = 1024 * 1024
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Languages = Annotated[str | None, Header(alias="Accept-Language")]
Officer = Annotated[Principal, asks(Role.PERSONNEL_OFFICER, Role.AGENCY_SYSTEM, Role.OPERATOR)]


@dataclass(frozen=True, slots=True)
class Desk:
    """What handing in needs beside the database."""

    settings: Settings
    vault: Vault


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]

api = APIRouter()


@api.post("/imports", status_code=202)
async def hand_in(
    file: UploadFile,
    response: Response,
    session: Session,
    who: Officer,
    desk: AtDesk,
    agency_id: UUID | None = None,
) -> HandedInOut:
    """Hand in an e-Kinerja export (XLSX or CSV); it is read in the background.

    The file that is the agency's newest import already is not read again (200).
    """
    agency = _agency(who, agency_id)
    if (file.size or 0) > desk.settings.largest_file:
        most = desk.settings.largest_file // 1_000_000
        raise Problem(413, "file_too_large", f"A file may have {most} MB.", field="file")
    digest = await _digest(file)
    newest = await store.imports.newest(session, agency)
    if newest is not None and newest.sha256 == digest:
        response.status_code = 200
        response.headers["Location"] = f"/imports/{newest.import_id}"
        return HandedInOut(import_id=newest.import_id, state=ImportState(newest.state))
    job = Import(
        import_id=new_id(),
        agency_id=agency,
        filename=Path(file.filename or "export").name[:200],
        sha256=digest,
        size=file.size or 0,
        state=ImportState.WAITING,
        created_at=datetime.now(UTC),
        traceparent=f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01",
    )
    session.add(job)
    number = 0
    while part := await file.read(PART):
        await store.imports.add_part(session, desk.vault, job.import_id, number, part)
        number += 1
    response.headers["Location"] = f"/imports/{job.import_id}"
    return HandedInOut(import_id=job.import_id, state=ImportState.WAITING)


@api.get("/imports")
async def list_imports(
    session: Reading,
    who: Officer,
    languages: Languages = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[ImportOut]:
    """The agency's imports, newest first."""
    last = place(after, tuple[UUID])
    agency = None if Role.OPERATOR in who.roles else _agency(who, None)
    jobs = await store.imports.of_agency(
        session, agency, after=last[0] if last else None, limit=limit + 1
    )
    language = best_language(languages)
    return page([import_out(job, language) for job in jobs], limit, lambda one: (one.import_id,))


@api.get("/imports/{import_id}")
async def show_import(
    import_id: UUID, session: Reading, who: Officer, languages: Languages = None
) -> ImportOut:
    """One import and how far it is."""
    return import_out(await _seen(session, who, import_id), best_language(languages))


@api.get("/imports/{import_id}/findings")
async def list_findings(
    import_id: UUID,
    session: Reading,
    who: Officer,
    kind: rules.Kind | None = None,
    languages: Languages = None,
    limit: Limit = 200,
    after: After = None,
) -> Page[FindingOut]:
    """What was found in the rows: row, column, code, reason, remedy."""
    await _seen(session, who, import_id)
    last = place(after, tuple[int])
    found = await store.imports.findings(
        session, import_id, kind, after=last[0] if last else 0, limit=limit + 1
    )
    shown = page(found, limit, lambda one: (one.number,))
    language = best_language(languages)
    return Page(items=[finding_out(one, language) for one in shown.items], next=shown.next)


@api.get("/imports/{import_id}/rejected.xlsx", response_class=Response)
async def download_rejected(
    import_id: UUID, session: Reading, who: Officer, desk: AtDesk, languages: Languages = None
) -> Response:
    """The rejected rows with their reasons, ready to be corrected and imported again."""
    if Role.OPERATOR in who.roles and who.agency_id is None:
        raise absent()  # operators see counts, not people
    await _seen(session, who, import_id)
    book = await store.imports.report(session, desk.vault, import_id, best_language(languages))
    if book is None:
        raise absent()
    return Response(
        book,
        media_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="rejected-{import_id}.xlsx"'},
    )


@api.get("/imports/{import_id}/distribution")
async def show_distribution(import_id: UUID, session: Reading, who: Officer) -> DistributionOut:
    """Headcounts by unit and predicate, acting posts left out."""
    job = await _seen(session, who, import_id)
    return distribution_out(job.distribution or "{}")


async def _digest(file: UploadFile) -> str:
    digest = hashlib.sha256()
    while part := await file.read(PART):
        digest.update(part)
    await file.seek(0)
    return digest.hexdigest()


def _agency(who: Principal, named: UUID | None) -> UUID:
    """The agency somebody acts for; operators name one."""
    if who.agency_id is not None:
        if named not in {None, who.agency_id}:
            raise Problem(403, "other_agency", "You act for another agency.", field="agency_id")
        return who.agency_id
    if Role.OPERATOR in who.roles and named is not None:
        return named
    raise Problem(422, "agency_missing", "Name the agency the export is of.", field="agency_id")


async def _seen(session: AsyncSession, who: Principal, import_id: UUID) -> Import:
    job = await store.imports.one(session, import_id)
    if job is None or not (Role.OPERATOR in who.roles or job.agency_id == who.agency_id):
        raise absent()
    return job

"""Exports handed in: progress, what was found, what goes back to be corrected."""

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Header, Request, Response, UploadFile
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from services.appraisal import data, rules, store
from services.appraisal.models import Import, ImportFinding, ImportState
from services.appraisal.settings import Settings
from services.appraisal.store import Vault
from shared.auth import Principal, Role
from shared.events import new_id
from shared.http import After, Limit, Page, Problem, Reading, Session, absent, asks, page, place
from shared.i18n import best_language, catalogue

TEXTS: Final = catalogue(Path(__file__).parent.parent / "locales")
AGENCIES: Final = {rules.agency_id(one): one for one in rules.read_agencies(data.agencies())}
PART: Final = 1024 * 1024
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Languages = Annotated[str | None, Header(alias="Accept-Language")]
Officer = Annotated[Principal, asks(Role.PERSONNEL_OFFICER, Role.AGENCY_SYSTEM, Role.OPERATOR)]


class CountsOut(BaseModel):
    """Rows counted. `finalised`: all good rows; of these `superseded` corrected an earlier result
    and `unchanged` said what was kept already.
    """

    finalised: int
    superseded: int
    unchanged: int
    rejected: int
    set_aside: int
    warned: int


class RefusedOut(BaseModel):
    """Why the whole file was refused, and what to do."""

    code: str
    text: str
    remedy: str


class ImportOut(BaseModel):
    """An import and how far it is; `rows_done` of `rows` are decided."""

    import_id: UUID
    agency_id: UUID
    agency: str
    state: ImportState
    filename: str
    period: dict[str, Any] | None
    rows: int
    rows_done: int
    counts: CountsOut
    refused: RefusedOut | None
    created_at: datetime
    finished_at: datetime | None


class HandedInOut(BaseModel):
    """Where to follow an import."""

    import_id: UUID
    state: ImportState


class FindingOut(BaseModel):
    """Something found in a row; `row` is the spreadsheet's own number."""

    row: int
    column: str
    code: str
    kind: str
    reason: str
    remedy: str


class UnitOut(BaseModel):
    """Headcounts of one unit by predicate; acting posts are left out."""

    root_unit: str
    total: int
    predicates: dict[str, int]


class DistributionOut(BaseModel):
    """Headcounts of an import by predicate, and by unit."""

    total: int
    predicates: dict[str, int]
    units: list[UnitOut]


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
    return page([_import(job, language) for job in jobs], limit, lambda one: (one.import_id,))


@api.get("/imports/{import_id}")
async def show_import(
    import_id: UUID, session: Reading, who: Officer, languages: Languages = None
) -> ImportOut:
    """One import and how far it is."""
    return _import(await _seen(session, who, import_id), best_language(languages))


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
    return Page(items=[_finding(one, language) for one in shown.items], next=shown.next)


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
    return _distribution(job.distribution or "{}")


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


def _import(job: Import, language: str) -> ImportOut:
    agency = AGENCIES.get(job.agency_id)
    refused = None
    if job.refused is not None:
        params = msgspec.json.decode(job.refused_params or "{}", type=dict[str, str])
        refused = RefusedOut(
            code=job.refused,
            text=TEXTS.text(language, f"refusal.{job.refused}.text", **params),
            remedy=TEXTS.text(language, f"refusal.{job.refused}.remedy", **params),
        )
    return ImportOut(
        import_id=job.import_id,
        agency_id=job.agency_id,
        agency=agency.name if agency else "",
        state=ImportState(job.state),
        filename=job.filename,
        period=msgspec.json.decode(job.period) if job.period else None,
        rows=job.rows,
        rows_done=job.rows if job.state == ImportState.DONE else job.rows - job.good + job.kept,
        counts=CountsOut(
            finalised=job.finalised,
            superseded=job.superseded,
            unchanged=job.unchanged,
            rejected=job.rejected,
            set_aside=job.set_aside,
            warned=job.warned,
        ),
        refused=refused,
        created_at=job.created_at,
        finished_at=job.finished_at,
    )


def _finding(found: ImportFinding, language: str) -> FindingOut:
    named = f"finding.{found.code}.{found.kind}"
    params = {"column": found.column, "value": found.value}
    return FindingOut(
        row=found.row,
        column=found.column,
        code=found.code,
        kind=found.kind,
        reason=TEXTS.text(language, f"{named}.reason", **params),
        remedy=TEXTS.text(language, f"{named}.remedy", **params),
    )


def _distribution(kept: str) -> DistributionOut:
    counts = msgspec.json.decode(kept, type=dict[str, dict[str, int]])
    sums: dict[str, int] = {}
    for predicates in counts.values():
        for predicate, count in predicates.items():
            sums[predicate] = sums.get(predicate, 0) + count
    return DistributionOut(
        total=sum(sums.values()),
        predicates=sums,
        units=[
            UnitOut(root_unit=unit, total=sum(predicates.values()), predicates=predicates)
            for unit, predicates in sorted(counts.items())
        ],
    )

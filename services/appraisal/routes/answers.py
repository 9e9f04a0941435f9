"""What routes about imports answer."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from pydantic import BaseModel

from services.appraisal import data, rules
from services.appraisal.models import Import, ImportFinding, ImportState
from shared.i18n import catalogue

TEXTS: Final = catalogue(Path(__file__).parent.parent / "locales")
AGENCIES: Final = {rules.agency_id(one): one for one in rules.read_agencies(data.agencies())}


class CountsOut(BaseModel):
    """Rows counted.

    Of `finalised`, all good rows, `superseded` corrected an earlier result and `unchanged` said
    what was kept already.
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


def import_out(job: Import, language: str) -> ImportOut:
    """An import, in the reader's language."""
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


def finding_out(found: ImportFinding, language: str) -> FindingOut:
    """A finding with its reason and remedy, in the reader's language."""
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


def distribution_out(kept: str) -> DistributionOut:
    """Headcounts as they were kept (JSON)."""
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

"""What routes about imports answer."""

from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Final, Self
from uuid import UUID

import msgspec
from pydantic import BaseModel

from services.appraisal import data, rules
from services.appraisal.models import Import, ImportFinding, ImportState
from shared.events import Period
from shared.events.words import PeriodKind, Predicate
from shared.i18n import catalogue

TEXTS: Final = catalogue(Path(__file__).parent.parent / "locales")
AGENCIES: Final = {rules.agency_id(one): one for one in rules.read_agencies(data.agencies())}

_period_in: Final = msgspec.json.Decoder(Period).decode


class PeriodOut(BaseModel):
    """The stretch of time an evaluation covers; `number` of its month or quarter, 0 for a year."""

    kind: PeriodKind
    year: int
    number: int
    start: date
    end: date

    @classmethod
    def of(cls, period: Period) -> Self:
        """The period as it is answered."""
        return cls(
            kind=period.kind,
            year=period.year,
            number=period.number,
            start=period.start,
            end=period.end,
        )


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
    period: PeriodOut | None
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
    kind: rules.Kind
    reason: str
    remedy: str


class UnitOut(BaseModel):
    """Headcounts of one unit by predicate; acting posts are left out."""

    root_unit: str
    total: int
    predicates: dict[Predicate, int]


class DistributionOut(BaseModel):
    """Headcounts of an import by predicate, and by unit."""

    total: int
    predicates: dict[Predicate, int]
    units: list[UnitOut]


def agency_name(agency_id: UUID) -> str:
    """An agency's name; "" for one our table does not have."""
    agency = AGENCIES.get(agency_id)
    return agency.name if agency else ""


def import_out(job: Import, language: str) -> ImportOut:
    """An import, in the reader's language."""
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
        agency=agency_name(job.agency_id),
        state=ImportState(job.state),
        filename=job.filename,
        period=PeriodOut.of(_period_in(job.period)) if job.period else None,
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
        kind=rules.Kind(found.kind),
        reason=TEXTS.text(language, f"{named}.reason", **params),
        remedy=TEXTS.text(language, f"{named}.remedy", **params),
    )


def distribution_out(kept: str) -> DistributionOut:
    """Headcounts as they were kept (JSON)."""
    counts = msgspec.json.decode(kept, type=dict[str, dict[Predicate, int]])
    sums: Counter[Predicate] = Counter()
    for predicates in counts.values():
        sums.update(predicates)
    return DistributionOut(
        total=sums.total(),
        predicates=sums,
        units=[
            UnitOut(root_unit=unit, total=sum(predicates.values()), predicates=predicates)
            for unit, predicates in sorted(counts.items())
        ],
    )

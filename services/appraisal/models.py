"""What appraisal keeps. Rows are flat values; what they mean is in `rules`."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, MetaData, Text, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.database import NAMING, Moment


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """Appraisal's own tables: no other service's metadata knows them."""


def _moment(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(Moment, nullable=nullable))


class Employee(Base, table=True):
    """Somebody who is appraised or appraises. The NIP never leaves this table in the clear."""

    __tablename__: ClassVar[str] = "employee"

    employee_id: UUID = Field(primary_key=True)
    agency_id: UUID
    nip_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    """Keyed hash, to look somebody up by NIP."""
    nip_sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """The NIP, encrypted."""
    version: int
    as_of: date | None = None
    """Last day of the period the record is from; None if it is only what stood beside others."""
    name: str
    email: str | None = None
    employment_kind: str
    position_kind: str
    position_title: str
    unit: str
    root_unit: str
    reviewer_id: UUID | None = None


class Evaluation(Base, table=True):
    """One employee's evaluation for one period: which version counts, and what lists ask for."""

    __tablename__: ClassVar[str] = "evaluation"
    __table_args__ = (
        UniqueConstraint("employee_id", "period_kind", "period_year", "period_number"),
        Index("evaluation_agency", "agency_id", "evaluation_id"),
        Index("evaluation_agency_predicate", "agency_id", "predicate", "evaluation_id"),
        Index("evaluation_reviewer", "reviewer_id", "evaluation_id"),
        Index("evaluation_import", "import_id", "evaluation_id"),
    )

    evaluation_id: UUID = Field(primary_key=True)
    employee_id: UUID
    agency_id: UUID
    reviewer_id: UUID | None = None
    import_id: UUID
    """The import its newest version came with."""
    period_kind: str
    period_year: int
    period_number: int
    period_end: date
    version: int
    predicate: str
    root_unit: str
    acting: bool


class EvaluationVersion(Base, table=True):
    """What was finalised, word for word; never changed afterwards."""

    __tablename__: ClassVar[str] = "evaluation_version"

    evaluation_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    import_id: UUID
    row: int
    """The export's row it came from."""
    finalised_at: datetime = _moment()
    result: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """The fact's data (`shared.events.Result`) as it was told, JSON."""


class ImportState(StrEnum):
    """How far an import is."""

    WAITING = "waiting"
    READING = "reading"
    DONE = "done"
    REFUSED = "refused"


class Import(Base, table=True):
    """One export handed in."""

    __tablename__: ClassVar[str] = "import"
    __table_args__ = (Index("import_agency", "agency_id", "import_id"),)

    import_id: UUID = Field(primary_key=True)
    agency_id: UUID
    filename: str
    sha256: str
    size: int
    state: str
    created_at: datetime = _moment()
    finished_at: datetime | None = _moment(nullable=True)
    leased_by: UUID | None = None
    leased_until: datetime | None = _moment(nullable=True)
    attempts: int = 0
    """How often it was taken up since something of it was last kept."""
    period: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    """The export's period (`shared.events.Period`), JSON."""
    distribution: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    """Headcounts by unit and predicate of its good rows, acting posts left out, JSON."""
    rows: int = 0
    good: int = 0
    kept: int = 0
    """Good rows kept so far: where to go on after a crash."""
    finalised: int = 0
    superseded: int = 0
    unchanged: int = 0
    rejected: int = 0
    set_aside: int = 0
    warned: int = 0
    low: int = 0
    refused: str | None = None
    """Why the whole file was refused (a code)."""
    refused_params: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    """What the refusal's texts name, JSON."""
    traceparent: str | None = None


class ImportPart(Base, table=True):
    """A piece of a file that waits to be read, encrypted; gone once it was."""

    __tablename__: ClassVar[str] = "import_part"

    import_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ImportFinding(Base, table=True):
    """Something an import found in a row."""

    __tablename__: ClassVar[str] = "import_finding"
    __table_args__ = (Index("import_finding_kind", "import_id", "kind", "number"),)

    import_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    row: int
    column: str
    code: str
    kind: str
    value: str
    """The word found, for words of a closed list only; never a personal value."""


class ImportReport(Base, table=True):
    """The workbook of an import's rejected rows, ready to be corrected; encrypted."""

    __tablename__: ClassVar[str] = "import_report"

    import_id: UUID = Field(primary_key=True)
    language: str = Field(primary_key=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))

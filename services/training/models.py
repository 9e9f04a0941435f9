"""What training keeps. Rows are flat values; what they mean is in `rules`."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.database import NAMING, Moment


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """Training's own tables: no other service's metadata knows them."""


class RecommendationSet(Base, table=True):
    """What is recommended after one evaluation, and what of the evaluation it was decided by."""

    __tablename__: ClassVar[str] = "recommendation_set"
    __table_args__ = (
        Index("recommendation_set_employee", "employee_id"),
        Index("recommendation_set_agency", "agency_id", "evaluation_id"),
        Index("recommendation_set_reviewer", "reviewer_id"),
        Index("recommendation_set_import", "import_id"),
    )

    evaluation_id: UUID = Field(primary_key=True)
    version: int
    evaluation_version: int
    employee_id: UUID
    agency_id: UUID
    reviewer_id: UUID | None = None
    import_id: UUID | None = None
    period_kind: str
    period_year: int
    period_number: int
    period_start: date
    period_end: date
    predicate: str
    acting: bool
    rule_version: str
    decided_at: datetime = Field(sa_column=Column(Moment, nullable=False))
    size: int
    """How many courses it recommends."""
    recommendations: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """`shared.events.Recommendation`s, JSON."""
    notes: str
    """Codes of what is worth saying about the whole, JSON."""

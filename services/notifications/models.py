"""What notifications keep. Rows are flat values; what they mean is in `rules`."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.database import NAMING, Moment


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """Notifications' own tables: no other service's metadata knows them."""


def _moment(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(Moment, nullable=nullable))


class Notice(Base, table=True):
    """A line in somebody's inbox; its words are made when it is read, in the reader's language."""

    __tablename__: ClassVar[str] = "notice"
    __table_args__ = (
        Index("notice_recipient", "recipient_id", "created_at"),
        Index("notice_import", "import_id", "agency_id", "waited_ms"),
    )

    notice_id: UUID = Field(primary_key=True)
    recipient_id: UUID
    """An employee, or an agency's personnel office."""
    agency_id: UUID
    audience: str
    kind: str
    params: str
    """What the words need: codes, numbers and ids, JSON."""
    link: str
    import_id: UUID | None = None
    about: UUID | None = None
    caused_at: datetime = _moment()
    created_at: datetime = _moment()
    waited_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    """Milliseconds from the cause to this row."""
    read_at: datetime | None = _moment(nullable=True)


class DeliveryState(StrEnum):
    """How far an e-mail is."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    NO_ADDRESS = "no_address"
    """Nobody has told where to; it waits no more, and goes should an address be told soon."""
    REPLAYED = "replayed"
    """Its cause was handled again after a loss: what became of it then nobody knows, and it is not
    sent again."""


class Delivery(Base, table=True):
    """One e-mail that says something is in the inbox."""

    __tablename__: ClassVar[str] = "delivery"
    __table_args__ = (
        Index("delivery_due", "state", "due_at"),
        Index("delivery_recipient", "recipient_id", "state"),
    )

    notice_id: UUID = Field(primary_key=True)
    recipient_id: UUID
    kind: str
    state: str
    attempts: int = 0
    queued_at: datetime = _moment()
    due_at: datetime = _moment()
    """When to try next; while it is claimed, when its claim is over."""
    finished_at: datetime | None = _moment(nullable=True)
    problem: str | None = None
    """Why the last attempt did not send it (a code)."""


class Contact(Base, table=True):
    """Where somebody can be reached, as the workforce facts tell it."""

    __tablename__: ClassVar[str] = "contact"

    recipient_id: UUID = Field(primary_key=True)
    version: int
    agency_id: UUID
    email: str | None = None


class Preference(Base, table=True):
    """What somebody chose for himself."""

    __tablename__: ClassVar[str] = "preference"

    recipient_id: UUID = Field(primary_key=True)
    email: bool = True
    language: str = "id"


class ImportDigest(Base, table=True):
    """Counts an import's low results, until the personnel office can be told of all at once."""

    __tablename__: ClassVar[str] = "import_digest"
    __table_args__ = (Index("import_digest_open", "told", "completed_at"),)

    import_id: UUID = Field(primary_key=True)
    agency_id: UUID
    seen: int = 0
    """Low results that have come."""
    expected: int | None = None
    completed_at: datetime | None = _moment(nullable=True)
    fact_id: UUID | None = None
    """The fact that told the import's end."""
    told: bool = False

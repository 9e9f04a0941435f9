"""What the services answer, as far as pages show it; further members are ignored."""

from datetime import date, datetime
from typing import Generic, Literal, TypeVar
from uuid import UUID

import msgspec

from shared.events.words import EmploymentKind, PeriodKind, PositionKind, Predicate, Rating, Regime

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list; `next` leads to the page after it."""

    items: list[T]
    next: str | None = None


class Period(msgspec.Struct, frozen=True):
    """The stretch of time an evaluation covers; `number` of its quarter or month, 0 for a year."""

    kind: PeriodKind
    year: int
    number: int
    start: date
    end: date


class Explanation(msgspec.Struct, frozen=True):
    """Why a predicate is what it is."""

    text: str
    law: str
    article: str


class Evaluation(msgspec.Struct, frozen=True):
    """A finalised evaluation in one version."""

    evaluation_id: UUID
    version: int
    employee_id: UUID
    employee_name: str
    reviewer_id: UUID | None
    reviewer_name: str | None
    regime: Regime
    period: Period
    result_rating: Rating | None
    behaviour_rating: Rating | None
    predicate: Predicate
    score: float | None
    position_title: str
    position_kind: PositionKind
    unit: str
    root_unit: str
    acting: bool
    finalised_at: datetime
    explanation: Explanation


class Employee(msgspec.Struct, frozen=True):
    """An employee's record."""

    employee_id: UUID
    name: str
    employment_kind: EmploymentKind
    position_title: str
    unit: str
    root_unit: str
    agency: str
    reviewer_name: str | None


class Counts(msgspec.Struct, frozen=True):
    """Rows of an import by what became of them; `finalised` counts all good ones."""

    finalised: int
    superseded: int
    unchanged: int
    rejected: int
    set_aside: int
    warned: int


class Refused(msgspec.Struct, frozen=True):
    """Why a whole file was refused."""

    code: str
    text: str
    remedy: str


class Import(msgspec.Struct, frozen=True):
    """An import and how far it is."""

    import_id: UUID
    agency: str
    state: Literal["waiting", "reading", "done", "refused"]
    filename: str
    period: Period | None
    rows: int
    rows_done: int
    counts: Counts
    refused: Refused | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def running(self) -> bool:
        """Whether there is progress to wait for."""
        return self.state in {"waiting", "reading"}


class HandedIn(msgspec.Struct, frozen=True):
    """Where to follow an import."""

    import_id: UUID


class Finding(msgspec.Struct, frozen=True):
    """Something found in a row of an export."""

    row: int
    column: str
    kind: str
    reason: str
    remedy: str


class Unit(msgspec.Struct, frozen=True):
    """Headcounts of one unit by predicate."""

    root_unit: str
    total: int
    predicates: dict[Predicate, int]


class Distribution(msgspec.Struct, frozen=True):
    """Headcounts of an import by predicate, and by unit."""

    total: int
    predicates: dict[Predicate, int]
    units: list[Unit]


class Reason(msgspec.Struct, frozen=True):
    """A sentence: why a course is recommended, or what is worth saying about a set."""

    text: str


class Alternative(msgspec.Struct, frozen=True):
    """A course that answers the same need."""

    course: str
    title: str
    jp: int


class Recommendation(msgspec.Struct, frozen=True):
    """A course recommended; `jp` in training hours of 45 minutes."""

    course: str
    title: str
    jp: int
    form_title: str
    priority: int
    reasons: list[Reason]
    alternatives: list[Alternative]


class RecommendationSet(msgspec.Struct, frozen=True):
    """All that is recommended after one evaluation; `notes` are about the whole."""

    evaluation_id: UUID
    version: int
    evaluation_version: int
    rule_version: str
    recommendations: list[Recommendation]
    notes: list[Reason] = []


class RecommendationSums(msgspec.Struct, frozen=True):
    """Counts of an import's recommendations."""

    sets: int
    recommendations: int
    people: int


class Course(msgspec.Struct, frozen=True):
    """A kind of training."""

    code: str
    title: str
    siasn_course: int | None
    siasn_form: int
    form_title: str
    jp: int
    mode: str
    level: int
    organiser: str
    competencies: list[str]
    values: list[str]
    positions: list[PositionKind]
    alternatives: list[str]
    provisional: list[str]


class Notice(msgspec.Struct, frozen=True):
    """A line in an inbox; `link` is a path of the portal."""

    notice_id: UUID
    kind: str
    title: str
    body: str
    link: str
    created_at: datetime
    read_at: datetime | None


class Inbox(msgspec.Struct, frozen=True):
    """A page of an inbox; `unread` counts all of it."""

    items: list[Notice]
    next: str | None
    unread: int


class Mails(msgspec.Struct, frozen=True):
    """E-mails by state."""

    waiting: int
    sent: int
    failed: int


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds from a result to its row in an inbox."""

    p50: float | None
    max: float | None


class NoticeSums(msgspec.Struct, frozen=True):
    """How an import's notices are doing."""

    inbox: int
    email: Mails
    latency_ms: Latency


class Preferences(msgspec.Struct, frozen=True):
    """What somebody chose about e-mail."""

    email: bool
    language: Literal["id", "en"]


class Token(msgspec.Struct, frozen=True):
    """What the development issuer gives."""

    access_token: str


class Letter(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    """An e-mail in the sink."""

    id: int
    at: datetime
    sender: str
    to: list[str]
    subject: str
    text: str | None = None

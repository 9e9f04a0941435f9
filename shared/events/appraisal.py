"""Facts appraisal tells: results of evaluations and the end of an import."""

from datetime import date
from typing import ClassVar
from uuid import UUID

import msgspec

from shared.events.fact import Data
from shared.events.topics import EVALUATIONS, IMPORTS, Topic
from shared.events.words import (
    Behaviour,
    EmploymentKind,
    PeriodKind,
    PositionKind,
    Predicate,
    Rating,
    Regime,
)


class Period(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The stretch of time an evaluation covers.

    Attributes:
        kind: monthly, quarterly or annual.
        year: calendar year, four digits.
        number: month 1-12 or quarter 1-4; 0 for a year.
        start: first day, inclusive.
        end: last day, inclusive: earlier than the period's own end where somebody moved.
    """

    kind: PeriodKind
    year: int
    number: int = 0
    start: date
    end: date


class Result(Data, frozen=True, gc=False, kw_only=True):
    """A finalised evaluation, whole: a listener needs no older version to act on it.

    Attributes:
        evaluation_id: the evaluation of one employee and period, the same in all versions.
        version: 1, 2, 3 …; listeners ignore what is older than what they have.
        import_id: the import the result came with, None where it came another way.
        reviewer_id: the employee who appraises (pejabat penilai kinerja), None if unknown.
        result_rating, behaviour_rating: None under the numeric regimes.
        score: 0-120 under the numeric regimes, else None.
        behaviours: the BerAKHLAK values rated one by one, where the source has them.
        acting: result of an acting post (Plt., Plh., Pj.): outside headcounts.
    """

    topic: ClassVar[Topic] = EVALUATIONS

    evaluation_id: UUID
    version: int
    employee_id: UUID
    agency_id: UUID
    import_id: UUID | None = None
    reviewer_id: UUID | None = None
    regime: Regime
    period: Period
    result_rating: Rating | None = None
    behaviour_rating: Rating | None = None
    predicate: Predicate
    score: float | None = None
    behaviours: dict[Behaviour, Rating] | None = None
    employment_kind: EmploymentKind
    position_kind: PositionKind
    position_title: str
    unit: str
    root_unit: str
    acting: bool = False


class EvaluationFinalized(Result, frozen=True, gc=False, kw_only=True):
    """An evaluation is final for the first time (version 1)."""

    type: ClassVar[str] = "evaluation.finalized.v1"


class EvaluationSuperseded(Result, frozen=True, gc=False, kw_only=True):
    """A finalised evaluation was corrected: this is the version that counts now.

    Attributes:
        previous_version: the version it takes the place of.
        previous_predicate: what that version said.
    """

    type: ClassVar[str] = "evaluation.superseded.v1"

    previous_version: int
    previous_predicate: Predicate


class ImportCompleted(Data, frozen=True, gc=False, kw_only=True):
    """An export was read to its end; every result in it has been told.

    Attributes:
        told: results told with this import (finalised and superseded).
        low: how many of those say POOR or VERY_POOR: whoever counts them knows when all came.
    """

    type: ClassVar[str] = "import.completed.v1"
    topic: ClassVar[Topic] = IMPORTS
    key_field: ClassVar[str] = "import_id"

    import_id: UUID
    agency_id: UUID
    told: int
    low: int
    rejected: int
    set_aside: int

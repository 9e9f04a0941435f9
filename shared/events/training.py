"""Facts training tells: what it recommends to whom, and what it takes back."""

from typing import ClassVar
from uuid import UUID

import msgspec

from shared.events.fact import Data
from shared.events.topics import RECOMMENDATIONS, Topic


class Recommendation(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One course recommended.

    Attributes:
        recommendation_id: the same for the same evaluation and course, in every version.
        course: the catalogue's code.
        priority: 1 is the most urgent.
        jp: length in training hours (jam pelajaran, 1 JP = 45 minutes).
        reasons: reason codes, most weighty first; each has a text in every language.
        alternatives: codes of courses that answer the same need.
    """

    recommendation_id: UUID
    course: str
    priority: int
    jp: int
    reasons: tuple[str, ...]
    alternatives: tuple[str, ...] = ()


class RecommendationSet(Data, frozen=True, gc=False, kw_only=True):
    """All that is recommended after one evaluation: 0-3 courses, whole in every version.

    Attributes:
        evaluation_id: the evaluation it answers; one set an evaluation.
        version: 1, 2, 3 …, of this set.
        evaluation_version: the version of the evaluation it answers.
        rule_version: the need rules it was decided by.
        notes: codes of what is worth saying about the whole, as that its hours go beyond what is
            allowed in a year; each has a text in every language.
    """

    topic: ClassVar[Topic] = RECOMMENDATIONS

    evaluation_id: UUID
    version: int
    evaluation_version: int
    employee_id: UUID
    agency_id: UUID
    import_id: UUID | None = None
    rule_version: str
    recommendations: tuple[Recommendation, ...]
    notes: tuple[str, ...] = ()


class RecommendationsIssued(RecommendationSet, frozen=True, gc=False, kw_only=True):
    """Training answered an evaluation for the first time (version 1)."""

    type: ClassVar[str] = "recommendations.issued.v1"


class RecommendationsRevised(RecommendationSet, frozen=True, gc=False, kw_only=True):
    """The evaluation was corrected, so what is recommended changed.

    Attributes:
        withdrawn: recommendations of the version before that no longer hold.
    """

    type: ClassVar[str] = "recommendations.revised.v1"

    withdrawn: tuple[UUID, ...] = ()

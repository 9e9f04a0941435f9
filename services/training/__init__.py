"""Training: answers every evaluation with the courses that would help most.

Listens: an evaluation was finalised or superseded.
Tells: recommendations were issued for an evaluation, or revised after a correction.
Keeps: the course catalogue, recommendation sets in all versions, each with the rules it followed.
Answers: courses, recommendations of an employee or an evaluation, totals of an import.
"""

from typing import Final

from shared.events import (
    Data,
    EvaluationFinalized,
    EvaluationSuperseded,
    RecommendationsIssued,
    RecommendationsRevised,
)

LISTENS: Final[tuple[type[Data], ...]] = (EvaluationFinalized, EvaluationSuperseded)
TELLS: Final[tuple[type[Data], ...]] = (RecommendationsIssued, RecommendationsRevised)

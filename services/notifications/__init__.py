"""Notifications: sees to it that whoever must know does know, once.

Listens: an employee was registered or changed, an evaluation was finalised or superseded, an
    import came to its end, recommendations were issued or revised.
Tells: nothing yet.
Keeps: who can be reached and how, preferences, inboxes, e-mails with what became of them.
Answers: a person's inbox, also as a stream, preferences, totals of an import.
"""

from typing import Final

from shared.events import (
    Data,
    EmployeeRegistered,
    EvaluationFinalized,
    EvaluationSuperseded,
    ImportCompleted,
    RecommendationsIssued,
    RecommendationsRevised,
)

LISTENS: Final[tuple[type[Data], ...]] = (
    EmployeeRegistered,
    EvaluationFinalized,
    EvaluationSuperseded,
    ImportCompleted,
    RecommendationsIssued,
    RecommendationsRevised,
)
TELLS: Final[tuple[type[Data], ...]] = ()

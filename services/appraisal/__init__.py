"""Appraisal: reads what agencies export, finalises evaluations and tells the results.

Listens: nothing yet; results come in through imports (`POST /imports`).
Tells: an employee was registered or changed, an evaluation was finalised, a finalised one was
    superseded, an import came to its end.
Keeps: people with their encrypted NIP, units, reviewers, imports with their findings, evaluations
    in all versions.
Answers: imports with findings and rejected rows, evaluations with their explanation, employees.
"""

from typing import Final

from shared.events import (
    Data,
    EmployeeRegistered,
    EvaluationFinalized,
    EvaluationSuperseded,
    ImportCompleted,
)

LISTENS: Final[tuple[type[Data], ...]] = ()
TELLS: Final[tuple[type[Data], ...]] = (
    EmployeeRegistered,
    EvaluationFinalized,
    EvaluationSuperseded,
    ImportCompleted,
)

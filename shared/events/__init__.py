"""The facts services tell each other: one module a teller. A module changes only with its teller.

`KNOWN` holds every type this code can read, by the name it has on the wire.
"""

from typing import Final

from shared.events import topics
from shared.events.appraisal import (
    EvaluationFinalized,
    EvaluationSuperseded,
    ImportCompleted,
    Period,
    Result,
)
from shared.events.fact import (
    Data,
    Fact,
    constants,
    derived_id,
    encode,
    following,
    headers,
    id_of,
    new_fact,
    new_id,
    new_ids,
    ordered_after,
    written,
    written_as_key,
)
from shared.events.topics import Topic
from shared.events.training import (
    Recommendation,
    RecommendationSet,
    RecommendationsIssued,
    RecommendationsRevised,
)
from shared.events.workforce import EmployeeRegistered

KNOWN: Final[dict[str, type[Data]]] = {
    told.type: told
    for told in (
        EmployeeRegistered,
        EvaluationFinalized,
        EvaluationSuperseded,
        ImportCompleted,
        RecommendationsIssued,
        RecommendationsRevised,
    )
}

__all__ = [
    "KNOWN",
    "Data",
    "EmployeeRegistered",
    "EvaluationFinalized",
    "EvaluationSuperseded",
    "Fact",
    "ImportCompleted",
    "Period",
    "Recommendation",
    "RecommendationSet",
    "RecommendationsIssued",
    "RecommendationsRevised",
    "Result",
    "Topic",
    "constants",
    "derived_id",
    "encode",
    "following",
    "headers",
    "id_of",
    "new_fact",
    "new_id",
    "new_ids",
    "ordered_after",
    "topics",
    "written",
    "written_as_key",
]

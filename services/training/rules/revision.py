"""A corrected evaluation: what is recommended now, and what is taken back."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from services.training.rules.rulebook import Decision
from shared.events.training import Recommendation


class Revision(NamedTuple):
    """The next version of a recommendation set.

    Attributes:
        recommendations: the whole new set.
        withdrawn: ids of the set before that no longer hold, in the order they had there.
        changed: whether anything a person would notice is different.
    """

    recommendations: tuple[Recommendation, ...]
    withdrawn: tuple[UUID, ...]
    changed: bool


def revise(previous: Sequence[Recommendation], decision: Decision) -> Revision:
    """From the set kept for an evaluation to what its corrected result calls for.

    A course recommended before and now keeps its id; its priority and reasons are the new ones.
    """
    now = {recommendation.recommendation_id for recommendation in decision.recommendations}
    withdrawn = tuple(
        before.recommendation_id for before in previous if before.recommendation_id not in now
    )
    return Revision(
        decision.recommendations, withdrawn, changed=tuple(previous) != decision.recommendations
    )

"""Who must be told of a fact.

- The employee: a result is there, or was corrected; training is recommended, changed, taken back.
- The reviewer: a result asks for a coaching plan (`TO_COACH`), or no longer does.
- The personnel office is told once an import, not once a result: see `digest.py`.
"""

from collections.abc import Callable, Container, Sequence
from typing import Any, Final
from uuid import UUID

from services.notifications.rules.notice import (
    EVERYWHERE,
    INBOX_ONLY,
    Audience,
    Kind,
    Notice,
    Params,
    notice_id,
)
from services.notifications.rules.policy import POLICIES, Policy, in_force
from shared.events import (
    Data,
    EvaluationFinalized,
    EvaluationSuperseded,
    Fact,
    RecommendationSet,
    RecommendationsIssued,
    RecommendationsRevised,
    Result,
)
from shared.events.words import TO_COACH

Told = tuple[UUID, Audience, Kind, Params]
"""Recipient, as whom, what, and what its wording needs."""


def notices_for(
    fact: Fact[Data],
    *,
    without_email: Container[UUID] = frozenset(),
    policies: Sequence[Policy] = POLICIES,
) -> list[Notice]:
    """The notices this fact asks for; none for facts that concern nobody.

    The same fact gives the same notices, ids included, however often it is read.

    Args:
        fact: any fact.
        without_email: recipients who switched e-mail off.
        policies: the law's numbers, oldest first.
    """
    decide = _TOLD_OF.get(type(fact.data))
    if decide is None:
        return []
    data: Any = fact.data  # each of the deciding types has the fields read below
    return [
        Notice(
            notice_id=notice_id(fact.id, recipient, kind),
            recipient_id=recipient,
            audience=audience,
            agency_id=data.agency_id,
            kind=kind,
            params=params,
            about=data.evaluation_id,
            import_id=data.import_id,
            caused_at=fact.time,
            channels=INBOX_ONLY if recipient in without_email else EVERYWHERE,
        )
        for recipient, audience, kind, params in decide(data, in_force(policies, fact.time))
    ]


def _of_first_result(result: EvaluationFinalized, policy: Policy) -> list[Told]:
    told = [_employee_sees(result, Kind.RESULT_READY, policy)]
    if result.predicate in TO_COACH:
        told += _reviewer_learns(result, Kind.COACHING_NEEDED)
    return told


def _of_correction(result: EvaluationSuperseded, policy: Policy) -> list[Told]:
    """A corrected result that asks for coaching is told even if the one before did.

    The plan must fit what holds now, and the correction may have changed the reviewer.
    """
    told = [_employee_sees(result, Kind.RESULT_CORRECTED, policy)]
    if result.predicate in TO_COACH:
        told += _reviewer_learns(result, Kind.COACHING_NEEDED)
    elif result.previous_predicate in TO_COACH:
        told += _reviewer_learns(result, Kind.COACHING_LIFTED)
    return told


def _employee_sees(result: Result, kind: Kind, policy: Policy) -> Told:
    params = _words_of(result) | {"objection_days": policy.objection_days}
    return result.employee_id, Audience.EMPLOYEE, kind, params


def _reviewer_learns(result: Result, kind: Kind) -> list[Told]:
    """Nobody where no reviewer is known, or the record names employees as their own."""
    if result.reviewer_id is None or result.reviewer_id == result.employee_id:
        return []
    return [(result.reviewer_id, Audience.REVIEWER, kind, _words_of(result))]


def _words_of(result: Result) -> Params:
    return {
        "regime": result.regime,
        "predicate": result.predicate,
        "period": result.period.kind,
        "year": result.period.year,
        "number": result.period.number,
    }


def _of_recommendations(issued: RecommendationsIssued, _: Policy) -> list[Told]:
    if not issued.recommendations:
        return []
    return [_trainee_learns(issued, Kind.TRAINING_RECOMMENDED, _sums(issued))]


def _of_revision(revised: RecommendationsRevised, _: Policy) -> list[Told]:
    withdrawn: Params = {"withdrawn": len(revised.withdrawn)}
    if revised.recommendations:
        return [_trainee_learns(revised, Kind.TRAINING_CHANGED, _sums(revised) | withdrawn)]
    if revised.withdrawn:
        return [_trainee_learns(revised, Kind.TRAINING_WITHDRAWN, withdrawn)]
    return []


def _trainee_learns(answer: RecommendationSet, kind: Kind, params: Params) -> Told:
    return answer.employee_id, Audience.EMPLOYEE, kind, params


def _sums(answer: RecommendationSet) -> Params:
    return {
        "count": len(answer.recommendations),
        "jp": sum(one.jp for one in answer.recommendations),
    }


_TOLD_OF: Final[dict[type[Data], Callable[[Any, Policy], list[Told]]]] = {
    EvaluationFinalized: _of_first_result,
    EvaluationSuperseded: _of_correction,
    RecommendationsIssued: _of_recommendations,
    RecommendationsRevised: _of_revision,
}

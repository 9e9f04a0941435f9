"""Door for facts: a result comes in, recommendations are kept and told."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from services.training import data, rules, store
from shared import outbox, replaying
from shared.delivery import Listening
from shared.events import (
    Data,
    EvaluationFinalized,
    EvaluationSuperseded,
    Fact,
    RecommendationSet,
    RecommendationsIssued,
    RecommendationsRevised,
    Result,
    following,
)

log = logging.getLogger(__name__)

SOURCE: Final = "urn:kinerja:training"
RULEBOOK: Final = rules.Rulebook.load(data.catalogue(), data.editions())
listening = Listening("training")

Standing = store.Kept | RecommendationSet
"""What is recommended after an evaluation so far: kept before, or answered in this batch."""


@listening.on(EvaluationFinalized, EvaluationSuperseded)
async def recommend(facts: Sequence[Fact[Result]], session: AsyncSession) -> None:
    """Answer each result with recommendations, a corrected one with a revision.

    A result older than the one already answered changes nothing. Each version is told; the newest
    is kept.
    """
    now = datetime.now(UTC)
    history = await store.history(session, {fact.data.employee_id for fact in facts})
    answered = {evaluation_id for past in history.values() for evaluation_id in past}
    again = answered and {fact.data.evaluation_id for fact in facts} & answered
    kept = await store.of_evaluations(session, again)
    standing: dict[UUID, Standing] = {**kept}
    answers: dict[UUID, store.Answered] = {}
    told: list[Fact[Data]] = []
    for fact in facts:
        result = fact.data
        before = standing.get(result.evaluation_id)
        if before is not None and result.version <= before.evaluation_version:
            continue
        _say_if_skipped(before, result)
        past = history[result.employee_id]
        past.pop(result.evaluation_id, None)
        answer = _answer(result, RULEBOOK.decide(result, list(past.values())), before)
        past[result.evaluation_id] = rules.Past(
            period=result.period, predicate=result.predicate, acting=result.acting
        )
        standing[result.evaluation_id] = answer
        at = replaying.moment(session, fact.time, now)
        answers[result.evaluation_id] = store.Answered(result, answer, at)
        told.append(following(fact, answer, at=now))
    await store.keep(session, answers.values(), new=answers.keys() - kept.keys())
    await outbox.tell(session, told, source=SOURCE)


def _answer(result: Result, decision: rules.Decision, before: Standing | None) -> RecommendationSet:
    answer = RecommendationsIssued(
        evaluation_id=result.evaluation_id,
        version=before.version + 1 if before else 1,
        evaluation_version=result.version,
        employee_id=result.employee_id,
        agency_id=result.agency_id,
        import_id=result.import_id,
        rule_version=decision.rule_version,
        recommendations=decision.recommendations,
        notes=decision.notes,
    )
    if before is None:
        return answer
    revision = rules.revise(before.recommendations, decision)
    return RecommendationsRevised(**msgspec.structs.asdict(answer), withdrawn=revision.withdrawn)


def _say_if_skipped(before: Standing | None, result: Result) -> None:
    """Facts are whole, so a gap loses nothing; that there is one is worth knowing."""
    answered = before.evaluation_version if before else 0
    if result.version > answered + 1:
        log.warning(
            "versions of an evaluation were skipped; the newest counts",
            extra={"evaluation": result.evaluation_id, "from": answered, "to": result.version},
        )

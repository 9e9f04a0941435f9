"""Door for facts: a result comes in, recommendations are kept and told."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from sqlmodel.ext.asyncio.session import AsyncSession

from services.training import data, rules, store
from shared import outbox
from shared.delivery import Listening
from shared.events import (
    Data,
    EvaluationFinalized,
    EvaluationSuperseded,
    Fact,
    Recommendation,
    RecommendationSet,
    RecommendationsIssued,
    RecommendationsRevised,
    Result,
    following,
)

log = logging.getLogger(__name__)

SOURCE = "urn:kinerja:training"
listening = Listening("training")

RULEBOOK = rules.Rulebook.load(data.catalogue(), data.editions())


@listening.on(EvaluationFinalized, EvaluationSuperseded)
async def recommend(facts: Sequence[Fact[Result]], session: AsyncSession) -> None:
    """Answer each result with recommendations, a corrected one with a revision.

    A result older than the one already answered changes nothing.
    """
    now = datetime.now(UTC)
    kept = await store.of_evaluations(session, {fact.data.evaluation_id for fact in facts})
    new = {fact.data.evaluation_id for fact in facts} - kept.keys()
    counts = {id_: (one.evaluation_version, one.version) for id_, one in kept.items()}
    said = {id_: one.recommendations for id_, one in kept.items()}
    past: dict[object, dict[object, rules.Past]] = defaultdict(dict)
    for one in await store.of_employees(session, {fact.data.employee_id for fact in facts}):
        past[one.employee_id][one.evaluation_id] = rules.Past(
            period=one.period, predicate=one.predicate, acting=one.acting
        )
    answers: dict[object, tuple[Result, RecommendationSet]] = {}
    told: list[Fact[Data]] = []
    for fact in facts:
        result = fact.data
        answered, version = counts.get(result.evaluation_id, (0, 0))
        if result.version <= answered:
            continue
        if answered and result.version > answered + 1:
            log.warning(
                "versions of an evaluation were skipped; the newest counts",
                extra={"evaluation": result.evaluation_id, "from": answered, "to": result.version},
            )
        history = [
            one for id_, one in past[result.employee_id].items() if id_ != result.evaluation_id
        ]
        decision = RULEBOOK.decide(result, history)
        answer = _answer(result, version + 1, decision, said.get(result.evaluation_id, ()))
        told.append(following(fact, answer, at=now))
        answers[result.evaluation_id] = (result, answer)
        counts[result.evaluation_id] = (result.version, version + 1)
        said[result.evaluation_id] = answer.recommendations
        past[result.employee_id][result.evaluation_id] = rules.Past(
            period=result.period, predicate=result.predicate, acting=result.acting
        )
    await store.keep(session, list(answers.values()), now, new=new)
    await outbox.tell(session, told, source=SOURCE)


def _answer(
    result: Result,
    version: int,
    decision: rules.Decision,
    before: Sequence[Recommendation],
) -> RecommendationSet:
    answer = RecommendationsIssued(
        evaluation_id=result.evaluation_id,
        version=version,
        evaluation_version=result.version,
        employee_id=result.employee_id,
        agency_id=result.agency_id,
        import_id=result.import_id,
        rule_version=decision.rule_version,
        recommendations=decision.recommendations,
    )
    if version == 1:
        return answer
    return RecommendationsRevised(
        **msgspec.structs.asdict(answer), withdrawn=rules.revise(before, decision).withdrawn
    )

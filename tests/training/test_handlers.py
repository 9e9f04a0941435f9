"""Results come in, recommendations are kept and told."""

import io
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from shared.events import (
    Data,
    Recommendation,
    RecommendationSet,
    RecommendationsIssued,
    RecommendationsRevised,
)
from tests.services.assembly import staged
from tests.services.facts import IMPORT, evaluation, person, records, result, said
from tests.services.fixtures import Played
from tests.services.issuer import JAMBI, Issuer
from tests.services.stage import Stage


async def hear(stage: Stage, *facts: Data, batch: int = 1000) -> list[Any]:
    """Let training hear of facts; gives what it tells because of them."""
    await stage.training.take(records(*facts), batch=batch)
    return said(await stage.collect())


async def kept(stage: Stage) -> dict[UUID, tuple[int, int, tuple[Recommendation, ...]]]:
    rows = await stage.training.query(
        "select evaluation_id, version, evaluation_version, recommendations from recommendation_set"
    )
    decode = msgspec.json.Decoder(tuple[Recommendation, ...]).decode
    return {UUID(one): (version, of, decode(what)) for one, version, of, what in rows}


async def test_a_result_is_answered_once_however_often_it_comes(stage: Stage) -> None:
    weak = result("POOR")
    [issued] = await hear(stage, weak, weak)
    assert isinstance(issued, RecommendationsIssued)
    assert (issued.version, issued.evaluation_version, issued.import_id) == (1, 1, IMPORT)
    assert (issued.employee_id, issued.agency_id) == (person(1), JAMBI)
    assert 1 <= len(issued.recommendations) <= 3
    assert await hear(stage, weak) == []
    assert await kept(stage) == {evaluation(1): (1, 1, issued.recommendations)}


async def test_a_correction_revises_and_tells_what_is_withdrawn(stage: Stage) -> None:
    [issued] = await hear(stage, result("POOR"))
    [revised] = await hear(stage, result("VERY_GOOD", version=2, before="POOR"))
    assert isinstance(revised, RecommendationsRevised)
    assert (revised.version, revised.evaluation_version) == (2, 2)
    before = {one.recommendation_id for one in issued.recommendations}
    now = {one.recommendation_id for one in revised.recommendations}
    assert set(revised.withdrawn) == before - now
    assert revised.withdrawn
    assert await kept(stage) == {evaluation(1): (2, 2, revised.recommendations)}


async def test_a_version_that_is_older_than_the_one_answered_changes_nothing(
    stage: Stage,
) -> None:
    await hear(stage, result("POOR"))
    await hear(stage, result("GOOD", version=3, before="POOR"))
    before = await kept(stage)
    assert await hear(stage, result("VERY_POOR", version=2)) == []
    assert await kept(stage) == before


async def test_several_versions_in_one_batch_are_each_told_and_the_newest_is_kept(
    stage: Stage, log_lines: io.StringIO
) -> None:
    told = await hear(
        stage,
        result("POOR"),
        result("GOOD", number=2),
        result("NEEDS_IMPROVEMENT", version=2, before="POOR"),
        result("VERY_GOOD", version=4, before="POOR"),
    )
    mine = [fact for fact in told if fact.evaluation_id == evaluation(1)]
    assert [(fact.version, fact.evaluation_version) for fact in mine] == [(1, 1), (2, 2), (3, 4)]
    for before, after in pairwise(mine):
        gone = {one.recommendation_id for one in before.recommendations} - {
            one.recommendation_id for one in after.recommendations
        }
        assert set(after.withdrawn) == gone
    assert (await kept(stage))[evaluation(1)] == (3, 4, mine[-1].recommendations)
    assert "versions of an evaluation were skipped" in log_lines.getvalue()


async def test_a_batch_of_all_versions_ends_as_batches_of_one(
    stage: Stage, tmp_path: Path, empty_databases: Path, issuer: Issuer
) -> None:
    facts = [
        result(predicate, number, version=version)
        for version, predicate in enumerate(("POOR", "GOOD", "VERY_POOR"), 1)
        for number in range(5)
    ]
    at_once = await hear(stage, *facts)
    async with staged(tmp_path / "slow", empty_databases, issuer) as slow:
        one_by_one = await hear(slow, *facts, batch=1)
        assert await kept(slow) == await kept(stage)
    assert by_evaluation(one_by_one) == by_evaluation(at_once)


def by_evaluation(answers: Sequence[RecommendationSet]) -> dict[UUID, list[RecommendationSet]]:
    """Of one evaluation answers stay in order; those of others are told in any."""
    found: dict[UUID, list[RecommendationSet]] = {}
    for one in answers:
        found.setdefault(one.evaluation_id, []).append(one)
    return found


def reasons(answer: Any) -> set[str]:
    return {reason for one in answer.recommendations for reason in one.reasons}


@pytest.mark.parametrize("together", [True, False])
async def test_a_second_weak_year_is_seen_across_batches_and_within_one(
    stage: Stage, together: bool
) -> None:
    years = [result("POOR", year=2024), result("POOR", year=2025)]
    if together:
        first, second = await hear(stage, *years)
    else:
        [first] = await hear(stage, years[0])
        [second] = await hear(stage, years[1])
    [alone] = await hear(stage, result("POOR", number=2))
    assert reasons(first) == reasons(alone)
    assert reasons(second) - reasons(alone), "a second weak year is a reason of its own"
    assert min(one.priority for one in second.recommendations) <= min(
        one.priority for one in alone.recommendations
    )


async def test_a_corrected_year_counts_as_corrected_in_the_next(stage: Stage) -> None:
    await hear(stage, result("POOR", year=2024))
    await hear(stage, result("GOOD", year=2024, version=2, before="POOR"))
    [after] = await hear(stage, result("POOR"))
    [alone] = await hear(stage, result("POOR", number=2))
    assert reasons(after) == reasons(alone)


async def test_an_acting_posts_result_recommends_nothing_and_says_why(stage: Stage) -> None:
    [issued] = await hear(stage, result("POOR", acting=True))
    assert issued.recommendations == ()
    assert issued.notes == ("acting",)
    assert await stage.training.query("select size, notes from recommendation_set") == [
        (0, '["acting"]')
    ]


async def test_the_same_facts_give_the_same_data_byte_for_byte(
    stage: Stage, played: Played
) -> None:
    def data(told: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Everything but times: id, key and value."""
        return [
            (record.topic, dict(record.headers)["ce_id"], record.key, record.value)
            for record in told
            if record.topic.startswith("training.")
        ]

    await stage.training.take(played.told, batch=97)
    again = await stage.collect()
    assert len(data(again)) == 588
    assert data(again) == data(played.told)

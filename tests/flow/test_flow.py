"""One export through all services: what each makes of it, once, whatever is told twice."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from services.notifications import models as notifications
from services.notifications.clock import tell_due_digests
from services.notifications.rules import personnel_office
from services.training import models as training
from shared.events import RecommendationsRevised
from shared.events.words import LOW, TO_COACH
from tests.services.assembly import staged
from tests.services.exports import BELOW, JAKA, RINI, made, nip, sample
from tests.services.facts import LATE, said
from tests.services.fixtures import Played
from tests.services.issuer import JAMBI, Issuer
from tests.services.lists import pages
from tests.services.stage import Record, Stage

KEPT = {"training": training.Base.metadata, "notifications": notifications.Base.metadata}
TIMES = {"decided_at", "created_at", "waited_ms", "queued_at", "due_at"}
CHOSEN = {"preference"}
"""What people did themselves, and no fact does."""


async def state(stage: Stage) -> dict[str, list[tuple[Any, ...]]]:
    """All that training and notifications keep because of facts, but for when they did."""
    found = {}
    for name, metadata in KEPT.items():
        for table in metadata.tables.keys() - CHOSEN:
            named = (column.name for column in metadata.tables[table].columns)
            columns = [one for one in named if one not in TIMES]
            rows = await stage.services[name].query(
                f"select {', '.join(columns)} from {table} order by {columns[0]}"  # noqa: S608  # our own names
            )
            assert rows, table
            found[table] = rows
    return found


async def test_the_sample_becomes_recommendations_and_notices(
    sample_stage: Stage, played: Played
) -> None:
    results = [
        json.loads(result)
        for (result,) in await sample_stage.appraisal.query("select result from evaluation_version")
    ]
    sets = await sample_stage.training.query("select evaluation_id, size from recommendation_set")
    assert len(results) == len(sets) == 588
    size = dict(sets)
    expected: Counter[tuple[str, str]] = Counter()
    for one in results:
        employee, reviewer = one["employee_id"], one["reviewer_id"]
        expected[employee, "result_ready"] += 1
        if one["predicate"] in TO_COACH and reviewer not in {None, employee}:
            expected[reviewer, "coaching_needed"] += 1
        if size[one["evaluation_id"].replace("-", "")]:
            expected[employee, "training_recommended"] += 1
    expected = Counter(
        {(who.replace("-", ""), kind): count for (who, kind), count in expected.items()}
    )
    found = await sample_stage.notifications.query("select recipient_id, kind from notice")
    assert Counter(found) == expected

    assert await tell_due_digests(sample_stage.notifications.database, LATE, LATE - LATE) == 1
    [(office, params)] = await sample_stage.notifications.query(
        "select recipient_id, params from notice where kind = 'low_results_digest'"
    )
    assert office == personnel_office(JAMBI).hex
    assert json.loads(params) == {"low": sum(one["predicate"] in LOW for one in results)}

    async with sample_stage.officer("training") as officer:
        path = f"/recommendations/summary?import_id={played.import_id}"
        sums = (await officer.get(path)).json()
        listed = await pages(officer, "/recommendations", 100)
    assert sums["sets"] == len(listed) == 588
    assert sums["recommendations"] == sum(size.values())
    assert sums["people"] == sum(number > 0 for number in size.values())
    async with sample_stage.officer("notifications") as officer:
        path = f"/notices/summary?import_id={played.import_id}"
        notices = (await officer.get(path)).json()
    assert notices["inbox"] == expected.total() + 1
    assert notices["email"]["waiting"] == expected.total() + 1


async def test_the_same_export_again_is_news_to_nobody(sample_stage: Stage) -> None:
    before = await state(sample_stage)
    await sample_stage.hand_in(sample(2025).read_bytes())
    await sample_stage.carry()
    assert await state(sample_stage) == before


async def test_a_correction_reaches_everybody_it_concerns_and_nobody_else(stage: Stage) -> None:
    rows = [{"nip": nip(number)} for number in range(4)]
    await stage.hand_in(made(rows[0] | {"hasil_kerja": BELOW, "perilaku_kerja": BELOW}, *rows[1:]))
    await stage.carry()
    before = len(await stage.notifications.query("select * from notice"))
    jaka, rini = await stage.employee(JAKA), await stage.employee(RINI)
    stage.told.clear()
    await stage.hand_in(made(*rows))
    await stage.carry()

    [revised] = [one for one in said(stage.told) if isinstance(one, RecommendationsRevised)]
    assert (revised.employee_id, revised.evaluation_version) == (jaka, 2)
    assert revised.withdrawn
    kept = await stage.training.query("select version, evaluation_version from recommendation_set")
    assert sorted(kept) == [(1, 1), (1, 1), (1, 1), (2, 2)]
    new = await stage.notifications.query(
        "select recipient_id, kind from notice order by created_at, kind"
    )
    assert set(new[before:]) == {
        (jaka.hex, "result_corrected"),
        (jaka.hex, "training_changed" if revised.recommendations else "training_withdrawn"),
        (rini.hex, "coaching_lifted"),
    }
    async with stage.officer("training") as officer:
        [one] = (await officer.get(f"/recommendations?employee_id={jaka}")).json()["items"]
    assert [found["course"] for found in one["recommendations"]] == [
        found.course for found in revised.recommendations
    ]


async def test_two_years_make_a_history(stage: Stage) -> None:
    title = "Laporan Penilaian SKP Periode Tahunan Tahun 2024"
    weak = {"hasil_kerja": BELOW}
    await stage.hand_in(made(weak, title=title, year=2024))
    await stage.hand_in(made(weak, weak | {"nip": nip(1)}))
    await stage.carry()
    async with stage.officer("training") as officer:
        items = (await officer.get("/recommendations")).json()["items"]
    first, second, alone = (
        {why["code"] for found in one["recommendations"] for why in found["reasons"]}
        for one in items
    )
    assert first == alone
    assert second - first


def as_told(records: Sequence[Record]) -> list[Record]:
    return list(records)


def twice(records: Sequence[Record]) -> list[Record]:
    """As after a crash of the relay: everything again behind everything."""
    return [*records, *records]


def partition_by_partition(records: Sequence[Record]) -> list[Record]:
    """As a consumer gets them that was away: order holds within a partition only."""
    partitions: dict[tuple[str, int], list[Record]] = {}
    for record in records:
        partitions.setdefault((record.topic, record.partition), []).append(record)
    mixed = list(partitions.values())
    random.Random(7).shuffle(mixed)
    return list(chain.from_iterable(mixed))


@pytest.mark.parametrize("order", [as_told, twice, partition_by_partition])
@pytest.mark.parametrize("batch", [1000, 313])
async def test_told_again_to_services_that_know_nothing_all_becomes_as_it_was(
    played: Played, tmp_path: Path, empty_databases: Path, issuer: Issuer, order: Any, batch: int
) -> None:
    async with staged(tmp_path / "before", played.folder, issuer) as before:
        expected = await state(before)
    async with staged(tmp_path / "after", empty_databases, issuer) as after:
        for one in (after.training, after.notifications):
            await one.take(order(played.told), batch=batch)
        again = await after.collect()
        assert await state(after) == expected
    told = {dict(record.headers)["ce_id"]: record.value for record in played.told}
    assert len(again) == 588
    assert all(told[dict(record.headers)["ce_id"]] == record.value for record in again)

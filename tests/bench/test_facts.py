"""Invented facts are what the product's own reader takes, and the floor computes what it does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from shared import envelope
from shared.events import RecommendationsIssued
from tests.bench import facts
from tests.bench.facts import Message
from tests.bench.floor import work
from tests.bench.programs import write_answers


def record(one: Message) -> Any:
    headers = tuple(one.headers)
    return SimpleNamespace(
        topic=one.topic, partition=0, offset=0, key=one.key, value=one.value, headers=headers
    )


def test_the_product_reads_every_invented_fact() -> None:
    soon = datetime.now(UTC) + timedelta(minutes=1)
    given = facts.evaluations_with_answers(200)
    read = [
        envelope.read(record(one), soon) for one in given.messages("training.recommendations.v1")
    ]
    assert len(read) == given.n == 200
    assert all(isinstance(one, envelope.Read) for one in read)


def test_the_floor_recommends_what_training_does(tmp_path: Path) -> None:
    given = facts.evaluations(300)
    write_answers(tmp_path / "answers.json", given.facts)
    training = work.Training(work.load(tmp_path / "answers.json"))
    soon = datetime.now(UTC) + timedelta(minutes=1)
    rightly = facts.answers(iter(given.facts))
    for one, right in zip(given.messages(""), rightly, strict=True):
        _, _, key, value, headers = training(one.value, one.headers)
        told = Message("training.recommendations.v1", key, value, headers)
        found = envelope.read(record(told), soon)
        assert isinstance(found, envelope.Read)
        assert isinstance(found.fact.data, RecommendationsIssued)
        courses = [(r.course, r.priority, r.reasons) for r in found.fact.data.recommendations]
        assert courses == [(r.course, r.priority, r.reasons) for r in right.data.recommendations]
        assert found.fact.data.notes == right.data.notes


def test_the_floor_makes_the_notices_notifications_make() -> None:
    given = facts.evaluations_with_answers(400)
    notifications = work.Notifications()
    kinds = [
        row[2]
        for one in given.messages("training.recommendations.v1")
        for row in notifications(one.value, one.headers)[1]
    ]
    answered = list(facts.answers(iter(given.facts)))
    assert kinds.count("result_ready") == 200
    assert kinds.count("training_recommended") == sum(
        bool(fact.data.recommendations) for fact in answered
    )
    assert 0 < kinds.count("coaching_needed") < 100


def test_the_same_seed_invents_the_same_people_and_another_seed_others() -> None:
    first, again, other = (list(facts.results(50, seed=seed)) for seed in (1, 1, 2))
    assert [f.data for f in first] == [f.data for f in again]
    people = {f.data.employee_id for f in first}
    assert len(people) == 50
    assert not people & {f.data.employee_id for f in other}

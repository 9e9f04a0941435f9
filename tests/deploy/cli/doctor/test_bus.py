import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from deploy.cli import topics
from deploy.cli.doctor import bus
from deploy.cli.doctor.bus import clock_finding, lag_findings, topic_findings
from deploy.cli.lag import Behind
from shared.provision import Difference
from tests.deploy.cli.kafka import CLIENT, TOPIC, Broker, set_aside


def late(service: str, seconds: float | None, *, expired: int = 0) -> Behind:
    return Behind(service, TOPIC, 0, 1, 3, 2, seconds, expired)


def test_a_missing_topic_is_a_problem_and_a_different_one_a_warning() -> None:
    found = topic_findings(
        [Difference("a", "missing", "4", None), Difference("b", "retention.ms", "5", "6")]
    )
    assert [(one.level, one.code) for one in found] == [
        ("problem", "topic_missing"),
        ("warning", "topic_differs"),
    ]
    assert [one.code for one in topic_findings([])] == ["topics"]


def test_lag_is_a_finding_a_service() -> None:
    found = lag_findings([late("a", 1), late("a", 61), late("b", 60), late("c", None, expired=3)])
    assert [(one.code, one.values["service"]) for one in found] == [
        ("lag_late", "a"),
        ("lag", "b"),
        ("lag_late", "c"),
        ("lag_expired", "c"),
    ]
    assert found[0].values["messages"] == 4


@pytest.mark.parametrize(("ahead", "code"), [(-100, "clock"), (5, "clock"), (6, "clock_ahead")])
def test_a_fact_from_the_future_is_a_wrong_clock(ahead: float, code: str) -> None:
    assert clock_finding(1000 + ahead, 1000).code == code


@pytest.fixture
def _as_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    async def none(_client: object, **_more: object) -> list[Difference]:
        return []

    monkeypatch.setattr(topics, "differences", none)


@pytest.mark.usefixtures("_as_declared")
async def test_a_broker_is_looked_at_without_a_trace(broker: Broker) -> None:
    broker.make(TOPIC)
    before = {where: len(log) for where, log in broker.logs.items()}
    found = [one.code for one in await bus.check(CLIENT)]
    assert found == ["broker", "topics", "lag", "lag", "no_dead", "clock_unknown"]
    assert {where: len(log) for where, log in broker.logs.items()} == before


@pytest.mark.usefixtures("_as_declared")
async def test_dead_letters_and_the_newest_fact_s_time_are_looked_at(broker: Broker) -> None:
    set_aside(broker)
    broker.put(TOPIC, timestamp=4_102_444_800_000)
    broker.committed = {(one, TopicPartition(TOPIC, 0)): 1 for one in ("training", "notifications")}
    found = [one.code for one in await bus.check(CLIENT)]
    assert found == ["broker", "topics", "lag", "lag", "dead", "clock_ahead"]


async def test_a_broker_that_is_away_is_the_only_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_client: object, **_more: object) -> list[Difference]:
        raise KafkaConnectionError("away")

    monkeypatch.setattr(topics, "differences", away)
    assert [one.code for one in await bus.check(CLIENT)] == ["broker_away"]

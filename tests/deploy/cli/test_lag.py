from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import TopicPartition

from deploy.cli import lag
from deploy.cli.lag import GROUPS, Behind, Log, behind, worst
from tests.deploy.cli.kafka import CLIENT, TOPIC, Broker

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WHERE = TopicPartition(TOPIC, 1)


def measured(committed: int | None, log: Log) -> Behind:
    return behind("training", WHERE, committed, log, NOW)


def test_the_groups_are_the_services_that_listen_with_all_their_topics() -> None:
    assert GROUPS == {
        "training": (TOPIC,),
        "notifications": (
            "workforce.employees.v1",
            TOPIC,
            "appraisal.imports.v1",
            "training.recommendations.v1",
        ),
    }


def test_a_group_that_read_all_is_not_behind() -> None:
    found = measured(9, Log(0, 9))
    assert (found.messages, found.seconds, found.expired) == (0, 0, 0)


def test_seconds_are_the_age_of_the_next_unread_record() -> None:
    found = measured(4, Log(0, 9, NOW - timedelta(seconds=30)))
    assert (found.messages, found.seconds) == (5, 30)


def test_a_group_that_never_committed_begins_at_the_oldest_record() -> None:
    found = measured(None, Log(3, 9, NOW))
    assert (found.committed, found.messages, found.expired) == (None, 6, 0)


def test_records_deleted_before_they_were_read_are_counted_apart() -> None:
    found = measured(2, Log(5, 9, NOW))
    assert (found.messages, found.expired) == (4, 3)


def test_an_end_told_too_low_is_no_negative_lag() -> None:
    found = measured(9, Log(0, 1))
    assert (found.messages, found.end) == (0, 9)


def test_a_record_from_the_future_is_no_negative_age() -> None:
    assert measured(0, Log(0, 1, NOW + timedelta(hours=1))).seconds == 0


def test_an_age_nobody_knows_counts_as_endless() -> None:
    unknown = measured(0, Log(0, 1))
    assert unknown.seconds is None
    assert worst([unknown, measured(9, Log(0, 9))]) == float("inf")
    assert worst([]) == 0


@pytest.mark.parametrize("batches_of", [1, 4])
async def test_the_broker_is_asked_for_every_group_and_partition(
    broker: Broker, batches_of: int
) -> None:
    broker.batches_of = batches_of
    broker.make(TOPIC, 2)
    broker.make("workforce.employees.v1")
    told = int((datetime.now(UTC) - timedelta(seconds=50)).timestamp() * 1000)
    for _ in range(6):
        broker.put(TOPIC, partition=1, timestamp=told)
    broker.committed = {("training", WHERE): 5, ("notifications", WHERE): 6}
    found = await lag.measure(CLIENT)
    behind = {(one.service, one.topic, one.partition): one for one in found}
    assert len(behind) == 2 + 3
    late = behind.pop(("training", TOPIC, 1))
    assert (late.committed, late.end, late.messages) == (5, 6, 1)
    assert late.seconds == pytest.approx(50, abs=5)
    assert all(one.messages == 0 for one in behind.values())


async def test_a_broker_without_our_topics_has_no_lag(broker: Broker) -> None:
    assert await lag.measure(CLIENT) == []
    assert broker.logs == {}

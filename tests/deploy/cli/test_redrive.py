from collections.abc import AsyncIterator

import pytest
from aiokafka.errors import KafkaConnectionError

from deploy.cli import letters, redrive
from deploy.cli.letters import Letter, Selection
from tests.deploy.cli.kafka import CLIENT, FACT_ID, TOPIC, Broker, set_aside

DEAD = f"{TOPIC}.dead"


async def drive(selection: Selection = Selection(), *, again: bool = False) -> int:  # noqa: B008  # it is frozen
    def chosen() -> AsyncIterator[Letter]:
        return redrive.chosen(CLIENT, selection, again=again)

    return await redrive.send_back(CLIENT, chosen(), lambda _: None)


async def test_a_fact_goes_back_with_its_key_value_and_envelope_exactly_as_they_were(
    broker: Broker,
) -> None:
    set_aside(broker, key=b"\xff\x00", value=b"\x00not json\xfe")
    assert await drive() == 1
    (back,) = broker.records(TOPIC)
    assert (back.key, back.value) == (b"\xff\x00", b"\x00not json\xfe")
    assert back.headers == (
        ("ce_specversion", b"1.0"),
        ("ce_id", FACT_ID.encode()),
        ("ce_type", b"evaluation.finalized.v1"),
        ("content-type", b"application/json"),
    )


async def test_a_null_key_stays_null(broker: Broker) -> None:
    set_aside(broker, key=None)
    await drive()
    assert [one.key for one in broker.records(TOPIC)] == [None]


async def test_it_is_marked_and_not_sent_back_a_second_time_unless_asked_for(
    broker: Broker,
) -> None:
    set_aside(broker)
    assert [await drive(), await drive(), await drive()] == [1, 0, 0]
    assert len(broker.records(DEAD)) == 2, "the letter and one mark"
    assert await drive(again=True) == 1
    assert len(broker.records(TOPIC)) == 2


async def test_what_two_services_set_aside_goes_back_once(broker: Broker) -> None:
    for service in ("training", "notifications"):
        set_aside(broker, service=service)
    assert await drive() == 1
    assert await drive(Selection(service="notifications")) == 0


async def test_facts_go_back_in_the_order_they_were_set_aside_in(broker: Broker) -> None:
    count = 2 * redrive.AT_ONCE + 1
    for number in range(count):
        set_aside(broker, offset=number, value=str(number).encode())
    assert await drive() == count
    assert [int(one.value or b"") for one in broker.records(TOPIC)] == list(range(count))


async def test_only_what_is_selected_goes_back_each_to_its_own_topic(broker: Broker) -> None:
    set_aside(broker, reason="handler:KeyError")
    set_aside(broker, offset=8)
    set_aside(broker, topic="workforce.employees.v1", reason="handler:ValueError")
    assert await drive(Selection(reason="handler")) == 2
    assert len(broker.records(TOPIC)) == 1
    assert len(broker.records("workforce.employees.v1")) == 1


async def test_nothing_is_marked_that_the_broker_did_not_acknowledge(broker: Broker) -> None:
    set_aside(broker)
    broker.refused = {TOPIC}
    with pytest.raises(KafkaConnectionError):
        await drive()
    assert len(broker.records(DEAD)) == 1
    broker.refused = set()
    assert await drive() == 1


async def test_a_fact_whose_mark_was_lost_is_sent_again_rather_than_lost(broker: Broker) -> None:
    set_aside(broker)
    broker.refused = {DEAD}
    with pytest.raises(KafkaConnectionError):
        await drive()
    broker.refused = set()
    assert await drive() == 1
    assert len({one.headers for one in broker.records(TOPIC)}) == 1, "the same fact, by its id"


async def test_what_is_dead_again_is_a_new_letter(broker: Broker) -> None:
    set_aside(broker)
    await drive()
    set_aside(broker, offset=9)
    assert await drive() == 1


async def test_progress_is_told(broker: Broker) -> None:
    for number in range(redrive.AT_ONCE + 1):
        set_aside(broker, offset=number)
    told: list[int] = []
    await redrive.send_back(CLIENT, redrive.chosen(CLIENT, Selection()), told.append)
    assert told == [redrive.AT_ONCE, redrive.AT_ONCE + 1]
    assert letters.SUFFIX == ".dead"

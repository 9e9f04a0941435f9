"""What should not be on the bus: set aside once with its reason, and nothing else is held up."""

import asyncio
from collections import Counter

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder

from shared.events.topics import EVALUATIONS
from tests.live.bad_input.conftest import SECONDS, Outcome
from tests.live.bad_input.kinds import BOTH, LISTENERS, MARK, MEBIBYTE
from tests.services.facts import evaluation, person
from tests.shared.unreadable import zipped

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

MOST_MIB = 200
"""What a service may have; about 115 are Python and what it imports."""


def test_every_bad_record_is_set_aside_once_by_each_who_hears_it_with_its_reason(
    outcome: Outcome,
) -> None:
    wanted = Counter(
        (service, one.topic, one.reason, one.value or b"", one.key)
        for one in outcome.bad
        for service in one.by
    )
    found = Counter()
    for letter in outcome.dead:
        said = {name: (value or b"").decode() for name, value in letter.headers}
        assert letter.topic == f"{said['dead_topic']}.dead"
        found[
            said["dead_service"], said["dead_topic"], said["dead_reason"], letter.value, letter.key
        ] += 1
    missing, extra = wanted - found, found - wanted
    for those in (missing, extra):
        assert [(*one[:3], one[3][:60]) for one in those] == []


def test_good_facts_between_and_behind_are_handled_meanwhile(outcome: Outcome) -> None:
    assert outcome.good_seconds < SECONDS
    assert outcome.dead_seconds < SECONDS
    for service in BOTH:
        heard = outcome.rows(service, "select fact_id from inbox")
        seen = {str(fact_id) for (fact_id,) in heard}
        wanted = {one.id for one in outcome.good if service in LISTENERS[one.topic]} - {"4711"}
        assert wanted <= seen


def test_an_older_version_changes_nothing_and_a_gap_is_bridged_by_the_newest(
    outcome: Outcome,
) -> None:
    kept = {
        str(identity): version
        for identity, version in outcome.rows(
            "training", "select evaluation_id, evaluation_version from recommendation_set"
        )
    }
    assert kept[str(evaluation(9_030))] == 2, "told as 2, 1"
    assert kept[str(evaluation(9_031))] == 4, "told as 1, 4"


def test_a_fact_of_somebody_of_whom_no_record_was_told_is_handled(
    outcome: Outcome,
) -> None:
    somebody = person(500)
    known = outcome.rows("notifications", "select recipient_id from contact")
    assert (somebody,) not in known
    notices = outcome.rows("notifications", "select recipient_id from notice")
    assert (somebody,) in notices
    answered = outcome.rows("training", "select employee_id from recommendation_set")
    assert (somebody,) in answered


def test_nothing_of_what_was_in_them_is_in_a_log(outcome: Outcome) -> None:
    for service in BOTH:
        log = outcome.running.log(service).read_bytes()
        assert log
        assert MARK not in log
        for number in (9_000, 9_001, 9_010):
            assert str(person(number)).encode() not in log, "a key is nobody's business"


def test_services_are_well_and_have_not_grown(outcome: Outcome) -> None:
    for service in BOTH:
        answer = httpx.get(f"{outcome.running.url(service)}/healthz", trust_env=False)
        assert answer.status_code == httpx.codes.OK
    assert max(outcome.memory.values()) < MOST_MIB, outcome.memory


def test_a_record_that_is_small_only_while_packed_is_refused_by_the_broker(
    outcome: Outcome,
) -> None:
    with pytest.raises(MessageSizeTooLargeError):
        asyncio.run(packed(outcome.running.ground.servers, b"x" * 20 * MEBIBYTE))
    asyncio.run(packed(outcome.running.ground.servers, b"x" * MEBIBYTE))


async def packed(servers: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
        batch = BatchBuilder(2 * len(value), 0)
        batch.append(timestamp=None, key=b"k", value=value)
        batch._buffer = bytearray(zipped(bytes(batch._build())))
        assert batch.size() < MEBIBYTE / 10
        await (await producer.send_batch(batch, EVALUATIONS.name, partition=0))

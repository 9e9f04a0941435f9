"""`kinerja dead`, `lag` and `doctor` on a stack that runs."""

import asyncio
import json
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid4, uuid5

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.local.environment import PROJECT
from tests.live.tools.conftest import Tools

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

SAMPLE = PROJECT / "samples" / "laporan-penilaian-skp-2025.xlsx"
TOPIC = "appraisal.evaluations.v1"
Told = tuple[bytes | None, bytes, list[tuple[str, bytes]]]


def put(servers: str, topic: str, records: Sequence[Told]) -> None:
    async def over() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all")
        await producer.start()
        try:
            for key, value, headers in records:
                await producer.send_and_wait(topic, value, key=key, headers=headers)
        finally:
            await producer.stop()

    asyncio.run(over())


def all_of(servers: str, topic: str) -> list[Told]:
    async def over() -> list[Told]:
        consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=servers,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        found: list[Told] = []
        try:
            while batches := await consumer.getmany(timeout_ms=1500):
                for batch in batches.values():
                    found += [(one.key, one.value, list(one.headers)) for one in batch]
        finally:
            await consumer.stop()
        return found

    return asyncio.run(over())


def another(told: Told) -> tuple[str, Told]:
    """A fact nobody has heard yet, made of one that was told; and its evaluation."""
    key, value, headers = told
    evaluation = str(uuid4())
    content = json.loads(value) | {"evaluation_id": evaluation, "import_id": str(uuid4())}
    fact_id = str(uuid5(NAMESPACE_URL, evaluation)).encode()
    own = [(name, fact_id if name == "ce_id" else one) for name, one in headers]
    return evaluation, (key, json.dumps(content).encode(), own)


def set_aside(told: Told, service: str) -> Told:
    """The same as a dead letter, as a service whose handler failed tells it."""
    key, value, headers = told
    added = {
        "dead_reason": "handler:KeyError",
        "dead_service": service,
        "dead_topic": TOPIC,
        "dead_partition": "0",
        "dead_offset": "123456",
        "dead_time": datetime.now(UTC).isoformat(),
    }
    return key, value, headers + [(name, said.encode()) for name, said in added.items()]


def bring_in_the_sample(tools: Tools) -> None:
    running = tools.running
    running.hand_in(SAMPLE)

    def all_is_handled() -> bool:
        handled = sum(one["end"] for one in tools.answer("lag")["partitions"])
        return bool(handled > 1000 and tools.answer("lag")["messages"] == 0)

    running.wait(all_is_handled, seconds=90, what="the sample handled")
    assert len(all_of(tools.servers, "appraisal.imports.v1")) == 1, "what is there is told once"


def results(tools: Tools, evaluation: str) -> tuple[int, int]:
    """Recommendation sets and notices of an evaluation."""
    plain = evaluation.replace("-", "")
    ask = tools.running.ground.ask
    [(sets,)] = ask(
        "training",
        f"select count(*) from recommendation_set where evaluation_id = '{plain}'",  # noqa: S608  # ours
    )
    [(notices,)] = ask(
        "notifications",
        f"select count(*) from notice where about = '{plain}'",  # noqa: S608  # ours
    )
    return sets, notices


def test_letters_are_listed_sent_back_and_handled_once(tools: Tools) -> None:
    bring_in_the_sample(tools)
    running = tools.running
    fact = next(
        one
        for one in all_of(tools.servers, TOPIC)
        if dict(one[2])["ce_type"] == b"evaluation.finalized.v1"
    )
    evaluation, missed = another(fact)
    put(
        tools.servers,
        f"{TOPIC}.dead",
        [set_aside(missed, one) for one in ("training", "notifications")],
    )
    put(tools.servers, TOPIC, [(b"k", b"{not json", list(missed[2]))])

    def poison_is_listed() -> bool:
        return bool(tools.answer("dead", "list", "--reason", "unreadable")["count"] == 2)

    running.wait(poison_is_listed, seconds=60, what="poison set aside by both services")
    assert tools.answer("dead", "redrive", "--reason", "handler", "--dry-run")["count"] == 1
    assert results(tools, evaluation) == (0, 0)

    assert tools.answer("dead", "redrive", "--reason", "handler")["sent"] == 1
    running.wait(lambda: results(tools, evaluation)[0] == 1, seconds=30, what="it is handled")
    running.wait(lambda: tools.answer("lag")["messages"] == 0, seconds=60, what="all is handled")
    once = results(tools, evaluation)
    assert once[1] >= 1
    assert tools.answer("dead", "list", "--reason", "handler")["redriven"] == 2
    assert tools.answer("dead", "redrive", "--reason", "handler")["sent"] == 0

    assert tools.answer("dead", "redrive", "--reason", "handler", "--again")["sent"] == 1
    back = [
        one
        for one in all_of(tools.servers, TOPIC)
        if dict(one[2])["ce_id"] == dict(missed[2])["ce_id"]
    ]
    assert back.count(missed) == 2, "exactly as they were"
    running.wait(lambda: tools.answer("lag")["messages"] == 0, seconds=60, what="all is handled")
    assert results(tools, evaluation) == once, "a second time does no harm"

    poison = tools.answer("dead", "list", "--each", "--reason", "unreadable")["letters"][0]
    assert "not json" not in tools.kinerja("dead", "show", poison["id"])
    assert "not json" in tools.kinerja("dead", "show", poison["id"], "--payload")


def test_lag_is_told_and_the_doctor_says_so(tools: Tools) -> None:
    what_lag_and_doctor_say(tools)


def test_they_know_the_embedded_stack_too(embedded_tools: Tools) -> None:
    what_lag_and_doctor_say(embedded_tools)


def what_lag_and_doctor_say(tools: Tools) -> None:
    bring_in_the_sample(tools)
    found = tools.answer("doctor")
    assert found["counts"]["problem"] == 0, found
    codes = {one["code"] for one in found["findings"]}
    assert codes >= {"topics", "migrated", "outbox", "clock"}, found

    facts = [one for one in all_of(tools.servers, TOPIC) if dict(one[2]).get("ce_type")][:40]
    tools.running.kill("training", signal.SIGSTOP)
    try:
        put(tools.servers, TOPIC, facts)
        tools.running.wait(
            lambda: behind(tools, "training") == len(facts), seconds=30, what="training is behind"
        )
        late = tools.answer("lag", "--max-seconds", "0", code=1)
        assert late["late"] is True
        assert 0 < late["seconds"] < 60
        tools.kinerja("lag", "--max-seconds", "600")
    finally:
        tools.running.kill("training", signal.SIGCONT)
    tools.running.wait(
        lambda: behind(tools, "training") == 0, seconds=60, what="training caught up"
    )


def behind(tools: Tools, service: str) -> int:
    found = tools.answer("lag")["partitions"]
    return sum(one["messages"] for one in found if one["service"] == service)

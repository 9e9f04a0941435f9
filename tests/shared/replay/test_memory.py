"""What a service told and set aside is known again from its topics."""

from services import training
from tests.deploy.cli.kafka import set_aside
from tests.services.facts import person
from tests.shared.replay.conftest import ALL, EVALUATIONS, Lost, change, count

[TOPIC] = {kind.topic.name for kind in training.TELLS}


async def test_records_set_aside_are_left_alone_where_they_stood_and_handled_where_they_came_back(
    lost: Lost,
) -> None:
    """Once for training, at its place; another service's letters are its own business."""
    [one, other, *_] = lost.broker.records(EVALUATIONS)
    for letter, whose in ((one, b"training"), (other, b"notifications")):
        lost.broker.put(
            f"{EVALUATIONS}.dead",
            key=letter.key,
            value=letter.value,
            headers=(
                *letter.headers,
                ("dead_reason", b"handler:ArithmeticError"),
                ("dead_service", whose),
                ("dead_topic", letter.topic.encode()),
                ("dead_partition", str(letter.partition).encode()),
                ("dead_offset", str(letter.offset).encode()),
            ),
        )
    done = await lost.replay("training")
    assert (done["missing"], done["set_aside"]) == (ALL - 1, 0)
    back = lost.broker.put(
        EVALUATIONS,
        partition=one.partition,
        key=one.key,
        value=one.value,
        headers=one.headers,
        timestamp=one.timestamp,
    )
    lost.moved("training", EVALUATIONS, one.partition, back.offset + 1)
    assert (await lost.replay("training"))["missing"] == 1


async def test_poison_that_was_set_aside_is_told_of_once(lost: Lost) -> None:
    poison = lost.broker.put(EVALUATIONS, partition=2, value=b"{not json", headers=())
    lost.moved("training", EVALUATIONS, 2, poison.offset + 1)
    assert (await lost.replay("training"))["set_aside"] == 1
    [(topic,)] = await lost.stage.training.query(
        "select topic from told join outbox on outbox.id = told.id / 1024"
    )
    assert topic == f"{EVALUATIONS}.dead"
    set_aside(lost.broker, offset=poison.offset, value=b"{not json", fact_id="")
    for those in ("outbox", f"told where topic = '{EVALUATIONS}.dead'", "inbox"):
        await change(lost.stage.training, f"delete from {those}")  # noqa: S608  # ours
    done = await lost.replay("training", again=True)
    assert done["noted"] == 1
    assert await count(lost.stage.training, "outbox") == 0


async def test_a_fact_told_otherwise_than_today_s_rules_would_is_not_told_anew(lost: Lost) -> None:
    for where, log in lost.broker.logs.items():
        if where.topic == TOPIC and log:
            told = log.pop(0)
            changed = (told.value or b"").replace(b'"rule_version":"', b'"rule_version":"older-')
            headers = told.headers
            log.insert(0, type(told)(TOPIC, where.partition, 0, told.key, changed, headers, 1))
            break
    done = await lost.replay("training")
    assert (done["otherwise"], done["told"]) == (1, 0)
    assert await count(lost.stage.training, "outbox") == 0


async def test_what_its_topic_lost_is_told_anew(lost: Lost) -> None:
    told = len(lost.broker.records(TOPIC))
    for where, log in lost.broker.logs.items():
        if where.topic == TOPIC:
            log.clear()
    done = await lost.replay("training")
    assert (done["noted"], done["told"]) == (0, told)
    [(waiting,)] = await lost.stage.training.query("select sum(facts) from outbox")
    assert waiting == told


async def test_what_strangers_put_on_its_topic_is_not_noted_as_told(lost: Lost) -> None:
    [one, *_] = lost.broker.records(TOPIC)
    odd = tuple((n, b"urn:stranger" if n == "ce_source" else v) for n, v in one.headers)
    unread = tuple((n, b"no.such.type" if n == "ce_type" else v) for n, v in one.headers)
    told = len(lost.broker.records(TOPIC))
    for number, headers in enumerate((odd, unread)):
        changed = tuple(
            (n, str(person(number)).encode() if n == "ce_id" else v) for n, v in headers
        )
        lost.broker.put(TOPIC, key=one.key, value=one.value, headers=changed)
    assert (await lost.replay("training"))["noted"] == told


async def test_how_far_its_topics_reach_is_noted_so_that_a_loss_is_seen(lost: Lost) -> None:
    await lost.replay("training")
    places = await lost.stage.training.query(
        """select topic, partition, "offset", cluster from told_position order by partition"""
    )
    ends = {
        (where.topic, where.partition, len(log) - 1, "in memory")
        for where, log in lost.broker.logs.items()
        if where.topic == TOPIC and log
    }
    assert set(places) == ends

"""Databases that are lost come back from the topics."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.alone import Claim
from shared.replay.handling import UNFINISHED
from shared.replay.outlook import Selection
from shared.replay.work import Work
from shared.service import Made
from shared.settings import CommonSettings
from tests.services.facts import person
from tests.services.stage import Stage
from tests.shared.replay.conftest import ALL, BEGAN, EVALUATIONS, Lost, change, count, rows


async def states(lost: Lost) -> set[str]:
    found = await lost.stage.notifications.query("select distinct state from delivery")
    return {state for (state,) in found}


@pytest.mark.parametrize("service", ["training", "notifications"])
async def test_an_empty_database_gets_the_same_rows_and_sends_and_tells_nothing(
    before: Stage, lost: Lost, service: str
) -> None:
    done = await lost.replay(service)
    assert done["facts"] == done["missing"] >= ALL
    assert (done["told"], done["otherwise"], done["set_aside"]) == (0, 0, 0)
    assert await rows(lost.stage.services[service]) == await rows(before.services[service])
    if service == "notifications":
        assert await states(lost) == {"replayed"}


async def test_a_second_replay_changes_nothing(lost: Lost) -> None:
    for service in ("training", "notifications"):
        await lost.replay(service)
        first = await rows(lost.stage.services[service])
        done = await lost.replay(service)
        assert (done["missing"], done["noted"]) == (0, 0)
        assert await rows(lost.stage.services[service]) == first
        again = await lost.replay(service, again=True)
        assert (again["missing"], again["told"], again["otherwise"]) == (0, 0, 0)
        assert await rows(lost.stage.services[service]) == first


async def test_what_the_group_has_not_handled_is_left_to_the_service_and_its_emails(
    before: Stage, lost: Lost
) -> None:
    lost.handled("notifications", of=2)
    done = await lost.replay("notifications")
    assert 0 < done["missing"] < 2 * ALL
    assert await states(lost) == {"replayed"}
    rest = [record for log in lost.broker.logs.values() for record in log[len(log) // 2 :]]
    await lost.deliver("notifications", rest)
    assert await states(lost) == {"replayed", "waiting"}
    whole = await rows(before.notifications)
    mine = await rows(lost.stage.notifications)
    for table in ("contact", "inbox"):
        assert mine[table] == whole[table]


async def test_to_the_end_means_quietly_what_was_never_handled_too(lost: Lost) -> None:
    lost.broker.committed.clear()
    assert (await lost.replay("notifications"))["facts"] == 0
    done = await lost.replay("notifications", to_end=True)
    assert done["missing"] > ALL
    assert await states(lost) == {"replayed"}


async def test_what_is_put_back_has_the_time_it_happened_at(lost: Lost) -> None:
    for service in ("training", "notifications"):
        await lost.replay(service)
    apart = await lost.stage.notifications.query(
        "select count(*) from notice where created_at <> caused_at"
    )
    assert apart == [(0,)]
    [(newest,)] = await lost.stage.training.query("select max(decided_at) from recommendation_set")
    told = max(dict(record.headers)["ce_time"] for record in lost.broker.records(EVALUATIONS))
    assert datetime.fromisoformat(newest).replace(tzinfo=UTC) == datetime.fromisoformat(
        told.decode()
    )


async def test_a_running_service_is_in_the_way_of_all_but_a_single_employee(lost: Lost) -> None:
    lost.broker.members["training"] = 2
    assert await lost.replay("training") == {"refused": "members", "members": 2}
    assert await lost.replay("training", again=True) == {"refused": "members", "members": 2}
    assert (await lost.replay("training", dry_run=True))["missing"] == ALL
    assert await count(lost.stage.training, "recommendation_set") == 0
    [record, *_] = lost.broker.records(EVALUATIONS)
    who = UUID((record.key or b"").decode())
    done = await lost.replay("training", employee=who, again=True)
    assert done["missing"] == await count(lost.stage.training, "recommendation_set") > 0
    assert (done["told"], done["noted"]) == (0, done["missing"])


async def test_a_service_that_is_in_no_group_is_noticed_by_its_claim(
    lost: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = lost.stage.training
    monkeypatch.setitem(one.settings.__dict__, "common", CommonSettings(kafka_alone=True))
    running = Claim.beside(one.database)
    running.take()
    assert await lost.replay("training") == {"refused": "members", "members": 1}
    running.let_go()
    assert (await lost.replay("training"))["missing"] == ALL


async def test_appraisal_listens_to_nothing(lost: Lost) -> None:
    one = lost.stage.appraisal
    made = Made(one.settings, one.database, None, None)
    work = Work("appraisal", made, (), {}, lambda **what: lost.said.append(what))
    assert not await work.replay(Selection())
    assert lost.said == [{"refused": "listens_to_nothing"}]


async def test_a_dry_run_only_counts(lost: Lost) -> None:
    empty = await rows(lost.stage.training)
    done = await lost.replay("training", dry_run=True)
    assert (done["facts"], done["missing"], done["dry_run"]) == (ALL, ALL, True)
    assert await rows(lost.stage.training) == empty


async def test_since_a_time_means_what_was_told_since(lost: Lost) -> None:
    logs = lost.broker.records(EVALUATIONS)
    middle = sorted(record.timestamp for record in logs)[ALL // 2]
    since = datetime.fromtimestamp(middle / 1000, UTC)
    done = await lost.replay("training", since=since)
    assert done["missing"] == sum(record.timestamp >= middle for record in logs)
    assert (await lost.replay("training"))["missing"] == ALL - done["missing"]
    late = datetime.fromtimestamp(BEGAN / 1000 + 1e6, UTC)
    assert (await lost.replay("training", since=late, again=True))["facts"] == 0


async def test_a_person_s_rows_are_put_back_and_nobody_else_s_are_touched(lost: Lost) -> None:
    for service in ("training", "notifications"):
        await lost.replay(service)
    whole = {name: await rows(lost.stage.services[name]) for name in ("training", "notifications")}
    [(who,)] = await lost.stage.training.query(
        "select employee_id from recommendation_set where size > 0 limit 1"
    )
    await change(lost.stage.training, "delete from recommendation_set")
    await change(lost.stage.notifications, f"delete from notice where recipient_id = '{who}'")  # noqa: S608  # the same
    await change(lost.stage.notifications, f"delete from delivery where recipient_id = '{who}'")  # noqa: S608  # the same
    for service in ("training", "notifications"):
        done = await lost.replay(service, employee=UUID(who), again=True)
        assert (done["missing"], done["told"], done["otherwise"]) == (0, 0, 0)
    assert await rows(lost.stage.notifications) == whole["notifications"]
    sets = await lost.stage.training.query("select distinct employee_id from recommendation_set")
    assert sets == [(who,)]
    await lost.replay("training", again=True)
    assert await rows(lost.stage.training) == whole["training"]


async def test_somebody_nothing_is_known_of_has_nothing_to_replay(lost: Lost) -> None:
    done = await lost.replay("training", employee=person(12345), again=True)
    assert (done["facts"], done["missing"]) == (0, 0)


async def test_what_waited_in_a_restored_database_is_let_be(lost: Lost) -> None:
    early = [record for log in lost.broker.logs.values() for record in log[: len(log) // 3]]
    await lost.deliver("notifications", early)
    [first, *_] = await lost.stage.notifications.query("select notice_id from delivery limit 1")
    await change(
        lost.stage.notifications,
        f"update delivery set state = 'no_address' where notice_id = '{first[0]}'",  # noqa: S608  # an id we made
    )
    assert await states(lost) == {"waiting", "no_address"}
    await lost.replay("notifications")
    assert await states(lost) == {"replayed"}


async def test_what_waits_in_a_database_that_lost_nothing_is_sent(lost: Lost) -> None:
    everything = [record for log in lost.broker.logs.values() for record in log]
    await lost.deliver("notifications", everything)
    for again in (False, True):
        await lost.replay("notifications", again=again)
        assert await states(lost) == {"waiting"}


async def test_a_replay_that_was_interrupted_ends_as_quietly_the_next_time(
    lost: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(_database: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Lost, "after", lambda *_: dies)
        with pytest.raises(KeyboardInterrupt):
            await lost.replay("notifications")
    mark = f"inbox where fact_id = '{UNFINISHED.hex}'"
    assert await count(lost.stage.notifications, mark) == 1
    digests = "notice where kind = 'low_results_digest'"
    assert await count(lost.stage.notifications, digests) == 0
    assert (await lost.replay("notifications"))["missing"] == 0
    assert await count(lost.stage.notifications, mark) == 0
    assert await count(lost.stage.notifications, digests) == 1
    assert await states(lost) == {"replayed"}

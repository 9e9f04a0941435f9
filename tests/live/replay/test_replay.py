"""Databases lost and filled again from the topics: the same rows, and no e-mail twice."""

import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from deploy.cli.synthetic import write_export
from deploy.local.environment import PROJECT
from tests.live import checker
from tests.live.replay.conftest import Loss

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

ROWS = 5000
FEWER_ROWS = 500
"""Where every e-mail is waited for."""
SAMPLES = PROJECT / "samples"
TIMES: Final = {
    "recommendation_set": {"decided_at"},
    "notice": {"created_at", "waited_ms", "read_at"},
    # what became of an e-mail is no fact: see `mails_are_let_be`
    "delivery": {"state", "attempts", "queued_at", "due_at", "finished_at", "problem"},
    "import_digest": set(),
    "contact": set(),
    "inbox": {"seen_at"},
    "told": {"id", "put_at"},
    "outbox": {"id", "put_at"},
}
KEPT: Final = {
    "training": ("recommendation_set", "inbox", "told", "outbox"),
    "notifications": ("notice", "delivery", "import_digest", "contact", "inbox", "told", "outbox"),
}

Rows = Mapping[tuple[str, str], list[tuple[Any, ...]]]


def rows(loss: Loss) -> Rows:
    """Every row of both databases, times aside, in an order of its own."""
    return {
        (service, table): _rows(loss, service, table)
        for service, tables in KEPT.items()
        for table in tables
    }


def _rows(loss: Loss, service: str, table: str) -> list[tuple[Any, ...]]:
    columns = [
        name
        for (name,) in loss.ask(
            service,
            "select column_name from information_schema.columns "  # noqa: S608  # our own words
            f"where table_name = '{table}' order by ordinal_position",
        )
        if name not in TIMES[table]
    ]
    query = f"select {', '.join(columns)} from {table}"  # noqa: S608  # the same
    return sorted(loss.ask(service, query), key=repr)


def differences(before: Rows, after: Rows) -> dict[str, str]:
    """By table: how many rows are missing, how many too much."""
    return {
        "/".join(where): f"{len(found)} rows became {len(after[where])}"
        for where, found in before.items()
        if found != after[where]
    }


def settle(loss: Loss, import_id: str, *, mails: bool = True, seconds: float = 200) -> None:
    """Wait until an import is through and, unless they may wait, its e-mails are out."""
    ends = time.monotonic() + seconds
    while wrong := unsettled(loss, import_id, mails=mails):
        if time.monotonic() > ends:
            pytest.fail(f"not within {seconds} s: {wrong}")
        time.sleep(1)


def unsettled(loss: Loss, import_id: str, *, mails: bool) -> list[str]:
    state = loss.running.get("appraisal", f"/imports/{import_id}")["state"]
    if state != "done":
        return [f"the import is {state}"]
    if (wrong := checker.wrong_by(loss.ask)) or not mails:
        return wrong
    [(waiting,)] = loss.ask(
        "notifications", "select count(*) from delivery where state = 'waiting'"
    )
    return [f"{waiting} e-mails wait"] if waiting else []


def somebody_to_train(loss: Loss) -> str:
    """An employee something was recommended to, and who was told so."""
    [(found,)] = loss.ask(
        "training", "select employee_id from recommendation_set where size > 0 limit 1"
    )
    return str(found)


def test_what_an_employee_lost_is_put_back_while_all_goes_on(loss: Loss) -> None:
    settle(loss, loss.running.hand_in(SAMPLES / "laporan-penilaian-skp-2025.xlsx"))
    before, mails = rows(loss), loss.mails()
    who = somebody_to_train(loss)
    lost = (
        ("training", "recommendation_set", "employee_id"),
        ("notifications", "delivery", "recipient_id"),
        ("notifications", "notice", "recipient_id"),
    )
    for service, table, column in lost:
        loss.ask(service, f"delete from {table} where {column} = '{who}'")  # noqa: S608  # the same
    assert len(differences(before, rows(loss))) == 3
    for service in ("training", "notifications"):
        done = loss.replay(service, "--employee", who)
        assert 0 < done["facts"] < 10
        assert (done["missing"], done["told"], done["otherwise"]) == (0, 0, 0)
    assert differences(before, rows(loss)) == {}
    assert "running" in loss.replay("training", "--again", code=1)["said"]
    assert loss.mails() == mails


def test_lost_databases_are_filled_from_the_topics_and_nobody_gets_an_email_again(
    loss: Loss, tmp_path: Path
) -> None:
    export = tmp_path / "export.xlsx"
    write_export(export, ROWS, seed=7, year=2023)
    settle(loss, loss.running.hand_in(export), mails=False)
    loss.stop("training", "notifications")
    before, mails = rows(loss), loss.mails()
    assert len(before["notifications", "notice"]) > ROWS
    for service in ("training", "notifications"):
        done = loss.replay(service, "--since", "2h", "--again")
        assert (done["facts"] > ROWS, done["missing"], done["told"]) == (True, 0, 0)
    assert differences(before, rows(loss)) == {}

    loss.lose("training", "notifications")
    assert len(differences(before, rows(loss))) == 8
    for service in ("training", "notifications"):
        done = loss.replay(service)
        assert done["missing"] == done["facts"] > ROWS
        assert (done["told"], done["otherwise"], done["set_aside"]) == (0, 0, 0)
    assert differences(before, rows(loss)) == {}
    states = loss.ask("notifications", "select distinct state, attempts from delivery")
    assert states == [("replayed", 0)]

    loss.start("training", "notifications")
    write_export(export, 100, seed=9, year=2024)
    settle(loss, loss.running.hand_in(export))
    assert loss.mails() - mails == sent(loss) > 0


def sent(loss: Loss) -> int:
    [(count,)] = loss.ask("notifications", "select count(*) from delivery where state = 'sent'")
    return int(count)


def test_a_lost_broker_is_filled_from_the_told_facts_and_nothing_counts_twice(
    loss: Loss, tmp_path: Path
) -> None:
    export = tmp_path / "export.xlsx"
    write_export(export, FEWER_ROWS, seed=8, year=2022)
    before = {service: told(loss, service) for service in ("appraisal", "training")}
    mails, were_sent = loss.mails(), sent(loss)
    loss.running.processes.signal(signal.SIGSTOP, ["training"])  # so that much is not handled
    import_id = loss.running.hand_in(export)
    loss.running.wait(
        lambda: told(loss, "appraisal") > before["appraisal"], seconds=90, what="facts are told"
    )
    loss.kafka.kill()
    loss.kafka.lose()
    loss.running.processes.signal(signal.SIGCONT, ["training"])
    loss.kafka.wait()
    assert len(loss.make_topics()) == 8
    settle(loss, import_id)
    assert told(loss, "training") == before["training"] + FEWER_ROWS
    assert loss.mails() - mails == sent(loss) - were_sent > FEWER_ROWS
    for service in before:
        twice = loss.ask(service, "select 1 from told group by fact_id having count(*) > 1")
        assert twice == []


def told(loss: Loss, service: str) -> int:
    [(count,)] = loss.ask(service, "select count(*) from told")
    return int(count)

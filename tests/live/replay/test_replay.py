"""Databases lost and filled again from the topics: the same rows, and no e-mail twice."""

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

ROWS = 600
SAMPLES = PROJECT / "samples"
TIMES: Final = {
    "recommendation_set": {"decided_at"},
    "notice": {"created_at", "waited_ms", "read_at"},
    # what became of an e-mail is no fact: see `mails_are_let_be`
    "delivery": {"state", "attempts", "queued_at", "due_at", "finished_at", "problem"},
    "import_digest": set(),
    "contact": set(),
    "inbox": {"seen_at"},
    "told": {"id", "put_at", "told_at"},
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
            f"""select column_name from information_schema.columns
                where table_name = '{table}' order by ordinal_position""",
        )
        if name not in TIMES[table]
    ]
    return sorted(loss.ask(service, f"select {', '.join(columns)} from {table}"), key=repr)


def differences(before: Rows, after: Rows) -> dict[str, str]:
    """By table: how many rows are missing, how many too much."""
    return {
        "/".join(where): f"{len(found)} rows became {len(after[where])}"
        for where, found in before.items()
        if found != after[where]
    }


def settle(loss: Loss, import_id: str, seconds: float = 150) -> None:
    """Wait until an import is through, and every e-mail of it is out."""
    ends = time.monotonic() + seconds
    while wrong := unsettled(loss, import_id):
        if time.monotonic() > ends:
            pytest.fail(f"not within {seconds} s: {wrong}")
        time.sleep(1)


def unsettled(loss: Loss, import_id: str) -> list[str]:
    state = loss.running.get("appraisal", f"/imports/{import_id}")["state"]
    if state != "done":
        return [f"the import is {state}"]
    [(waiting,)] = loss.ask(
        "notifications", "select count(*) from delivery where state = 'waiting'"
    )
    return [f"{waiting} e-mails wait"] if waiting else checker.wrong_by(loss.ask)


def test_lost_databases_are_filled_from_the_topics_and_nobody_gets_an_email_again(
    loss: Loss, tmp_path: Path
) -> None:
    export = tmp_path / "export.xlsx"
    write_export(export, ROWS, seed=7, year=2023)
    for file in (SAMPLES / "laporan-penilaian-skp-2025.xlsx", export):
        settle(loss, loss.running.hand_in(file))
    loss.stop("training", "notifications")
    before, mails = rows(loss), loss.mails()
    assert min(len(found) for (_, table), found in before.items() if table == "notice") > ROWS

    loss.lose("training", "notifications")
    assert differences(before, rows(loss))
    loss.running.wait(lambda: not members(loss), seconds=30, what="the groups are empty")
    for service in ("training", "notifications"):
        done = loss.replay(service)
        assert done["missing"] == done["facts"] > ROWS
        assert (done["told"], done["otherwise"], done["set_aside"]) == (0, 0, 0)
    assert differences(before, rows(loss)) == {}
    states = loss.ask("notifications", "select distinct state, attempts from delivery")
    assert states == [("replayed", 0)]

    loss.start("training", "notifications")
    settle(loss, loss.running.hand_in(SAMPLES / "laporan-penilaian-skp-2024.xlsx"))
    [(sent,)] = loss.ask("notifications", "select count(*) from delivery where state = 'sent'")
    assert loss.mails() - mails == sent > 0
    assert checker.wrong_by(loss.ask) == []


def members(loss: Loss) -> int:
    said = [loss.replay(name, "--dry-run") for name in ("training", "notifications")]
    return sum(one["members"] for one in said)

"""`kinerja dead` as it is typed, over a broker in memory."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import app
from tests.deploy.cli.kafka import TOPIC, Broker, set_aside

SECRET = "NIP 199001012015011001"


def kinerja(*arguments: str) -> Result:
    return CliRunner().invoke(app.app, ("dead", *arguments))


def answer(*arguments: str) -> Any:
    ran = kinerja(*arguments, "--json")
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


@pytest.fixture(autouse=True)
def _letters(broker: Broker) -> None:
    set_aside(broker, value=SECRET.encode())
    set_aside(broker, value=SECRET.encode(), service="notifications")
    set_aside(broker, offset=8, reason="handler:KeyError", time="2026-11-24T09:00:00+00:00")


def test_the_list_counts_by_topic_reason_type_and_service() -> None:
    found = answer("list")
    assert (found["count"], found["redriven"]) == (3, 0)
    assert [(one["reason"], one["service"], one["count"]) for one in found["groups"]] == [
        ("handler:KeyError", "training", 1),
        ("unreadable", "training", 1),
        ("unreadable", "notifications", 1),
    ]
    assert found["groups"][0]["oldest"] == "2026-11-24T09:00:00Z"
    said = kinerja("list").output
    assert TOPIC in said
    assert "Dead letters: 3, sent back: 0." in said


def test_each_letter_is_named_up_to_a_limit() -> None:
    assert len(answer("list", "--each")["letters"]) == 3
    assert len(answer("list", "--each", "--limit", "1")["letters"]) == 1
    assert "and 2 more" in kinerja("list", "--each", "--limit", "1").output


def test_nothing_is_said_of_what_a_letter_holds_unless_asked_for() -> None:
    (letter, *_) = answer("list", "--each", "--reason", "unreadable")["letters"]
    for said in (
        kinerja("list", "--each").output,
        kinerja("list", "--each", "--json").output,
        kinerja("show", letter["id"]).output,
        kinerja("show", letter["id"], "--json").output,
        kinerja("redrive", "--all", "--dry-run").output,
    ):
        assert SECRET not in said
    shown = kinerja("show", letter["id"], "--payload").output
    assert "may hold personal values" in shown
    assert SECRET in shown
    assert answer("show", letter["id"], "--payload")[0]["payload"] == SECRET


def test_a_letter_is_shown_as_every_service_set_it_aside() -> None:
    letter = answer("list", "--each")["letters"][0]
    shown = answer("show", letter["id"][:6])
    assert [one["service"] for one in shown] == ["training", "notifications"]
    assert shown[0]["origin"] == f"{TOPIC}/2/7"
    assert shown[0]["envelope"]["ce_type"] == "evaluation.finalized.v1"
    assert not any(name.startswith("dead_") for name in shown[0]["envelope"])


def test_an_id_that_is_none_or_that_of_several_is_said() -> None:
    assert "no dead letter zz" in str(kinerja("show", "zz").exception)
    assert "Several" in str(kinerja("show", "").exception)


def test_a_stranger_s_words_do_not_steer_the_terminal(broker: Broker) -> None:
    set_aside(broker, offset=9, kind="\x1b[2Jevil", value=b"\x1b[31m\xff")
    letter = answer("list", "--each", "--type", "\x1b[2Jevil")["letters"][0]
    for said in (
        kinerja("list").output,
        kinerja("list", "--each").output,
        kinerja("show", letter["id"], "--payload").output,
    ):
        assert "\x1b" not in said


def test_what_is_no_text_is_told_in_base64(broker: Broker) -> None:
    set_aside(broker, offset=9, value=b"\xff\x00", reason="odd")
    letter = answer("list", "--each", "--reason", "odd")["letters"][0]
    assert answer("show", letter["id"], "--payload")[0]["payload_base64"] == "/wA="


def test_a_dry_run_sends_nothing(broker: Broker) -> None:
    found = answer("redrive", "--all", "--dry-run")
    assert (found["count"], found["sent"], found["dry_run"]) == (2, 0, True)
    assert broker.records(TOPIC) == []
    assert "Would be sent back: 2" in kinerja("redrive", "--all", "--dry-run").output


def test_what_is_selected_is_sent_back_and_the_list_says_so(broker: Broker) -> None:
    assert answer("redrive", "--reason", "unreadable")["sent"] == 1
    assert [one.value for one in broker.records(TOPIC)] == [SECRET.encode()]
    assert answer("list")["redriven"] == 2
    assert "nothing to send back" in kinerja("redrive", "--reason", "unreadable").output
    assert len(broker.records(TOPIC)) == 1


def test_letters_are_sent_back_by_id() -> None:
    ids = {one["id"] for one in answer("list", "--each")["letters"]}
    assert answer("redrive", *ids)["sent"] == 2


def test_times_select(broker: Broker) -> None:
    assert answer("list", "--since", "2026-11-24T08:30Z")["count"] == 1
    assert answer("list", "--until", "2026-11-24T08:30Z")["count"] == 2


def test_nothing_is_sent_back_by_accident(broker: Broker) -> None:
    ran = kinerja("redrive")
    assert ran.exit_code == 1
    assert "--all" in str(ran.exception)
    assert "no topic we know" in str(kinerja("redrive", "--topic", "other").exception)
    assert broker.records(TOPIC) == []


def test_no_letters_are_said(broker: Broker) -> None:
    broker.logs.clear()
    assert "Nothing was set aside" in kinerja("list").output
    assert "nothing to send back" in kinerja("redrive", "--all").output

import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from shared import telemetry
from shared.telemetry import JsonLines, Throttle, count_facts, set_up_logs, where
from tests.shared.facts import SECRET, registered

METRICS = Path(__file__).parents[2] / "docs" / "metrics.md"


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is written to standard error once logs are set up; all is put back afterwards."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    root = logging.getLogger()
    before = (root.level, root.handlers[:], logging.getLogger("uvicorn.access").disabled)
    for handler in before[1]:
        root.removeHandler(handler)  # or they would be closed
    set_up_logs("training", "INFO")
    yield written
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    for handler in before[1]:
        root.addHandler(handler)
    root.setLevel(before[0])
    logging.getLogger("uvicorn.access").disabled = before[2]


def lines(logs: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in logs.getvalue().splitlines()]


def test_a_log_is_one_json_object_a_line(logs: io.StringIO) -> None:
    logging.getLogger("x.y").warning(
        "broken\nover %s", "lines", extra={"rows": 3, "id": UUID(int=1)}
    )
    (line,) = lines(logs)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "WARNING",
        "service": "training",
        "logger": "x.y",
        "message": "broken\nover lines",
        "rows": 3,
        "id": str(UUID(int=1)),
    }


def test_an_exception_is_logged_by_its_name_and_place_never_by_its_text(logs: io.StringIO) -> None:
    try:
        raise ArithmeticError(SECRET)
    except ArithmeticError:
        logging.getLogger("x").exception("it failed")
    (line,) = lines(logs)
    assert line["error"] == "ArithmeticError"
    assert re.search(r"test_telemetry\.py:\d+$", line["at"])
    assert SECRET not in logs.getvalue()


def test_what_is_added_to_a_line_cannot_pass_for_what_every_line_has(logs: io.StringIO) -> None:
    logging.getLogger("x").warning("true", extra={"service": "forged", "time": "never"})
    (line,) = lines(logs)
    assert line["service"] == "training"
    assert line["time"] != "never"


def test_colours_for_terminals_are_left_out(logs: io.StringIO) -> None:
    logging.getLogger("uvicorn").info("started", extra={"color_message": "\x1b[36mstarted"})
    assert "color_message" not in logs.getvalue()


def test_text_no_encoding_knows_does_not_stop_a_log() -> None:
    line = JsonLines("s").format(logging.makeLogRecord({"msg": "odd \ud800"}))
    assert line.encode(errors="backslashreplace")  # as standard error does


def test_a_noisy_client_is_heard_once_in_a_while_and_others_always(logs: io.StringIO) -> None:
    for number in range(20):
        logging.getLogger("aiokafka.consumer").error("away %s", number)
        logging.getLogger("kafka").error("Kafka error occurred")
        logging.getLogger("shared.relay").warning("waiting")
    loggers = [line["logger"] for line in lines(logs)]
    assert loggers.count("aiokafka.consumer") == 1
    assert loggers.count("kafka") == 1
    assert loggers.count("shared.relay") == 20


def test_a_throttle_lets_the_same_line_through_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(telemetry.time, "monotonic", lambda: now)
    throttle = Throttle()
    line = logging.makeLogRecord({"pathname": "client.py", "lineno": 7})
    other = logging.makeLogRecord({"pathname": "client.py", "lineno": 8})
    assert [throttle.filter(line), throttle.filter(line), throttle.filter(other)] == [
        True,
        False,
        True,
    ]
    now = Throttle.SECONDS + 1
    assert throttle.filter(line)


def test_paths_are_not_logged_they_would_tell_who_looked_at_what(logs: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").info("GET /employees/%s", SECRET)
    logging.getLogger("httpx").info("GET /employees/%s", SECRET)
    assert logs.getvalue() == ""


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert where(ValueError()) == ""


def test_facts_are_counted_as_kept_or_as_repeats() -> None:
    one, two = registered(), registered()

    def counted(outcome: str) -> float:
        labels = {"service": "counted", "type": one.data.type, "outcome": outcome}
        return REGISTRY.get_sample_value("kinerja_facts_total", labels) or 0

    count_facts("counted", "kept", [one, two])
    count_facts("counted", "repeat", [two])
    assert (counted("kept"), counted("repeat")) == (2, 1)


def test_every_metric_is_documented_and_no_unit_stands_twice() -> None:
    ours = {metric.name for metric in REGISTRY.collect() if metric.name.startswith("kinerja_")}
    assert ours
    documented = METRICS.read_text(encoding="utf-8")
    for name in ours:
        assert f"`{name}" in documented, f"{name} is missing in docs/metrics.md"
        assert not re.search(r"(_[a-z]+)\1", name)

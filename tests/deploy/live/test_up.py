"""`kinerja up` as a user runs it: real processes, the sample, Ctrl-C."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
from openpyxl import load_workbook

from deploy.local.environment import PROJECT, Stack

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

SECONDS = 60
MEGABYTES = 700
THE_END = "Press Ctrl-C to end."


def free_base() -> int:
    """The first of a hundred free ports in a row."""
    for base in range(31_000 + os.getpid() % 4_000, 60_000, 100):
        with suppress(OSError):
            for port in (*range(base, base + 5), base + 25, base + 50):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return base
    raise RuntimeError("no free ports")


@dataclass
class Home:
    """A data folder and ports of its own; runs of `kinerja up` follow each other in it."""

    stack: Stack

    @contextmanager
    def up(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "KINERJA_LANGUAGE": "en",
            "KINERJA_DATA": str(self.stack.data),
            "KINERJA_PORT_BASE": str(self.stack.base),
            "KINERJA_KAFKA_PORT": str(self.stack.kafka),
            "HTTP_PROXY": "http://127.0.0.1:1",
        }
        with subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", "up", *arguments],
            cwd=PROJECT,
            env=environ | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                process.terminate()

    def until_summary(self, process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if THE_END in line:
                return said
        assert process.stderr is not None
        pytest.fail(f"it ended before its summary: {said}{process.stderr.read()}")

    def nobody_listens(self) -> bool:
        for name in ("portal", "appraisal", "training", "notifications", "desk", "smtp", "broker"):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.stack.port(name))) == 0:
                    return False
        return True


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    base = free_base()
    return Home(Stack(tmp_path_factory.mktemp("home") / "data", base, base + 50))


def megabytes(process: psutil.Process) -> float:
    """Resident memory of a process and all below it, now."""
    total = 0
    with suppress(psutil.Error):
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                total += one.memory_info().rss
    return total / 1e6


def test_it_does_the_main_job_on_the_sample_and_says_so(home: Home, tmp_path: Path) -> None:
    summary = tmp_path / "summary.json"
    most = 0.0
    with home.up("--once", "--summary", str(summary)) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            most = max(most, megabytes(watched))
            time.sleep(0.2)
        assert process.stdout is not None
        assert process.stderr is not None
        text, errors = process.stdout.read(), process.stderr.read()
    assert process.returncode == 0, text + errors
    found = json.loads(summary.read_text())
    assert {name: found[name] for name in ("rows", "finalised", "rejected", "set_aside")} == {
        "rows": 603,
        "finalised": 588,
        "rejected": 12,
        "set_aside": 3,
    }
    assert found["people_with_recommendations"] <= found["recommendations"] <= 3 * 588
    assert found["notices"]["inbox"] >= 588
    assert 0 < found["latency_ms"]["p50"] <= found["latency_ms"]["max"]
    assert "603 rows: 588 evaluations finalised, 12 rejected (report: " in text
    assert f"http://127.0.0.1:{home.stack.base}" in text
    (report,) = home.stack.reports.iterdir()
    assert load_workbook(report).active.max_row > 12
    assert home.nobody_listens()
    assert most < MEGABYTES, f"{most:.0f} MB"
    assert found["seconds"] < SECONDS


def test_again_it_tells_nothing_twice_and_ctrl_c_ends_it(home: Home) -> None:
    with home.up() as process:
        text = home.until_summary(process)
        mails = httpx.get(f"{home.stack.url('desk')}/mail/count").json()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert "603 rows: 588 evaluations finalised, 12 rejected" in text
    assert mails["total"] == 0
    assert home.nobody_listens()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_told_to_end_at_any_time_it_ends_everything(home: Home, number: signal.Signals) -> None:
    with home.up() as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Waiting for appraisal" in line:
                break
        for _ in range(2):  # to the group, and by make: the same wish twice
            os.killpg(process.pid, number)
        assert process.wait(60) == 0
    assert home.nobody_listens()


def test_a_process_that_dies_is_named_and_ends_the_rest(home: Home) -> None:
    with home.up() as process:
        home.until_summary(process)
        (training,) = (
            child
            for child in psutil.Process(process.pid).children()
            if child.cmdline()[-1] == "training"
        )
        training.kill()
        assert process.wait(60) == 1
        assert process.stderr is not None
        errors = process.stderr.read()
    assert "training ended (code -9)" in errors
    assert "Uvicorn running on" in errors, "the end of its log is shown"
    assert home.nobody_listens()


def test_when_it_is_killed_itself_nothing_is_left_over(home: Home) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells children")
    with home.up() as process:
        home.until_summary(process)
        process.kill()
        process.wait(10)
        ends = time.monotonic() + 40
        while not home.nobody_listens():
            assert time.monotonic() < ends, "something still listens"
            time.sleep(0.2)

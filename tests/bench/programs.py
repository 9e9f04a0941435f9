"""The programs measured: the shipped services, and the floor; both started and watched alike."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import httpx
import msgspec

from deploy.local.environment import HOST, PROJECT
from services.training.rules import Rulebook
from shared.events import EvaluationFinalized, Fact
from tests.bench import facts, machine
from tests.bench.floor import ASSIGNED
from tests.bench.floor.work import Answer, Pick, situation
from tests.bench.site import FLOOR_OUT, Site, clean
from tests.live.conftest import free_ports

READY_SECONDS: Final = 90
END_SECONDS: Final = 40
HEARD: Final = {
    "training": ("appraisal.evaluations.v1",),
    "notifications": (
        "workforce.employees.v1",
        "appraisal.evaluations.v1",
        "training.recommendations.v1",
        "appraisal.imports.v1",
    ),
}
FLOOR_HEARD: Final = {
    "training": ("appraisal.evaluations.v1",),
    "notifications": ("appraisal.evaluations.v1", FLOOR_OUT),
}


@dataclass
class Running:
    """Processes of one program."""

    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    logs: list[Path] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=dict)
    ready_seconds: float = 0.0
    """From the start of the first to when all were ready."""

    @property
    def pids(self) -> list[int]:
        """Their process ids."""
        return [process.pid for process in self.processes]

    def cpu(self) -> float:
        """CPU seconds they have used."""
        return machine.cpu_seconds(self.pids)

    def freeze(self) -> None:
        """Stop them where they are, so that work may be laid out in peace."""
        for process in self.processes:
            process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let them run again."""
        for process in self.processes:
            process.send_signal(signal.SIGCONT)

    def check(self) -> None:
        """Raise where one has ended."""
        for process, log in zip(self.processes, self.logs, strict=True):
            if process.poll() is not None:
                said = log.read_text(errors="replace")[-3000:]
                raise RuntimeError(f"{log.name} ended with {process.returncode}\n{said}")

    def end(self) -> None:
        """End them, in good order if they can."""
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
        ends = time.monotonic() + END_SECONDS
        for process in self.processes:
            try:
                process.wait(max(0.1, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Program(Protocol):
    """Something that can run a stage."""

    name: str
    out: str
    """Where its training stage tells what it recommends."""

    def heard(self, stage: str) -> tuple[str, ...]:
        """The topics a stage listens to."""

    def group(self, stage: str) -> str:
        """The consumer group of a stage."""

    def database(self, stage: str) -> str:
        """The name of the database a stage keeps its rows in."""

    def started(self, site: Site, stages: Sequence[str]) -> Any:
        """Start a process for each stage named (twice: two), and wait until all have work."""


class Ours:
    """`python -m shared.main SERVICE`, nothing left out."""

    name = "ours"
    out = "training.recommendations.v1"

    def heard(self, stage: str) -> tuple[str, ...]:
        """All the service's own topics."""
        return HEARD[stage]

    def group(self, stage: str) -> str:
        """The service's own."""
        return stage

    def database(self, stage: str) -> str:
        """The service's own."""
        return stage

    @contextmanager
    def started(self, site: Site, stages: Sequence[str]) -> Iterator[Running]:
        """Start services and wait until each is ready and has partitions."""
        running = Running()
        began = time.monotonic()
        port = free_ports(len(stages) + 1)
        try:
            for number, stage in enumerate(stages):
                knobs = site.environment(stage) | {"KINERJA_PORT": str(port + number)}
                if "KINERJA_KAFKA_INSTANCE" in knobs:
                    knobs["KINERJA_KAFKA_INSTANCE"] += str(number)
                running.ports[stage] = port + number
                command = [sys.executable, "-m", "shared.main", stage]
                start(running, command, knobs, site.folder / f"{stage}-{number}.log")
            wait_ready(running, port, len(stages))
            running.ready_seconds = time.monotonic() - began
            _wait_members(site, self, stages)
            yield running
        finally:
            running.end()


@dataclass(frozen=True, slots=True)
class Floor:
    """`python -m tests.bench.floor STAGE`; `soon`: for waits, without gathering batches."""

    soon: bool = False
    name = "floor"
    out = FLOOR_OUT

    def heard(self, stage: str) -> tuple[str, ...]:
        """What the stage needs, no more."""
        return FLOOR_HEARD[stage]

    def group(self, stage: str) -> str:
        """One of its own."""
        return f"bench-floor-{stage}"

    def database(self, stage: str) -> str:
        """One of its own."""
        return f"floor_{stage}"

    @contextmanager
    def started(self, site: Site, stages: Sequence[str]) -> Iterator[Running]:
        """Start processes and wait until each has partitions."""
        running = Running()
        try:
            for number, stage in enumerate(stages):
                command = [sys.executable, "-m", "tests.bench.floor", stage]
                command += ["--kafka", site.bus.servers, "--group", self.group(stage)]
                command += ["--database", site.floor_address(stage), "--out", self.out]
                command += ["--answers", str(site.folder / "answers.json")]
                command += ["--topics", *self.heard(stage)]
                command += ["--soon"] if self.soon else []
                start(running, command, clean(), site.folder / f"floor-{stage}-{number}.log")
            _wait(running, lambda: all(ASSIGNED in log.read_text() for log in running.logs))
            _wait_members(site, self, stages)
            yield running
        finally:
            running.end()


def start(running: Running, command: list[str], environ: dict[str, str], log: Path) -> None:
    """Start a process of our own."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environ, stdout=output, stderr=subprocess.STDOUT
        )
    running.processes.append(process)
    running.logs.append(log)


def wait_ready(running: Running, first: int, count: int) -> None:
    """Wait until services on these ports say they are ready."""
    for port in range(first, first + count):
        _wait(running, lambda: _is_ready(port))  # noqa: B023  # called at once


def _wait(running: Running, true: Callable[[], bool]) -> None:
    ends = time.monotonic() + READY_SECONDS
    while not true():
        running.check()
        if time.monotonic() > ends:
            raise TimeoutError("a program does not become ready")
        time.sleep(0.05)


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://{HOST}:{port}/readyz", timeout=5).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _wait_members(site: Site, program: Program, stages: Sequence[str]) -> None:
    """Where the broker tells who is in a group; a single one that is ready has its partitions."""
    if site.tells_members:
        for stage in dict.fromkeys(stages):
            if stage in HEARD:
                site.bus.wait_members(program.group(stage), stages.count(stage))


def write_answers(file: Path, found: Sequence[Fact[EvaluationFinalized]]) -> None:
    """Write the table the floor's rule looks into: what training's own rules decide."""
    rulebook: Rulebook = facts.load()
    table = {}
    for fact in found:
        place = situation(fact.data)
        if place not in table:
            decision = rulebook.decide(fact.data)
            picks = [
                Pick(one.course, one.priority, one.jp, one.reasons, one.alternatives)
                for one in decision.recommendations
            ]
            table[place] = Answer(tuple(picks), decision.notes)
    file.write_bytes(msgspec.json.encode(table))

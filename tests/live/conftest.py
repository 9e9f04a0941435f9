"""The embedded stack as real processes, with a data folder and ports of its own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
import pytest

from deploy.local.environment import PROJECT, SERVICES, Stack
from deploy.local.folder import environment, prepare
from deploy.local.processes import Processes
from tests.live.engine import no_containers
from tests.live.real import Kafka, Postgres

JAMBI = uuid5(NAMESPACE_URL, "urn:kinerja:agency:5500")


class Running:
    """A stack that runs: its addresses, its processes, its databases."""

    def __init__(self, stack: Stack, processes: Processes) -> None:
        self.stack = stack
        self.processes = processes
        self.client = httpx.Client(timeout=60)

    def token(self, role: str, **claims: object) -> str:
        answer = self.client.post(
            f"{self.stack.url('desk')}/token", json={"roles": [role], **claims}
        )
        return str(answer.raise_for_status().json()["access_token"])

    def officer(self, agency: UUID) -> dict[str, str]:
        token = self.token("personnel_officer", agency_id=str(agency))
        return {"Authorization": f"Bearer {token}"}

    def get(self, service: str, path: str, **params: str) -> dict[str, object]:
        headers = self.officer(JAMBI)
        answer = self.client.get(f"{self.stack.url(service)}{path}", headers=headers, params=params)
        found: dict[str, object] = answer.raise_for_status().json()
        return found

    def hand_in(self, file: Path, agency: UUID = JAMBI) -> str:
        headers = self.officer(agency)
        with file.open("rb") as content:
            answer = self.client.post(
                f"{self.stack.url('appraisal')}/imports",
                headers=headers,
                files={"file": (file.name, content)},
            )
        return str(answer.raise_for_status().json()["import_id"])

    def database(self, service: str) -> Path:
        return self.stack.data / f"{service}.db"

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        self.processes.signal(number, [name])

    def start(self, *names: str) -> None:
        for name in names:  # the one before must be gone, and its port free
            if name in self.processes.pids():
                self.processes._running[name].wait(timeout=30)
        self.processes.start(*names)

    def wait_ready(self, *names: str, seconds: float = 60) -> None:
        for name in names:
            self.wait(partial(self._ready, name), seconds=seconds, what=f"{name} ready")

    def wait(self, done: Callable[[], bool], *, seconds: float, what: str) -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            try:
                if done():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        pytest.fail(f"not within {seconds} s: {what}")

    def _ready(self, name: str) -> bool:
        path = "/.well-known/jwks.json" if name == "desk" else "/readyz"
        return self.client.get(f"{self.stack.url(name)}{path}").status_code == httpx.codes.OK


def free_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    for first in range(20_000 + os.getpid() % 5_000, 60_000, 100):
        taken = False
        for port in range(first, first + count):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    taken = True
                    break
        if not taken:
            return first
    raise RuntimeError("no free ports")


def migrate(stack: Stack) -> None:
    for service in SERVICES:
        subprocess.run(
            [sys.executable, "-m", "shared.migrations", service],
            cwd=PROJECT,
            env=environment(stack, os.environ, service),
            check=True,
        )


@pytest.fixture(scope="session")
def foundations(ran_on: Callable[[str, str], None]) -> Iterator[tuple[Kafka, Postgres] | None]:
    """Apache Kafka and PostgreSQL in containers, once for all tests; None where none can run."""
    if no_containers():
        yield None
        return
    first = free_ports(2)
    with Kafka(first) as kafka, Postgres(first + 1) as postgres:
        ran_on(f"Apache Kafka {kafka.version}", f"PostgreSQL {postgres.version}")
        yield kafka, postgres


@pytest.fixture
def kafka(foundations: tuple[Kafka, Postgres] | None) -> Kafka:
    """Apache Kafka as if new."""
    if foundations is None:
        pytest.skip(f"Apache Kafka: {no_containers()}")
    found = foundations[0]
    asyncio.run(found.wipe())
    return found


@pytest.fixture
def postgres(foundations: tuple[Kafka, Postgres] | None) -> Postgres:
    """PostgreSQL with an empty database a service."""
    if foundations is None:
        pytest.skip(f"PostgreSQL: {no_containers()}")
    found = foundations[1]
    asyncio.run(found.create(*SERVICES))
    return found


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Broker, desk and the three services; the portal is not needed here."""
    first = free_ports(60)
    stack = Stack(data=tmp_path / "data", base=first, kafka=first + 50)
    prepare(stack)
    migrate(stack)
    knobs = {"KINERJA_DATA": str(stack.data), "KINERJA_PORT_BASE": str(stack.base)}
    knobs |= {"KINERJA_KAFKA_PORT": str(stack.kafka)}
    with Processes(stack.logs, {**os.environ, **knobs}) as processes:
        running = Running(stack, processes)
        running.start("broker", "desk", *SERVICES)
        running.wait_ready("desk", *SERVICES)
        yield running
        running.client.close()

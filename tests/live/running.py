"""A stack that runs as real processes, with a data folder and ports of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
import pytest

from deploy.local.environment import PROJECT, SERVICES, Stack
from deploy.local.folder import environment, prepare
from deploy.local.processes import Processes
from tests.live.ground import Embedded, Ground, Stands

JAMBI = uuid5(NAMESPACE_URL, "urn:kinerja:agency:5500")
APART = 10
"""Ports between one process of a service and the next."""


class Running:
    """A stack that runs: its addresses, its processes, its databases.

    A service's second process is called `training-2`, its third `training-3`.
    """

    def __init__(self, stack: Stack, ground: Ground, environ: Mapping[str, str]) -> None:
        self.stack = stack
        self.ground = ground
        self.client = httpx.Client(timeout=60)
        self.processes = Processes(stack.logs, environ)
        self.environ = environ
        self._more: dict[int, Processes] = {}

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
        """A service's file, in the embedded stack."""
        return self.stack.data / f"{service}.db"

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        processes, service = self._of(name)
        processes.signal(number, [service])

    def start(self, *names: str, seconds: float = 30) -> None:
        """Start processes; those of the same name must end by themselves before that."""
        for name in names:
            processes, service = self._of(name)
            if service in processes.pids():  # it must be gone, and its port free
                processes.wait(service, seconds=seconds)
            processes.start(service)

    def runs(self, name: str) -> bool:
        """Whether a process was started and has not ended."""
        processes, service = self._of(name)
        running = processes._running.get(service)
        return running is not None and running.poll() is None

    def end(self, name: str, *, seconds: float = 30) -> int:
        """Wait for a process to end; gives its exit code."""
        processes, service = self._of(name)
        return processes._running[service].wait(seconds)

    def log(self, name: str) -> Path:
        processes, service = self._of(name)
        return processes.log(service)

    def url(self, name: str) -> str:
        service, number = _parts(name)
        return self._stack(number).url(service)

    def stop(self) -> None:
        for processes in (*self._more.values(), self.processes):
            processes.stop()
        self.client.close()

    def _of(self, name: str) -> tuple[Processes, str]:
        service, number = _parts(name)
        if number == 1:
            return self.processes, service
        if number not in self._more:
            logs = self.stack.data / f"log-{number}"
            logs.mkdir(exist_ok=True)
            moved = {"KINERJA_PORT_BASE": str(self._stack(number).base)}
            if own := self.environ.get("KINERJA_KAFKA_INSTANCE"):
                moved["KINERJA_KAFKA_INSTANCE"] = f"{own}-{number}"
            self._more[number] = Processes(logs, {**self.environ, **moved})
        return self._more[number], service

    def _stack(self, number: int) -> Stack:
        base = self.stack.base + (number - 1) * APART
        return Stack(data=self.stack.data, base=base, kafka=self.stack.kafka)

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
        return self.client.get(f"{self.url(name)}{path}").status_code == httpx.codes.OK


def _parts(name: str) -> tuple[str, int]:
    service, _, number = name.partition("-")
    return service, int(number or 1)


@contextmanager
def run(
    data: Path,
    names: Sequence[str] = SERVICES,
    *,
    on: Stands = Embedded,
    knobs: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """The desk and these processes, started and ready; ended when the block is left.

    `on` is what they stand on, `knobs` what else they are told.
    """
    first = free_ports(60)
    stack = Stack(data=data, base=first, kafka=first + 50)
    ground = on(stack)
    prepare(stack)
    own = {
        "KINERJA_DATA": str(stack.data),
        "KINERJA_PORT_BASE": str(stack.base),
        "KINERJA_KAFKA_PORT": str(stack.kafka),
        "KINERJA_ISSUER": stack.url("desk"),
        "KINERJA_JWKS_URL": f"{stack.url('desk')}/.well-known/jwks.json",
    }
    running = Running(stack, ground, {**os.environ, **own, **ground.knobs, **(knobs or {})})
    migrate(stack, ground.knobs)
    try:
        running.start(*ground.processes, "desk")
        running.wait_ready("desk")
        running.wait(partial(_listens, ground.servers), seconds=30, what="the broker listens")
        _module("deploy.cli", "topics", "apply", environ=running.environ)
        running.start(*names)
        running.wait_ready(*names)
        yield running
    finally:
        running.stop()


def migrate(stack: Stack, knobs: Mapping[str, str] | None = None) -> None:
    """Make every service's tables; all at once, since most of it is Python starting."""
    given = {**os.environ, **(knobs or {})}

    def one(service: str) -> None:
        _module("shared.migrations", service, environ=environment(stack, given, service))

    with ThreadPoolExecutor() as pool:
        list(pool.map(one, SERVICES))


def _module(*arguments: str, environ: Mapping[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=PROJECT,
        env=dict(environ),
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _listens(address: str) -> bool:
    host, _, port = address.partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def free_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    for first in range(20_000 + os.getpid() % 5_000, 60_000, 100):
        if not any(_listens(f"127.0.0.1:{port}") for port in range(first, first + count)):
            return first
    raise RuntimeError("no free ports")

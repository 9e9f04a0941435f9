"""Lets a plan's blows fall on a stack that runs, while exports are handed in."""

import heapq
import itertools
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import httpx

from deploy.local.environment import SERVICES
from tests.live.chaos.plan import Blow, How
from tests.live.chaos.poison import Poisoner
from tests.live.gate import Gate
from tests.live.ground import Real
from tests.live.running import Running

PATIENCE = 12
"""Seconds a process may take to end in good order before it is killed."""
SIGNALS = {
    How.KILL: signal.SIGKILL,
    How.TERMINATE: signal.SIGTERM,
    How.PAUSE: signal.SIGSTOP,
}


class Storm:
    """A stack, what it stands on, and what has fallen on it so far."""

    def __init__(self, running: Running, ground: Real, gate: Gate, poisoner: Poisoner) -> None:
        self.running = running
        self.ground = ground
        self.gate = gate
        self.poisoner = poisoner
        self.fallen: list[Blow] = []
        self.ended: list[str] = []
        """Processes that ended though nobody asked them to: a start the broker missed."""
        self._up = set(SERVICES)
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._began = time.monotonic()

    def rage(self, blows: Iterable[Blow]) -> None:
        """Let these blows fall, each at its time; everybody is up again at the end."""
        for blow in blows:
            self._until(blow.at)
            self.fallen.append(blow)
            self._strike(blow)
        self._until(float("inf"))

    def watch(self) -> None:
        """Start again what has ended by itself, as whatever watches processes does."""
        for name in self._up:
            if not self.running.runs(name):
                self.ended.append(f"{name}: {self.running.log(name).read_text()[-1500:]}")
                self.running.start(name)

    def count(self, *targets: str) -> int:
        """How many blows fell on these."""
        return sum(blow.target in targets for blow in self.fallen)

    def _until(self, at: float) -> None:
        """Wait for this time; who is due to come back meanwhile does."""
        while self._later and self._later[0][0] <= at:
            due, _, come_back = heapq.heappop(self._later)
            self._sleep(due)
            come_back()
        if at < float("inf"):
            self._sleep(at)

    def _sleep(self, at: float) -> None:
        while (left := self._began + at - time.monotonic()) > 0:
            self.watch()
            time.sleep(min(left, 0.2))

    def _back(self, blow: Blow, come_back: Callable[[], None]) -> None:
        heapq.heappush(self._later, (blow.at + blow.lasting, next(self._number), come_back))

    def _strike(self, blow: Blow) -> None:
        if blow.how is How.SCALE:
            self._scale(blow.processes)
        elif blow.how is How.POISON:
            self.poisoner.inject()
        elif blow.target.partition("-")[0] in SERVICES:
            self._strike_process(blow)
        elif blow.target == "kafka":
            self._strike_kafka(blow)
        else:
            self._strike_server(blow)

    def _strike_process(self, blow: Blow) -> None:
        name = blow.target
        self.running.kill(name, SIGNALS[blow.how])
        if blow.how is How.PAUSE:
            self._back(blow, lambda: self.running.kill(name, signal.SIGCONT))
            return
        self._up.discard(name)

        def start() -> None:
            self._ends(name, PATIENCE)
            self.running.start(name)
            self._up.add(name)

        self._back(blow, start)

    def _strike_kafka(self, blow: Blow) -> None:
        if blow.how is How.CUT:
            self.gate.cut()
        elif blow.how is How.SHUT:
            self.gate.shut()
            self._back(blow, self.gate.open)
        else:
            self._strike_server(blow)

    def _strike_server(self, blow: Blow) -> None:
        server = self.ground.kafka if blow.target == "kafka" else self.ground.postgres
        if blow.how is How.CUT:
            self.ground.cut()
        elif blow.how is How.PAUSE:
            server.pause()
            self._back(blow, server.resume)
        else:
            (server.kill if blow.how is How.KILL else server.terminate)()
            self._back(blow, server.start)

    def _scale(self, processes: int) -> None:
        for number in (2, 3):
            name = f"training-{number}"
            if number <= processes and name not in self._up:
                self.running.start(name)
                self._up.add(name)
            elif number > processes and name in self._up:
                self._up.discard(name)
                self.running.kill(name, signal.SIGTERM)
                self._ends(name, PATIENCE)

    def _ends(self, name: str, seconds: float) -> None:
        """Wait for a process to end; a drain that takes too long is cut off."""
        try:
            self.running.end(name, seconds=seconds)
        except subprocess.TimeoutExpired:
            self.running.kill(name)
            self.running.end(name)


class Clerk:
    """Hands exports in one after the other, each as often as it takes, in a thread of its own."""

    def __init__(self, running: Running, files: Sequence[Path], *, pause: float) -> None:
        self._running = running
        self._files = files
        self._pause = pause
        self._thread = threading.Thread(target=self._work, name="clerk", daemon=True)
        self.imports: list[str] = []
        self._thread.start()

    def done(self) -> list[str]:
        """Wait until all are handed in; gives the imports' ids."""
        self._thread.join(timeout=240)
        assert not self._thread.is_alive(), "exports could not be handed in"
        return self.imports

    def _work(self) -> None:
        for file in self._files:
            while len(self.imports) < self._files.index(file) + 1:
                with suppress(httpx.HTTPError):
                    self.imports.append(self._running.hand_in(file))
                time.sleep(0.5)
            time.sleep(self._pause)

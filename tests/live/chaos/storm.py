"""Lets a plan's blows fall on a stack that runs, while exports are handed in."""

import heapq
import itertools
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence

from deploy.local.environment import SERVICES
from tests.live.chaos.plan import Blow, How
from tests.live.chaos.poison import Poisoner
from tests.live.gate import Gate
from tests.live.ground import Real
from tests.live.running import Running

PATIENCE = 12
"""Seconds a process may take to end in good order before it is killed."""
NEAR = 2.0
"""Seconds around a blow in which work counts as hit by it."""
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
        self.began = time.time()
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

    def busy(self, told: Sequence[float]) -> int:
        """How many blows fell within seconds of somebody's work; `told` is when facts were told."""
        return sum(
            any(
                self.began + blow.at - NEAR < at < self.began + blow.at + blow.lasting + NEAR
                for at in told
            )
            for blow in self.fallen
        )

    def story(self) -> str:
        """What fell, and what came of it."""
        return "\n".join([*map(str, self.fallen), *self.ended])

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

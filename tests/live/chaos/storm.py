"""Lets a plan's blows fall on a stack that runs, while exports are handed in."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from deploy.local.environment import SERVICES
from tests.live.chaos.plan import Blow, How
from tests.live.chaos.poison import Poisoner
from tests.live.chaos.work import Work
from tests.live.gate import Gate
from tests.live.ground import Real
from tests.live.running import Running

PATIENCE = 12
"""Seconds a process may take to end in good order before it is killed."""
IDLE = 12
"""Seconds a blow waits for work after the one before, at most."""
SIGNALS = {
    How.KILL: signal.SIGKILL,
    How.TERMINATE: signal.SIGTERM,
    How.PAUSE: signal.SIGSTOP,
}


@dataclass(frozen=True, slots=True)
class Fallen:
    """A blow that fell, how many seconds after the storm began, and whether into work."""

    blow: Blow
    at: float
    busy: bool

    def __str__(self) -> str:
        return f"{self.at:6.1f} {self.blow}{'' if self.busy else ' (nobody was at work)'}"


class Storm:
    """A stack, what it stands on, and what has fallen on it so far."""

    def __init__(self, running: Running, ground: Real, gate: Gate, poisoner: Poisoner) -> None:
        self.running = running
        self.ground = ground
        self.gate = gate
        self.poisoner = poisoner
        self.fallen: list[Fallen] = []
        self.ended: list[str] = []
        """Processes that ended though nobody asked them to: a start the broker missed."""
        self._up = set(SERVICES)
        self._away: dict[str, tuple[float, Callable[[], None]]] = {}
        self._began = time.monotonic()
        self._work = Work(ground)

    def rage(self, blows: Iterable[Blow]) -> None:
        """Let these blows fall, one after the other; everybody is up again at the end."""
        for blow in blows:
            self._wait(blow)
            self.fallen.append(Fallen(blow, self._now(), self._work.was_done()))
            self._work.forget()
            self._strike(blow)
        while self._away:
            self._pass_time()

    def watch(self) -> None:
        """Start again what has ended by itself, as whatever watches processes does."""
        for name in self._up:
            if not self.running.runs(name):
                self.ended.append(f"{name}: {self.running.log(name).read_text()[-1500:]}")
                self.running.start(name)

    def count(self, *targets: str) -> int:
        """How many blows fell on these."""
        return sum(one.blow.target in targets for one in self.fallen)

    def story(self) -> str:
        """What fell, and what came of it."""
        return "\n".join([*map(str, self.fallen), *self.ended])

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _wait(self, blow: Blow) -> None:
        """Wait until this blow may fall."""
        before = self.fallen[-1].at if self.fallen else 0.0
        while self._now() < before + blow.gap or self._is_away(blow):
            self._pass_time()
        while blow.waits and not self._work.was_done() and self._now() < before + IDLE:
            self._pass_time()

    def _is_away(self, blow: Blow) -> bool:
        """Nobody is hit again before he is back; nor are processes more or fewer before all are."""
        if blow.how is How.SCALE:
            return any(name.startswith(blow.target) for name in self._away)
        return blow.target in self._away

    def _pass_time(self) -> None:
        time.sleep(0.1)
        for name, (due, come_back) in tuple(self._away.items()):
            if self._now() >= due:
                come_back()
                del self._away[name]
        self.watch()

    def _back(self, blow: Blow, come_back: Callable[[], None]) -> None:
        self._away[blow.target] = (self._now() + blow.lasting, come_back)

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

"""One run: a program is given a fixed amount of work, and seen from outside when it is done."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tests.bench import machine
from tests.bench.bus import LOOK_SECONDS
from tests.bench.done import conditions
from tests.bench.facts import Work
from tests.bench.programs import Program, Running
from tests.bench.site import Site

STUCK_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Reading:
    """What a run took; CPU in microseconds an event."""

    n: int
    seconds: float
    app: float
    database: float
    broker: float
    idle: float = 0.0
    """Which part of the machine's cores did nothing."""

    @property
    def events_per_s(self) -> float:
        """From the first event to the last."""
        return self.n / self.seconds

    @property
    def cpu(self) -> float:
        """In all."""
        return self.app + self.database + self.broker


def once(
    site: Site, program: Program, stages: Sequence[str], work: Work, *, fresh: bool = True
) -> Reading:
    """Run stages over this work; databases begin empty unless said otherwise.

    The processes are started first and frozen while the topics are filled; the clock runs from the
    moment they go on until every group has committed the last offset and all answers are told.
    """
    if fresh:
        site.fresh()
        switch_email_off(site, work.people)
    bus = site.bus
    for stage in dict.fromkeys(stages):
        site.skip(program.group(stage), program.heard(stage))
    with program.started(site, stages) as running:
        running.freeze()
        told = bus.count(program.out)
        bus.feed(work.messages(program.out))
        return _timed(site, program, running, stages, told=told, n=work.n)


def _timed(
    site: Site, program: Program, running: Running, stages: Sequence[str], *, told: int, n: int
) -> Reading:
    work = machine.busy_and_idle()
    before = (running.cpu(), site.database_cpu(), site.broker_cpu())
    began = time.monotonic()
    running.go_on()
    for true in conditions(site, program, stages, told=told, n=n):
        _await(running, true)
    seconds = time.monotonic() - began
    idle = machine.idle_share(work)
    if program.name == "ours" and "training" in stages:
        _await(running, lambda: site.count(program.database("training"), "outbox") == 0)
    after = (running.cpu(), site.database_cpu(), site.broker_cpu())
    app, database, broker = ((b - a) / n * 1e6 for a, b in zip(before, after, strict=True))
    return Reading(n, seconds, app, database, broker, idle)


def _await(running: Running, true: Callable[[], bool]) -> None:
    ends = time.monotonic() + STUCK_SECONDS
    while not true():
        running.check()
        if time.monotonic() > ends:
            raise TimeoutError("the work is not done")
        time.sleep(LOOK_SECONDS)


def switch_email_off(site: Site, people: Iterable[UUID]) -> None:
    """Note that these people want no e-mail: notifications then make inbox rows alone."""
    rows = ((one, False, "id") for one in people)
    site.insert("notifications", "preference", ("recipient_id", "email", "language"), rows)

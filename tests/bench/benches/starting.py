"""How long it takes until there is something to use."""

import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import Final

from deploy.local.environment import PROJECT, SERVICES
from tests.bench.embedded import Embedded
from tests.bench.knobs import Knobs
from tests.bench.programs import Ours
from tests.bench.results import Row, figure
from tests.bench.site import Site, clean
from tests.live.conftest import free_ports

READY_GOAL: Final = ("<=", 3.0)
SUMMARY_GOAL: Final = ("<=", 30.0)


def starts(site: Site, knobs: Knobs) -> Iterator[Row]:
    """Each service from its start to ready; on a laptop, `make run` to its summary."""
    site.fresh()
    for service in SERVICES:
        found = []
        for _ in range(knobs.reps):
            with Ours().started(site, (service,)) as running:
                found.append(running.ready_seconds)
        yield figure(
            f"start: {service}", site.name, median(found), "s", READY_GOAL, reps=knobs.reps
        )
    if isinstance(site, Embedded):
        yield figure("start: make run to its summary", site.name, _run(site), "s", SUMMARY_GOAL)


def _run(site: Embedded) -> float:
    """What `make run ONCE=1` does once all is installed, with ports and a folder of its own."""
    base = free_ports(60)
    environ = clean() | {
        "KINERJA_DATA": str(site.folder / "run"),
        "KINERJA_PORT_BASE": str(base),
        "KINERJA_KAFKA_PORT": str(base + 50),
    }
    summary = site.folder / "summary.json"
    command = [sys.executable, "-m", "deploy.cli", "up", "--once", "--summary", str(summary)]
    with (site.folder / "run.log").open("wb") as log:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=PROJECT, env=environ, stdout=log, stderr=log)
        try:
            while not summary.exists():
                if process.poll() not in (None, 0) or time.monotonic() - began > 300:
                    raise RuntimeError((site.folder / "run.log").read_text()[-2000:])
                time.sleep(0.05)
            return time.monotonic() - began
        finally:
            process.terminate()
            process.wait(60)

"""The training stage as others would write it, beside the same floor: run by name only."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.bench import facts
from tests.bench.knobs import Knobs
from tests.bench.once import Reading, once
from tests.bench.production import Production
from tests.bench.programs import HEARD, Floor, Ours, Program, Running, start, write_answers
from tests.bench.results import Row, compared
from tests.bench.site import FLOOR_OUT, Site, clean
from tests.bench.talk import say

STAGE: Final = ("training",)
WITH_QUIX: Final = ("quixstreams", "psycopg[binary]", "msgspec", "uuid-utils")


class Peer(Floor):
    """A program that does the floor's work in another way, on the floor's tables."""

    def __init__(self, name: str, module: str, python: str = sys.executable) -> None:
        self.name = name
        self._module = module
        self._python = python

    @contextmanager
    def started(self, site: Site, stages: Sequence[str]) -> Iterator[Running]:
        """Start one process and wait until it has partitions."""
        environ = clean() | {
            "PEER_KAFKA": site.bus.servers,
            "PEER_DATABASE": site.floor_address("training"),
            "PEER_ANSWERS": str(site.folder / "answers.json"),
            "PEER_TOPIC": HEARD["training"][0],
            "PEER_OUT": FLOOR_OUT,
            "PEER_GROUP": self.group(stages[0]),
        }
        running = Running()
        try:
            command = [self._python, "-m", f"tests.bench.peers.{self._module}"]
            start(running, command, environ, site.folder / f"{self._module}.log")
            site.bus.wait_members(self.group(stages[0]), 1)
            yield running
        finally:
            running.end()


def peers(site: Site, knobs: Knobs) -> Iterator[Row]:
    """Floor, product and peers by turns, over few facts: the slowest takes seconds a thousand."""
    if not isinstance(site, Production):
        return
    programs: list[Program] = [
        Floor(),
        Ours(),
        Peer("FastStream per message, SQLModel session each", "per_message"),
        Peer("Quix Streams, batching sink", "quix", _with_quix(site.folder / "quix")),
    ]
    work = facts.evaluations(knobs.n_peers)
    write_answers(site.folder / "answers.json", work.facts)
    found: dict[str, list[Reading]] = {program.name: [] for program in programs}
    for number in range(knobs.reps + 1):
        for program in programs:
            reading = once(site, program, STAGE, work)
            say(site, STAGE, program, reading, counted=bool(number))
            if number:
                found[program.name].append(reading)
    for program in programs[1:]:
        name = f"peers: {program.name}"
        yield compared(name, site.name, found["floor"], found[program.name], {})


def _with_quix(folder: Path) -> str:
    """A Python of its own, so that the project's environment stays as it is locked."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        install = ["-m", "pip", "--python", str(python), "install", "--quiet", *WITH_QUIX]
        subprocess.run([sys.executable, *install], check=True)
    return str(python)

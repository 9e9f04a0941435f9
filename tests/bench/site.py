"""Where services run in a bench: what starts them, empties their databases, and counts."""

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from deploy.local.environment import PROJECT, SERVICES, Stack
from tests.bench.bus import Bus

OURS: Final = ("KINERJA_", "PORTAL_", "NOTIFICATIONS_", *(f"{one.upper()}_" for one in SERVICES))
FLOOR_OUT: Final = "bench.floor.recommendations"
FLOORS: Final = ("floor_training", "floor_notifications")


class Site(Protocol):
    """Where services run."""

    name: str
    what: str
    tells_members: bool
    bus: Bus
    folder: Path
    stack: Stack
    """Ports of its own."""

    def environment(self, service: str) -> dict[str, str]:
        """A service's whole environment but for its port."""

    def fresh(self) -> None:
        """Give each service and the floor an empty database."""

    def insert(
        self, service: str, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
    ) -> None:
        """Put rows into a service's table."""

    def floor_address(self, stage: str) -> str:
        """Where a stage of the floor keeps its rows."""

    def count(self, database: str, table: str) -> int:
        """Rows in a table of a service's or the floor's database."""

    def skip(self, group: str, topics: Sequence[str]) -> None:
        """Let a group, which nobody is in, begin behind all there is now."""

    def broker_cpu(self) -> float:
        """CPU seconds the broker has used."""

    def database_cpu(self) -> float:
        """CPU seconds the database server has used; 0 where it lives in its service."""


def clean() -> dict[str, str]:
    """This environment without any knob of ours: services are measured as shipped."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"PYTHONPATH": str(PROJECT)}


def migrate(service: str, environ: dict[str, str]) -> None:
    """Bring the database of this environment up to date."""
    subprocess.run(
        [sys.executable, "-m", "shared.migrations", service], cwd=PROJECT, env=environ, check=True
    )

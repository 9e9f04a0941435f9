"""The services, and the command for operators."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.environment import PROJECT, SERVICES
from tests.live.ground import Embedded, Stands
from tests.live.running import Running, run


class Tools:
    """A stack that runs, and the command for it."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.servers = running.ground.servers

    def kinerja(self, *arguments: str, code: int = 0) -> str:
        """What the command says; it must end with this code."""
        done = subprocess.run(
            [sys.executable, "-m", "deploy.cli", *arguments],
            cwd=PROJECT,
            env={**os.environ, **self.running.environ, "KINERJA_LANGUAGE": "en"},
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        assert done.returncode == code, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def answer(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.kinerja(*arguments, "--json", code=code))


@pytest.fixture
def tools(tmp_path: Path, best: Stands) -> Iterator[Tools]:
    """On Apache Kafka and PostgreSQL, or embedded where no container can run."""
    with run(tmp_path / "data", (*SERVICES, "portal"), on=best) as running:
        yield Tools(running)


@pytest.fixture
def embedded_tools(tmp_path: Path, on_embedded: None) -> Iterator[Tools]:
    """On the embedded stack."""
    with run(tmp_path / "data", (*SERVICES, "portal"), on=Embedded) as running:
        yield Tools(running)

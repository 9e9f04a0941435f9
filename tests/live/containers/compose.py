"""`docker compose` for tests: a project with a name, ports and volumes of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.environment import PROJECT, Stack

SECONDS = 420
"""How long one command may take; the first build takes longest."""
JAMBI = "5500"


class Compose:
    """A stack of containers, by the project's own files."""

    def __init__(self, name: str, base: int) -> None:
        self.stack = Stack(base=base, kafka=base + 50)
        ports = {
            "KINERJA_PORT_BASE": base,
            "KINERJA_PORTAL_PORT": base,
            "KINERJA_APPRAISAL_PORT": base + 1,
            "KINERJA_NOTIFICATIONS_PORT": base + 3,
            "KINERJA_DESK_PORT": base + 4,
            "KINERJA_TRAINING_PORTS": f"{base + 10}-{base + 19}",
            "KINERJA_MAIL_PORT": base + 25,
            "KINERJA_KAFKA_PORT": base + 50,
        }
        mine = ("COMPOSE_", "KINERJA_", "PORTAL_", "NOTIFICATIONS_")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(mine)}
        self.environment |= {key: str(value) for key, value in ports.items()}
        self.environment |= {"COMPOSE_PROJECT_NAME": name, "KINERJA_VERSION": "test"}

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run `docker compose …`; gives what it says, fails with what went wrong."""
        return self.docker("compose", *arguments, stdin=stdin)

    def docker(self, *arguments: str, stdin: str = "") -> str:
        """Run `docker …`."""
        done = subprocess.run(
            ["docker", *arguments],  # noqa: S607  # wherever it is installed
            cwd=PROJECT,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode != 0:
            pytest.fail(f"docker {' '.join(arguments)}: {done.stderr[-3000:]}")
        return done.stdout

    def containers(self, service: str) -> list[str]:
        """The ids of a service's containers, those that have ended too."""
        return self.run("ps", "--all", "--quiet", service).split()

    def inspect(self, container: str) -> dict[str, Any]:
        """All the engine knows of a container."""
        [found] = json.loads(self.docker("inspect", container))
        return dict(found)

    def python(self, service: str, program: str) -> str:
        """Run a program inside a service's container, as the service's user."""
        return self.run("exec", "-T", service, "python", "-", stdin=program)

    def ask(self, service: str, query: str) -> list[tuple[Any, ...]]:
        """Put a query to a service's database, past the service."""
        rows = f"select coalesce(json_agg(q), '[]') from ({query}) q"  # noqa: S608  # a test's own
        psql = ("psql", "-U", "postgres", "-d", service, "-qAt", "-v", "ON_ERROR_STOP=1")
        answer = self.run("exec", "-T", "postgres", *psql, stdin=rows)
        return [tuple(map(_plain, row.values())) for row in json.loads(answer)]

    def kinerja(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command `kinerja` against these containers."""
        return subprocess.run(
            [sys.executable, "-m", "deploy.cli", *arguments],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @cached_property
    def _officer(self) -> dict[str, str]:
        token = self.kinerja("token", "personnel_officer", "--agency", JAMBI).stdout.strip()
        return {"Authorization": f"Bearer {token}"}

    def get(self, service: str, path: str, **params: str) -> dict[str, Any]:
        """Ask a service over HTTP, as the sample agency's personnel officer."""
        url = f"http://{self.run('port', service, '8080').strip()}{path}"
        answer = httpx.get(url, params=params, headers=self._officer, timeout=30)
        return dict(answer.raise_for_status().json())

    def hand_in(self, file: Path) -> str:
        """Import a file with the command, to its end; gives the import's id."""
        done = self.kinerja("import", str(file))
        assert done.returncode in (0, 3), done.stdout + done.stderr
        return str(self.get("appraisal", "/imports")["items"][0]["import_id"])

    def upload(self, file: Path) -> str:
        """Only hand a file in; gives the import's id."""
        url = f"{self.stack.url('appraisal')}/imports"
        with file.open("rb") as content:
            files = {"file": (file.name, content)}
            answer = httpx.post(url, files=files, headers=self._officer, timeout=60)
        return str(answer.raise_for_status().json()["import_id"])


def _plain(value: object) -> object:
    """Bytes, which JSON has as hexadecimal digits, as the text they are."""
    if isinstance(value, str) and value.startswith("\\x"):
        return bytes.fromhex(value[2:]).decode()
    return value


def until(true: Callable[[], object], what: Callable[[], object], *, seconds: float = 90) -> None:
    """Wait until something holds; says what it was instead where it does not."""
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() > ends:
            pytest.fail(f"not within {seconds} s: {what()}")
        time.sleep(1)

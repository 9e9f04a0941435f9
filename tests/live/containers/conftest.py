"""The whole stack in containers, once for all tests here; skipped where Docker cannot run it."""

import json
import os
import re
from collections.abc import Callable, Iterator

import pytest

from deploy.local.environment import PROJECT
from tests.live import engine
from tests.live.containers.compose import Compose
from tests.live.running import free_ports


def obstacle() -> str | None:
    """Why the stack's containers cannot run here, in one sentence; None where they can."""
    files = [PROJECT / "deploy" / "Dockerfile", PROJECT / "docker-compose.yml"]
    text = "\n".join(file.read_text() for file in files)
    named = set(re.findall(r"^\s*(?:FROM|image:) ([a-z/]+:[\w.-]+)$", text, re.MULTILINE))
    if why := engine.obstacle(*named, "python:3.11-slim"):
        return why
    if not engine.says("docker", "compose", "version", "--short"):
        return "docker has no compose plugin"
    return None


def as_run(compose: Compose) -> tuple[str, str]:
    """Broker and database, by what their own programs say."""
    kafka = compose.run(
        "exec", "-T", "kafka", "/opt/kafka/bin/kafka-topics.sh", "--version"
    ).split()[0]
    [(version,)] = compose.ask("postgres", "select current_setting('server_version') as version")
    return f"Apache Kafka {kafka}", f"PostgreSQL {version.split()[0]}"


@pytest.fixture(scope="session")
def compose(ran_on: Callable[[str, str], None]) -> Iterator[Compose]:
    """The stack as `docker compose up -d --wait` makes it on a laptop."""
    if why := obstacle():
        pytest.skip(f"Containers: {why}")
    found = Compose(f"kinerja-test-{os.getpid()}", free_ports(60))
    assert json.loads(found.run("config", "--format", "json"))["name"].startswith("kinerja-test")
    try:
        found.run("up", "--detach", "--wait", "--build", "--quiet-pull")
        ran_on(*as_run(found))
        yield found
    finally:
        found.run("down", "--volumes", "--remove-orphans", "--timeout", "5")

"""The services on the embedded broker, and on Apache Kafka where KINERJA_TEST_KAFKA names one.

That broker is these tests' alone: its topics of ours are deleted before they begin.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.environment import PROJECT, SERVICES, Stack
from deploy.local.folder import prepare
from deploy.local.processes import Processes
from shared.provision import DECLARED
from tests.live.conftest import Running, free_ports, migrate

KAFKA = os.environ.get("KINERJA_TEST_KAFKA", "")


class Tools:
    """A stack that runs, and the command for it."""

    def __init__(self, running: Running, servers: str, knobs: dict[str, str]) -> None:
        self.running = running
        self.servers = servers
        self._knobs = knobs

    def kinerja(self, *arguments: str, code: int = 0) -> str:
        """What the command says; it must end with this code."""
        done = subprocess.run(
            [sys.executable, "-m", "deploy.cli", *arguments],
            cwd=PROJECT,
            env={**os.environ, **self._knobs, "KINERJA_LANGUAGE": "en"},
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        assert done.returncode == code, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def answer(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.kinerja(*arguments, "--json", code=code))


@pytest.fixture(params=["embedded", "kafka"])
def tools(
    request: pytest.FixtureRequest, tmp_path: Path, ran_on: Callable[[str, str], None]
) -> Iterator[Tools]:
    is_kafka = request.param == "kafka"
    if is_kafka and not KAFKA:
        pytest.skip("KINERJA_TEST_KAFKA names no Apache Kafka")
    first = free_ports(60)
    stack = Stack(data=tmp_path / "data", base=first, kafka=first + 50)
    servers = KAFKA if is_kafka else stack.kafka_servers
    if is_kafka:
        ran_on("Apache Kafka", "SQLite")
        asyncio.run(_wipe(servers))
    prepare(stack)
    migrate(stack)
    knobs = {
        "KINERJA_DATA": str(stack.data),
        "KINERJA_PORT_BASE": str(stack.base),
        "KINERJA_KAFKA_PORT": str(stack.kafka),
        "KINERJA_KAFKA_SERVERS": servers,
    }
    with Processes(stack.logs, {**os.environ, **knobs}) as processes:
        running = Running(stack, processes)
        tools = Tools(running, servers, knobs)
        running.start(*(["desk"] if is_kafka else ["broker", "desk"]))
        running.wait_ready("desk")
        tools.kinerja("topics", "apply")
        running.start(*SERVICES, "portal")
        running.wait_ready(*SERVICES)
        yield tools
        running.client.close()


async def _wipe(servers: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        ours = {topic.name for topic in DECLARED} & set(await admin.list_topics())
        if ours:
            await admin.delete_topics(sorted(ours))
        while ours & set(await admin.list_topics()):  # noqa: ASYNC110  # nobody tells us
            await asyncio.sleep(0.2)
    finally:
        await admin.close()

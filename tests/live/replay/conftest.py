"""The services as real processes on Apache Kafka and PostgreSQL; their databases to be lost."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.environment import PROJECT, SERVICES
from deploy.local.folder import environment
from shared.provision import create_missing
from tests.live.engine import no_containers
from tests.live.ground import Real
from tests.live.real import Kafka, Postgres
from tests.live.running import Running, run

SESSION_MS = 6000


class Loss:
    """A stack that runs, the foundations under it, and what is kept in its databases."""

    def __init__(self, running: Running, kafka: Kafka, postgres: Postgres) -> None:
        self.running = running
        self.kafka = kafka
        self.postgres = postgres

    def ask(self, service: str, query: str) -> list[tuple[Any, ...]]:
        """Put a query to a service's database, past the service; ids as text, JSON as it is."""

        async def rows() -> list[tuple[Any, ...]]:
            connection = await asyncpg.connect(self.postgres.address(service))
            try:
                return [tuple(map(_plain, row)) for row in await connection.fetch(query)]
            finally:
                await connection.close()

        return asyncio.run(rows())

    def make_topics(self) -> list[str]:
        return asyncio.run(create_missing({"bootstrap_servers": self.kafka.servers}))

    def lose(self, *services: str) -> None:
        """Their databases are gone, and empty ones in their place."""
        asyncio.run(self.postgres.create(*services))
        self.migrate(*services)

    def migrate(self, *services: str) -> None:
        for service in services:
            self.python("shared.migrations", service, service=service)

    def python(
        self, module: str, *arguments: str, service: str = "", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of ours, with a service's knobs if one is named."""
        names = [service] if service else []
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=PROJECT,
            env=environment(self.running.stack, self.running.environ, *names),
            capture_output=True,
            text=True,
            check=check,
        )

    def stop(self, *services: str) -> None:
        """End services in good order, and wait until Kafka knows that they are gone."""
        self.running.processes.signal(signal.SIGTERM, services)
        for service in services:
            self.running.processes.wait(service, seconds=40)
        ends = time.monotonic() + 60
        while members := asyncio.run(self._members(*services)):
            assert time.monotonic() < ends, members
            time.sleep(0.5)

    async def _members(self, *groups: str) -> int:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.servers)
        await admin.start()
        try:
            told = [await admin.describe_consumer_groups([group]) for group in groups]
        finally:
            await admin.close()
        return sum(len(one[5]) for [answer] in told for one in answer.groups)

    def start(self, *services: str) -> None:
        self.running.start(*services)
        self.running.wait_ready(*services)

    def replay(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Run `kinerja replay … --json`; gives its answer."""
        given = ("replay", *arguments, "--yes", "--json")
        done = self.python("deploy.cli", *given, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return dict(json.loads(done.stdout)) if code == 0 else {"said": done.stderr}

    def mails(self) -> int:
        """How many e-mails the sink ever got; none of them came twice."""
        url = f"{self.running.stack.url('desk')}/mail/count"
        counts = self.running.client.get(url).json()
        assert counts["repeated"] == 0
        return int(counts["total"])


def _plain(value: object) -> object:
    return value.hex if hasattr(value, "hex") and hasattr(value, "version") else value


@pytest.fixture(scope="module")
def loss(
    foundations: tuple[Kafka, Postgres] | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loss]:
    """Everything runs, once for all tests here, which come one after the other."""
    if foundations is None:
        pytest.skip(f"Apache Kafka and PostgreSQL: {no_containers()}")
    kafka, postgres = foundations
    asyncio.run(kafka.wipe())
    asyncio.run(postgres.create(*SERVICES))
    knobs = {
        "KINERJA_KAFKA_IDEMPOTENT": "true",
        "KINERJA_KAFKA_PROVISION": "false",
        "KINERJA_KAFKA_SESSION_MS": str(SESSION_MS),
        "NOTIFICATIONS_MAILS_AT_ONCE": "1000",
    }
    folder = tmp_path_factory.mktemp("replay") / "data"
    with run(folder, on=lambda _stack: Real(kafka, postgres), knobs=knobs) as running:
        yield Loss(running, kafka, postgres)

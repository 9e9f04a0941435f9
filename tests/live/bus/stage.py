"""Tellers and hearers as real processes on Apache Kafka and PostgreSQL, and what they did."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import Table, func, select

from deploy.local.environment import PROJECT
from shared import outbox
from shared.carrier import Carrier
from shared.database import Database
from shared.events import EmployeeRegistered, Fact
from shared.events.topics import Topic
from shared.provision import create_missing
from shared.relay import Relay
from shared.service import client_settings, producer_settings
from shared.settings import CommonSettings
from tests.live.conftest import free_ports
from tests.live.real import Kafka, Postgres
from tests.shared.conftest import fresh
from tests.shared.facts import SOURCE, effect, kept
from tests.shared.telling import running

TOPIC = EmployeeRegistered.topic.name
NAMES = ("teller", "hearer")
SESSION_MS = 6000
"""How long a process that died is waited for."""


class Stage:
    """What runs, where it keeps what it does, and what it did."""

    def __init__(self, folder: Path, kafka: Kafka, postgres: Postgres) -> None:
        self.folder = folder
        self.kafka = kafka
        self.postgres = postgres
        self.first = free_ports(20)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.databases: dict[str, Database] = {}
        self.common = CommonSettings(kafka_servers=kafka.servers, kafka_replication=1)
        self.client = client_settings("tests", self.common)

    async def open(self) -> None:
        await self.postgres.create(*NAMES)
        self.databases = {name: await fresh(self.postgres.url(name)) for name in NAMES}

    async def close(self) -> None:
        for process in self.processes.values():
            process.terminate()  # the next test need not wait until the group forgets it
        for process in self.processes.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for database in self.databases.values():
            await database.close()

    async def topics(self, *, partitions: int = 4) -> None:
        """Make the topic the teller tells on."""
        declared = Topic(TOPIC, partitions=partitions, retention_ms=3_600_000)
        await create_missing(self.client, declared=[declared])

    def carrier(self) -> Carrier:
        return Carrier(self.client, producer_settings(self.common))

    @contextlib.asynccontextmanager
    async def relaying(self) -> AsyncIterator[None]:
        """A relay in this process, in which a test can turn its knobs."""
        carrier = self.carrier()
        relay = Relay(self.databases["teller"], carrier, check_seconds=60)
        try:
            async with running(relay):
                yield
        finally:
            await carrier.close()

    def start(self, name: str, *, number: int = 0, **knobs: object) -> None:
        """Start a teller or a hearer; `number` tells several apart."""
        environment = os.environ | {
            "TESTS_DATABASE_URL": self.postgres.url(name),
            "KINERJA_KAFKA_SERVERS": self.kafka.servers,
            "KINERJA_KAFKA_REPLICATION": "1",
            "KINERJA_KAFKA_SESSION_MS": str(SESSION_MS),
            **{name: str(value) for name, value in knobs.items()},
        }
        port = str(self.port(name, number))
        command = [sys.executable, "-m", "tests.live.bus.program", name, port]
        with self.log(name, number).open("ab") as log:
            self.processes[f"{name}{number}"] = subprocess.Popen(
                command, cwd=PROJECT, env=environment, stdout=log, stderr=log
            )

    def log(self, name: str, number: int = 0) -> Path:
        return self.folder / f"{name}{number}.log"

    def port(self, name: str, number: int = 0) -> int:
        return self.first + 10 * NAMES.index(name) + number

    def signal(self, name: str, number: int, what: signal.Signals) -> None:
        self.processes[f"{name}{number}"].send_signal(what)

    def kill(self, name: str, number: int = 0) -> None:
        process = self.processes.pop(f"{name}{number}")
        process.kill()
        process.wait(timeout=30)

    def highest_memory(self, name: str, number: int = 0) -> float:
        """The most memory (MiB, resident) it ever had."""
        pid = self.processes[f"{name}{number}"].pid
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(one.split()[1]) for one in lines if one.startswith("VmHWM:")) / 1024

    async def ask(self, path: str, name: str, number: int = 0) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.get(f"http://127.0.0.1:{self.port(name, number)}{path}")

    async def ready(self, name: str, number: int = 0) -> None:
        async def answers() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                return (await self.ask("/readyz", name, number)).is_success
            return False

        await self.until(answers, f"{name}{number} is ready", 60)

    async def until(
        self, true: Callable[[], Awaitable[bool]], what: str, seconds: float = 30
    ) -> None:
        ends = time.monotonic() + seconds
        while not await true():
            if time.monotonic() > ends:
                pytest.fail(f"not within {seconds} s: {what}\n{self.logs()}")
            await asyncio.sleep(0.05)

    def logs(self) -> str:
        return "\n".join(
            f"== {file.name}\n" + "\n".join(file.read_text(errors="replace").splitlines()[-15:])
            for file in sorted(self.folder.glob("*.log"))
        )

    async def tell(self, facts: Sequence[Fact[EmployeeRegistered]]) -> None:
        for start in range(0, len(facts), 5000):
            async with self.databases["teller"].begin() as session:
                await outbox.tell(session, facts[start : start + 5000], source=SOURCE)

    async def heard(self, count: int, seconds: float = 40) -> None:
        async def enough() -> bool:
            return await self.count("hearer", effect) >= count

        await self.until(enough, f"{count} facts heard", seconds)

    async def all_told(self, seconds: float = 40) -> None:
        async def empty() -> bool:
            return await self.count("teller", outbox.outbox) == 0

        await self.until(empty, "all is told", seconds)

    async def count(self, name: str, table: Table) -> int:
        async with self.databases[name].read() as session:
            rows = select(func.count()).select_from(table)
            return int((await (await session.connection()).execute(rows)).scalar() or 0)

    async def kept(self) -> list[str]:
        return await kept(self.databases["hearer"])

    async def told(self, topic: str = TOPIC) -> dict[bytes | None, list[int]]:
        """By key, the numbers facts have for a name, as they lie on the topic."""
        asker = AIOKafkaConsumer(
            topic,
            bootstrap_servers=self.kafka.servers,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await asker.start()
        found: defaultdict[bytes | None, list[int]] = defaultdict(list)
        try:
            ends = await asker.end_offsets(asker.assignment())
            while any([await asker.position(one) < end for one, end in ends.items()]):
                for records in (await asker.getmany(timeout_ms=200)).values():
                    for record in records:
                        found[record.key].append(int(json.loads(record.value)["name"]))
        finally:
            await asker.stop()
        return dict(found)

    async def committed(self) -> int:
        """How many records the hearers' group is through with."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.servers)
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets("hearer")
        finally:
            await admin.close()
        return sum(max(0, one.offset) for one in offsets.values())


def firsts(told: Sequence[int]) -> list[int]:
    """A log without its repeats.

    A relay that dies leaves repeats, 0 1 2 1 2 3, and one that is frozen just after it proved its
    lead may leave them later than it should: 0 1 2 3 1 2. Who hears knows them by their ids.
    """
    return list(dict.fromkeys(told))

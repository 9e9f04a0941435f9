"""A broker, a teller and hearers as real processes, to be killed in every way."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import Table, func, select

from deploy.local import broker as embedded
from deploy.local.environment import PROJECT
from shared import outbox
from shared.database import Database
from shared.events import EmployeeRegistered, Fact
from tests.live.real import Kafka, Postgres
from tests.live.running import free_ports
from tests.shared import postgres
from tests.shared.conftest import fresh
from tests.shared.facts import SOURCE, effect, kept

Foundations = tuple[Kafka, Postgres]
NAMES = ("teller", "hearer")
SESSION_MS = 3000
"""Tansu lets a member in after half a session; one that died is waited for about twice that."""


class Stage:
    """What runs, where it keeps what it does, and what it did."""

    def __init__(self, folder: Path, real: Foundations | None) -> None:
        self.folder = folder
        self.first = free_ports(20)
        self.real = real[0] if real else None
        self.kafka = self.real.port if self.real else self.first + 15
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.urls = {
            name: real[1].url(name) if real else f"sqlite+aiosqlite:///{folder / name}.db"
            for name in NAMES
        }
        self.databases: dict[str, Database] = {}

    async def open(self) -> None:
        self.databases = {name: await fresh(url) for name, url in self.urls.items()}

    async def close(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()
        for database in self.databases.values():
            await database.close()

    async def kill_broker(self) -> None:
        if self.real:
            await asyncio.to_thread(self.real.kill)
        else:
            self.end("broker")

    async def start_broker(self) -> None:
        """Start it, empty; what it held before is lost."""
        if self.real:
            await asyncio.to_thread(self.real.lose)
            await self.real.answers()
            return
        program = embedded.binary(self.folder, os.environ)
        self._start("broker", embedded.command(program, self.kafka), {"RUST_LOG": "warn"})

    def start(self, name: str, *, number: int = 0, **knobs: object) -> None:
        """Start a teller or a hearer; `number` tells several hearers apart."""
        port = self.port(name, number)
        environment = os.environ | {
            "TESTS_DATABASE_URL": self.urls[name],
            "TESTS_BATCH": "100",
            "KINERJA_KAFKA_SERVERS": f"127.0.0.1:{self.kafka}",
            "KINERJA_KAFKA_IDEMPOTENT": "true" if self.real else "false",
            "KINERJA_KAFKA_PROVISION": "true",
            "KINERJA_KAFKA_REPLICATION": "1",
            "KINERJA_KAFKA_FETCH_WAIT_MS": "500" if self.real else "10",
            "KINERJA_KAFKA_SESSION_MS": str(SESSION_MS),
            "KINERJA_KAFKA_CHECK_SECONDS": "0.5",
            "KINERJA_KAFKA_METADATA_MS": "5000",
            **{name: str(value) for name, value in knobs.items()},
        }
        command = [sys.executable, "-m", "tests.live.delivery.program", name, str(port)]
        self._start(f"{name}{number or ''}", command, environment)

    def _start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(  # our own programs
                command, cwd=PROJECT, env=environment, stdout=log, stderr=log
            )

    def port(self, name: str, number: int = 0) -> int:
        return self.first + {"teller": 0, "hearer": 5}[name] + number

    def end(self, name: str, signal_number: int = signal.SIGKILL) -> int:
        """Signal a process and wait for its end; gives its exit code."""
        process = self.processes.pop(name)
        process.send_signal(signal_number)
        return process.wait(timeout=30)

    async def ready(self, name: str, number: int = 0) -> None:
        async def answers() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                async with httpx.AsyncClient(trust_env=False) as client:
                    url = f"http://127.0.0.1:{self.port(name, number)}/readyz"
                    return (await client.get(url)).is_success
            return False

        await self.until(answers, f"{name} is ready", 45)

    async def metric(self, line: str, name: str = "hearer", number: int = 0) -> float:
        """The sum of what a process counts in lines that begin so."""
        async with httpx.AsyncClient(trust_env=False) as client:
            url = f"http://127.0.0.1:{self.port(name, number)}/metrics"
            told = (await client.get(url)).text.splitlines()
        return sum(float(one.rsplit(" ", 1)[1]) for one in told if one.startswith(line))

    async def until(self, true: Callable[[], Any], what: str, seconds: float = 30) -> None:
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
        database = self.databases["teller"]
        for start in range(0, len(facts), 200):
            async with database.begin() as session:
                await outbox.tell(session, facts[start : start + 200], source=SOURCE)

    async def effects(self) -> int:
        return await self._count("hearer", effect)

    async def heard(self, count: int, seconds: float = 40) -> None:
        async def enough() -> bool:
            return await self.effects() >= count

        await self.until(enough, f"{count} facts heard", seconds)

    async def kept(self) -> list[str]:
        return await kept(self.databases["hearer"])

    async def all_told(self) -> None:
        """Wait until no outbox holds anything any more."""

        async def empty() -> bool:
            left = [await self._count(name, outbox.outbox) for name in self.databases]
            return sum(left) == 0

        await self.until(empty, "all outboxes are empty")

    async def _count(self, name: str, table: Table) -> int:
        async with self.databases[name].read() as session:
            rows = select(func.count()).select_from(table)
            return int((await (await session.connection()).execute(rows)).scalar() or 0)

    async def told(self, topic: str) -> Counter[bytes]:
        """How often each fact lies on a topic, by its id."""
        asker = AIOKafkaConsumer(
            topic,
            bootstrap_servers=f"127.0.0.1:{self.kafka}",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await asker.start()
        found: Counter[bytes] = Counter()
        try:
            while batches := await asker.getmany(timeout_ms=1000):
                for records in batches.values():
                    found.update(dict(record.headers)["ce_id"] for record in records)
        finally:
            await asker.stop()
        return found

    @contextlib.asynccontextmanager
    async def stranger(self) -> AsyncIterator[AIOKafkaProducer]:
        """A producer that keeps to no contract."""
        producer = AIOKafkaProducer(bootstrap_servers=f"127.0.0.1:{self.kafka}")
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()


@pytest.fixture
def real(request: pytest.FixtureRequest) -> Foundations | None:
    """Apache Kafka and PostgreSQL as if new; None where no container can run."""
    if request.getfixturevalue("foundations") is None:
        request.getfixturevalue("on_embedded")
        return None
    kafka, postgres = map(request.getfixturevalue, ("kafka", "postgres"))
    asyncio.run(postgres.create(*NAMES))
    return kafka, postgres


@pytest.fixture
async def stage(tmp_path: Path, real: Foundations | None) -> AsyncIterator[Stage]:
    found = Stage(tmp_path, real)
    await found.open()
    if real is None:
        await found.start_broker()
    found.start("teller")
    try:
        yield found
    finally:
        await found.close()


@pytest.fixture
def server(real: Foundations | None) -> Iterator[postgres.Server | None]:
    """A PostgreSQL for what several processes share; None where there is one, or can be none."""
    programs = postgres.programs()
    if real is not None or programs is None:
        yield None
        return
    with postgres.running(programs) as found:
        yield found

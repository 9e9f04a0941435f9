"""Apache Kafka and PostgreSQL under the services, as in production."""

import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from deploy.local.environment import HOST, SERVICES, Stack
from deploy.local.folder import prepare
from tests.bench import machine
from tests.bench.bus import Bus
from tests.bench.floor.disk import TABLES
from tests.bench.servers import Servers
from tests.bench.site import FLOOR_OUT, FLOORS, clean, migrate


class Production:
    """Apache Kafka and PostgreSQL, services as in production."""

    name = "kafka-postgres"
    tells_members = True

    def __init__(self, servers: Servers, folder: Path, base: int) -> None:
        self.servers = servers
        self.what = servers.what
        self.folder = folder
        self.stack = Stack(data=folder, base=base, kafka=base + 50)
        prepare(self.stack)
        self.bus = Bus(servers.kafka)
        self.bus.prepare(FLOOR_OUT)
        self._secret = secrets.token_urlsafe(48)
        for service in SERVICES:
            self._create(_empty(service))
            migrate(service, self.environment(service) | self._at(service, _empty(service)))
        for stage in FLOORS:
            self._create(_empty(stage))
            servers.ask(_empty(stage), *TABLES)

    def environment(self, service: str) -> dict[str, str]:
        """As docker-compose.yml has it, but that all share one loopback interface."""
        common = {
            "KINERJA_PROFILE": "production",
            "KINERJA_KAFKA_SERVERS": self.servers.kafka,
            "KINERJA_KAFKA_REPLICATION": "1",
            "KINERJA_ISSUER": self.stack.url("desk"),
            "APPRAISAL_SECRET_KEY": self._secret,
            "NOTIFICATIONS_PORTAL_URL": f"http://{HOST}:9",
            "NOTIFICATIONS_SMTP_HOST": HOST,
            "NOTIFICATIONS_SMTP_PORT": "9",
            "NOTIFICATIONS_SMTP_TLS": "none",
            "NOTIFICATIONS_SENDER": "Kinerja <kinerja@surat.example>",
        }
        return clean() | common | self._at(service, _own(service))

    def _at(self, service: str, database: str) -> dict[str, str]:
        url = self.servers.url(database).replace("postgresql://", "postgresql+asyncpg://")
        return {f"{service.upper()}_DATABASE_URL": url}

    def fresh(self) -> None:
        """Copies of the empty ones; then a checkpoint, so that none falls into a run."""
        for name in (*SERVICES, *FLOORS):
            self._create(_own(name), template=_empty(name))
        self.servers.ask("postgres", "checkpoint")

    def lay_aside(self, services: Iterable[str]) -> None:
        """Keep these services' databases as they are, for later."""
        for name in services:
            self._rename(_own(name), _aside(name))

    def take_back(self, services: Iterable[str]) -> None:
        """Go on with what was laid aside."""
        for name in services:
            self._rename(_aside(name), _own(name))
        self.servers.ask("postgres", "checkpoint")

    def insert(
        self, service: str, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
    ) -> None:
        """By COPY."""
        self.servers.copy(_own(service), table, columns, rows)

    def ask(self, service: str, *statements: str) -> list[Any]:
        """Run statements in a service's database; gives the rows of the last."""
        return self.servers.ask(_own(service), *statements)

    def floor_address(self, stage: str) -> str:
        """One a stage, as services have."""
        return self.servers.url(_own(f"floor_{stage}"))

    def count(self, database: str, table: str) -> int:
        """Rows in a table of a service's or the floor's database."""
        [row] = self.servers.ask(_own(database), f"select count(*) from {table}")  # noqa: S608  # our own names
        return int(row[0])

    def skip(self, group: str, topics: Sequence[str]) -> None:
        """Topics and groups stay from run to run: only what comes now is this run's."""
        self.bus.skip(group, topics)

    def broker_cpu(self) -> float:
        """Of the container's processes."""
        return machine.cpu_seconds(self.servers.broker_pids)

    def database_cpu(self) -> float:
        """Of the server's processes, those that served connections now closed too."""
        return machine.cpu_seconds(self.servers.postgres_pids)

    def _create(self, database: str, template: str = "template0") -> None:
        self.servers.ask(
            "postgres",
            f"drop database if exists {database} with (force)",
            f"create database {database} template {template} strategy file_copy",
        )

    def _rename(self, old: str, new: str) -> None:
        self.servers.ask(
            "postgres",
            f"drop database if exists {new} with (force)",
            f"alter database {old} rename to {new}",
        )

    def close(self) -> None:
        """Drop what was made; a server that was given stays as it was."""
        self.bus.close()
        for name in (*SERVICES, *FLOORS):
            for database in (_own(name), _empty(name), _aside(name)):
                self.servers.ask("postgres", f"drop database if exists {database} with (force)")


def _own(name: str) -> str:
    return f"bench_{name}"


def _empty(name: str) -> str:
    """The database that `_own` is copied from."""
    return f"bench_{name}_empty"


def _aside(name: str) -> str:
    """Where a database of another measurement lies meanwhile."""
    return f"bench_{name}_aside"

"""Tansu and SQLite under the services, as on a laptop."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from deploy.local import broker
from deploy.local.environment import SERVICES, Stack
from deploy.local.folder import environment, prepare
from tests.bench import machine
from tests.bench.bus import Bus
from tests.bench.floor.disk import TABLES, as_sqlite
from tests.bench.servers import wait_for_port
from tests.bench.site import FLOOR_OUT, FLOORS, clean, migrate


class Embedded:
    """Tansu and SQLite, services as `make run` starts them."""

    name = "embedded"
    tells_members = False

    def __init__(self, folder: Path, base: int) -> None:
        self.stack = Stack(data=folder, base=base, kafka=base + 50)
        prepare(self.stack)
        self.folder = folder
        self.what = f"Tansu, SQLite {sqlite3.sqlite_version}"
        self._program = broker.binary(folder / "bin", os.environ)
        self._broker: subprocess.Popen[bytes] | None = None
        self._empty = folder / "empty"
        self._empty.mkdir()
        for service in SERVICES:
            migrate(service, self.environment(service))
            with closing(sqlite3.connect(folder / f"{service}.db")) as file:
                file.execute("pragma wal_checkpoint(truncate)")
            shutil.copyfile(folder / f"{service}.db", self._empty / f"{service}.db")
        self._start_broker()

    def environment(self, service: str) -> dict[str, str]:
        """The laptop's, with a data folder and ports of its own."""
        return environment(self.stack, clean(), service)

    def fresh(self) -> None:
        """Files copied from the empty ones, and a broker that holds nothing."""
        self._start_broker()
        for service in SERVICES:
            _remove(self.stack.data / f"{service}.db")
            shutil.copyfile(self._empty / f"{service}.db", self.stack.data / f"{service}.db")
        for stage in FLOORS:
            file = self.stack.data / f"{stage}.db"
            _remove(file)
            with closing(sqlite3.connect(file)) as made:
                for table in TABLES:
                    made.execute(table.replace("default now()", "default current_timestamp"))

    def insert(
        self, service: str, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
    ) -> None:
        """In the service's file."""
        places = ", ".join("?" * len(columns))
        with closing(sqlite3.connect(self.stack.data / f"{service}.db")) as file, file:
            file.executemany(
                f"insert into {table} ({', '.join(columns)}) values ({places})",  # noqa: S608  # our own names
                (tuple(map(as_sqlite, row)) for row in rows),
            )

    def floor_address(self, stage: str) -> str:
        """A file a stage, as services have one each."""
        return str(self.stack.data / f"floor_{stage}.db")

    def count(self, database: str, table: str) -> int:
        """Rows in a table of a service's or the floor's database."""
        name = f"file:{self.stack.data / database}.db?mode=ro"
        with closing(sqlite3.connect(name, uri=True, timeout=60)) as file:
            [(count,)] = file.execute(f"select count(*) from {table}")  # noqa: S608  # our own names
            return int(count)

    def skip(self, group: str, topics: Sequence[str]) -> None:
        """The broker has just begun: there is nothing to skip."""

    def broker_cpu(self) -> float:
        """Of the broker's process."""
        return machine.cpu_seconds([self._broker.pid]) if self._broker else 0.0

    def database_cpu(self) -> float:
        """It is part of the services' own."""
        return 0.0

    def _start_broker(self) -> None:
        self.close()
        with (self.stack.logs / "broker.log").open("wb") as log:
            self._broker = subprocess.Popen(
                broker.command(self._program, self.stack.kafka),
                env={"RUST_LOG": "warn", "TOKIO_WORKER_THREADS": broker.WORKER_THREADS},
                stdout=log,
                stderr=log,
            )
        wait_for_port(self.stack.kafka)
        self.bus = Bus(self.stack.kafka_servers)
        self.bus.prepare(FLOOR_OUT)

    def close(self) -> None:
        """End the broker; what is in the folder stays."""
        if self._broker is not None:
            self.bus.close()
            self._broker.kill()
            self._broker.wait()
            self._broker = None


def _remove(file: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)

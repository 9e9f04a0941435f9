"""Apache Kafka and PostgreSQL: in containers where an engine answers, or where variables say."""

import asyncio
import secrets
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
from testcontainers.core.container import DockerContainer

from tests.live.conftest import free_ports

KAFKA_IMAGE: Final = "apache/kafka:4.1.1"
POSTGRES_IMAGE: Final = "postgres:17"
HEAP: Final = "-Xms512m -Xmx512m"
POSTGRES_KNOBS: Final = {
    "shared_buffers": "4GB",
    "max_wal_size": "8GB",
    "min_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "lz4",
    "max_connections": "100",
    "track_commit_timestamp": "on",  # latencies end at the commit, by the server's own clock
}
"""Beyond the image's defaults, which stay safe: fsync, synchronous_commit, full_page_writes on."""
START_SECONDS: Final = 120


@dataclass
class Servers:
    """A broker and a database server, and which processes they are (none: elsewhere)."""

    kafka: str
    postgres: str
    """`postgresql://user:password@host:port`, without a database."""
    broker_pids: list[int] = field(default_factory=list)
    postgres_pids: list[int] = field(default_factory=list)
    what: str = "Apache Kafka and PostgreSQL"

    def url(self, database: str) -> str:
        """A database's address for asyncpg."""
        return f"{self.postgres}/{database}"

    def ask(self, database: str, *statements: str) -> list[Any]:
        """Run statements, each by itself; gives the rows of the last."""
        return asyncio.run(_ask(self.url(database), statements))

    def copy(
        self, database: str, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
    ) -> None:
        """Put rows into a table by COPY."""
        asyncio.run(_copy(self.url(database), table, columns, rows))


async def _copy(
    url: str, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.copy_records_to_table(table, records=rows, columns=list(columns))
    finally:
        await connection.close()


async def _ask(url: str, statements: tuple[str, ...]) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        found: list[Any] = []
        for statement in statements:
            found = await connection.fetch(statement)
        return found
    finally:
        await connection.close()


@contextmanager
def running(environ: Mapping[str, str]) -> Iterator[Servers | None]:
    """Servers for benches; None where there is neither an engine nor an address."""
    kafka, postgres = environ.get("BENCH_KAFKA", ""), environ.get("BENCH_POSTGRES", "")
    if kafka and postgres:
        pids = [_pids(environ, name) for name in ("KAFKA", "POSTGRES")]
        yield _named(Servers(kafka, postgres.rstrip("/"), *pids))
    elif engine_answers():
        with _containers() as found:
            yield _named(found)
    else:
        yield None


def engine_answers() -> bool:
    """Whether there is a container engine."""
    try:
        asked = ["docker", "version", "--format", "{{.Server.Version}}"]
        done = subprocess.run(asked, capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@contextmanager
def _containers() -> Iterator[Servers]:
    first = free_ports(30)
    password = secrets.token_hex(16)
    with _kafka(first, first + 1) as kafka, _postgres(first + 2, password) as postgres:
        found = Servers(
            f"127.0.0.1:{first}", f"postgresql://postgres:{password}@127.0.0.1:{first + 2}"
        )
        _await(lambda: found.ask("postgres", "select 1"))
        wait_for_port(first)
        found.broker_pids, found.postgres_pids = _inside(kafka), _inside(postgres)
        yield found


def _kafka(port: int, control: int) -> DockerContainer:
    knobs = {
        "NODE_ID": 1,
        "PROCESS_ROLES": "broker,controller",
        "CONTROLLER_QUORUM_VOTERS": f"1@127.0.0.1:{control}",
        "LISTENERS": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{control}",
        "ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
        "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "AUTO_CREATE_TOPICS_ENABLE": "false",
        "OFFSETS_TOPIC_REPLICATION_FACTOR": 1,
        "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": 1,
        "TRANSACTION_STATE_LOG_MIN_ISR": 1,
        "GROUP_INITIAL_REBALANCE_DELAY_MS": 200,
        "HEAP_OPTS": HEAP,
    }
    container = _on_this_network(DockerContainer(KAFKA_IMAGE))
    for name, value in knobs.items():
        container = container.with_env(f"KAFKA_{name}", str(value))
    return container


def _postgres(port: int, password: str) -> DockerContainer:
    told = POSTGRES_KNOBS | {"port": str(port), "listen_addresses": "127.0.0.1"}
    knobs = " ".join(f"-c {name}={value}" for name, value in told.items())
    container = _on_this_network(DockerContainer(POSTGRES_IMAGE)).with_command(f"postgres {knobs}")
    return (
        container.with_env("POSTGRES_PASSWORD", password)
        .with_env("POSTGRES_INITDB_ARGS", "--data-checksums")
        .with_env("PGPORT", str(port))
    )


def _on_this_network(container: DockerContainer) -> DockerContainer:
    """Without a bridge: its proxy would copy every byte once more, and nobody would count that."""
    return container.with_kwargs(network_mode="host", shm_size="256m")


def _inside(container: DockerContainer) -> list[int]:
    """The container's first process, as this machine numbers it."""
    found = container.get_wrapped_container()
    found.reload()
    return [int(found.attrs["State"]["Pid"])]


def wait_for_port(port: int) -> None:
    """Wait until something listens on this machine's port."""
    _await(lambda: socket.create_connection(("127.0.0.1", port), timeout=1).close())


def _await(true: Any) -> None:
    ends = time.monotonic() + START_SECONDS
    while True:
        try:
            true()
        except Exception:  # whatever it says while it starts
            if time.monotonic() > ends:
                raise
            time.sleep(0.5)
        else:
            return


def _pids(environ: Mapping[str, str], name: str) -> list[int]:
    return [int(pid) for pid in environ.get(f"BENCH_{name}_PID", "").split()]


def _named(found: Servers) -> Servers:
    [row] = found.ask("postgres", "select current_setting('server_version')")
    kafka = KAFKA_IMAGE.split(":")[1] if found.broker_pids else ""
    found.what = f"Apache Kafka {kafka}".strip() + f", PostgreSQL {row[0].split()[0]}"
    return found

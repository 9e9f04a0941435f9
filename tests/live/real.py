"""Apache Kafka and PostgreSQL in containers, to be killed, paused, cut off, and lost."""

import asyncio
import contextlib
import time
from typing import ClassVar, Self

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import DeleteGroupsRequest
from aiokafka.protocol.group import LeaveGroupRequest
from docker.errors import APIError
from testcontainers.core.container import DockerContainer

from tests.live.engine import KAFKA, POSTGRES

SECONDS = 90
"""How long a server may take to answer on a busy machine."""
TRIES = 5
GRACE_SECONDS = 15
"""How long a server may take to end in good order before it is killed."""
HOST = "127.0.0.1"
USER = PASSWORD = "kinerja"


class Server:
    """A server in a container; its port and, unless it is lost, its data outlive its deaths."""

    ENDS_ON: ClassVar = "SIGTERM"
    """The signal it ends in good order on, however many clients there are."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._container = self._new()

    def _new(self) -> DockerContainer:
        raise NotImplementedError

    async def _answer(self) -> str:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._container.start()
        self.version = self.wait()
        return self

    def __exit__(self, *_error: object) -> None:
        self._container.stop()

    def wait(self) -> str:
        """Wait until it answers; gives its version."""
        return asyncio.run(self.answers())

    async def answers(self) -> str:
        """The same, for whoever has an event loop."""
        ends = time.monotonic() + SECONDS
        while True:
            try:
                async with asyncio.timeout(10):
                    return await self._answer()
            except Exception as error:
                if time.monotonic() > ends:
                    raise RuntimeError(f"{type(self).__name__} does not answer") from error
                await asyncio.sleep(0.3)

    def kill(self) -> None:
        """Die as by `kill -9`: the data stay, what was in memory is gone."""
        self._container.get_wrapped_container().kill()

    def terminate(self) -> None:
        """Begin to end in good order, as when an operator stops it."""
        self._container.get_wrapped_container().kill(self.ENDS_ON)

    def start(self) -> None:
        """Come back after a death, at the same address; an end under way is waited for."""
        container = self._container.get_wrapped_container()
        container.stop(timeout=GRACE_SECONDS)
        container.start()

    def pause(self) -> None:
        """Stand still (SIGSTOP) with all connections open."""
        container = self._container.get_wrapped_container()
        for _ in range(TRIES):  # on a busy machine not every process is frozen the first time
            with contextlib.suppress(APIError):
                container.pause()
                return
        container.pause()

    def resume(self) -> None:
        """Go on after a pause."""
        self._container.get_wrapped_container().unpause()

    def lose(self) -> None:
        """Die with all data, and come back empty at the same address."""
        self._container.stop()
        self._container = self._new()
        self._container.start()


class Kafka(Server):
    """One broker that is its own controller.

    It takes two ports in a row, and tells those who come by the second (its back door) to come by
    the third: there a gate may stand, see `tests.live.gate`.
    """

    @property
    def servers(self) -> str:
        """Its address."""
        return f"{HOST}:{self.port}"

    @property
    def back_door(self) -> int:
        """The port a gate leads to."""
        return self.port + 1

    @property
    def gate(self) -> int:
        """The port a gate listens on."""
        return self.port + 2

    def _new(self) -> DockerContainer:
        return (
            DockerContainer(KAFKA)
            .with_bind_ports(9092, self.port)
            .with_bind_ports(9094, self.back_door)
            .with_envs(
                KAFKA_NODE_ID="1",
                KAFKA_PROCESS_ROLES="broker,controller",
                KAFKA_CONTROLLER_QUORUM_VOTERS="1@localhost:9093",
                KAFKA_LISTENERS="CLIENTS://:9092,GATED://:9094,CONTROLLER://localhost:9093",
                KAFKA_ADVERTISED_LISTENERS=(f"CLIENTS://{self.servers},GATED://{HOST}:{self.gate}"),
                KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=(
                    "CLIENTS:PLAINTEXT,GATED:PLAINTEXT,CONTROLLER:PLAINTEXT"
                ),
                KAFKA_INTER_BROKER_LISTENER_NAME="CLIENTS",
                KAFKA_CONTROLLER_LISTENER_NAMES="CONTROLLER",
                KAFKA_AUTO_CREATE_TOPICS_ENABLE="false",
                KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR="1",
                KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS="8",
                KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR="1",
                KAFKA_TRANSACTION_STATE_LOG_MIN_ISR="1",
                KAFKA_BROKER_SESSION_TIMEOUT_MS="3000",  # or its own rebirth is waited for
                KAFKA_BROKER_HEARTBEAT_INTERVAL_MS="500",
                KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS="0",
                KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS="1000",
                KAFKA_HEAP_OPTS="-Xms256m -Xmx512m",
                KAFKA_JVM_PERFORMANCE_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1",  # soon up
            )
        )

    async def _answer(self) -> str:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers, request_timeout_ms=5000)
        await admin.start()
        try:
            await admin.list_topics()
        finally:
            await admin.close()
        return KAFKA.rpartition(":")[2]

    async def wipe(self) -> None:
        """Delete every topic and forget every group: the next test finds it as if new."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers)
        await admin.start()
        try:
            own = {name for name in await admin.list_topics() if not name.startswith("__")}
            if own:
                await admin.delete_topics(sorted(own))
            while own & set(await admin.list_topics()):  # noqa: ASYNC110  # nobody tells us
                await asyncio.sleep(0.1)
            while groups := [name for name, _ in await admin.list_consumer_groups()]:
                for name in groups:  # one at a time: asked for two, aiokafka connects twice
                    (described,) = await admin.describe_consumer_groups([name])
                    for group in described.groups:
                        for member in group[5]:  # dead, but its session has not ended yet
                            await admin._send_request(LeaveGroupRequest(group[1], member[0]))
                await admin._send_request(DeleteGroupsRequest(groups))
                await asyncio.sleep(0.05)
        finally:
            await admin.close()


class Postgres(Server):
    """One server with as many databases as asked for."""

    ENDS_ON = "SIGINT"  # SIGTERM waits until the last client is gone

    def _new(self) -> DockerContainer:
        return (
            DockerContainer(POSTGRES)
            .with_bind_ports(5432, self.port)
            .with_envs(POSTGRES_USER=USER, POSTGRES_PASSWORD=PASSWORD)
            .with_command("postgres -c max_connections=200 -c shared_buffers=64MB")
        )

    def address(self, database: str = USER) -> str:
        """A database's address for asyncpg."""
        return f"postgresql://{USER}:{PASSWORD}@{HOST}:{self.port}/{database}"

    def url(self, database: str) -> str:
        """A database's address for a service."""
        return self.address(database).replace("postgresql", "postgresql+asyncpg", 1)

    async def _answer(self) -> str:
        return str(await self.ask(USER, "select current_setting('server_version')")).split()[0]

    async def ask(self, database: str, query: str) -> object:
        """The one value a query gives."""
        connection = await asyncpg.connect(self.address(database), timeout=5)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    async def create(self, *databases: str) -> None:
        """Make databases, empty even if they were there."""
        connection = await asyncpg.connect(self.address())
        try:
            for name in databases:
                await connection.execute(f"drop database if exists {name} with (force)")
                await connection.execute(f"create database {name}")
        finally:
            await connection.close()

    async def cut(self) -> None:
        """Cut every connection the services have; the server itself goes on."""
        others = "pid <> pg_backend_pid() and backend_type = 'client backend'"
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            await self.ask(
                USER,
                "select count(pg_terminate_backend(pid)) "  # noqa: S608  # our own words
                f"from pg_stat_activity where {others}",
            )

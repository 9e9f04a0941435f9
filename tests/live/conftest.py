"""What live tests stand on: Apache Kafka and PostgreSQL in containers, and stacks that run."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.environment import SERVICES
from tests.live.engine import no_containers
from tests.live.ground import Embedded, Real, Stands, embedded
from tests.live.real import Kafka, Postgres
from tests.live.running import Running, free_ports, run


@pytest.fixture(scope="session")
def foundations(ran_on: Callable[[str, str], None]) -> Iterator[tuple[Kafka, Postgres] | None]:
    """Apache Kafka and PostgreSQL in containers, once for all tests; None where none can run."""
    if no_containers():
        yield None
        return
    first = free_ports(4)
    with Kafka(first) as kafka, Postgres(first + 3) as postgres:
        ran_on(f"Apache Kafka {kafka.version}", f"PostgreSQL {postgres.version}")
        yield kafka, postgres


@pytest.fixture
def kafka(foundations: tuple[Kafka, Postgres] | None) -> Kafka:
    """Apache Kafka as if new."""
    if foundations is None:
        pytest.skip(f"Apache Kafka: {no_containers()}")
    found = foundations[0]
    asyncio.run(found.wipe())
    return found


@pytest.fixture
def postgres(foundations: tuple[Kafka, Postgres] | None) -> Postgres:
    """PostgreSQL with an empty database a service."""
    if foundations is None:
        pytest.skip(f"PostgreSQL: {no_containers()}")
    found = foundations[1]
    asyncio.run(found.create(*SERVICES))
    return found


@pytest.fixture(scope="session")
def on_embedded(ran_on: Callable[[str, str], None]) -> None:
    """Say that something ran on the embedded stack."""
    ran_on(*embedded())


@pytest.fixture
def running(tmp_path: Path, on_embedded: None) -> Iterator[Running]:
    """Broker, desk and the three services, embedded; the portal is not needed here."""
    with run(tmp_path / "data") as found:
        yield found


@pytest.fixture
def best(request: pytest.FixtureRequest) -> Stands:
    """Apache Kafka and PostgreSQL as if new; the embedded stack where no container can run."""
    if request.getfixturevalue("foundations") is None:
        request.getfixturevalue("on_embedded")
        return Embedded
    kafka, postgres = map(request.getfixturevalue, ("kafka", "postgres"))
    return lambda _stack: Real(kafka, postgres)

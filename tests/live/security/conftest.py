"""Servers and services, once for all tests here; skipped where no Docker engine runs them."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from deploy.local.environment import SERVICES, Stack
from tests.live import engine
from tests.live.running import free_ports
from tests.live.security.servers import Servers
from tests.live.security.stage import Stage
from tests.notifications.channels.office import Office
from tests.shared.authority import Authority


@pytest.fixture(scope="session")
def servers(
    tmp_path_factory: pytest.TempPathFactory, ran_on: Callable[[str, str], None]
) -> Iterator[Servers]:
    if why := engine.obstacle(engine.KAFKA, engine.POSTGRES):
        pytest.skip(f"Containers: {why}")
    first = free_ports(2)
    found = Servers(tmp_path_factory.mktemp("servers"), kafka=first, postgres=first + 1)
    try:
        found.start()
        ran_on("Apache Kafka (SASL_SSL)", "PostgreSQL (TLS)")
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="session")
def mail(servers: Servers) -> Iterator[tuple[Office, int]]:
    """A mail server that takes letters from whoever logs in, over STARTTLS only; and its port."""
    office = Office()
    certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.load_cert_chain(servers.authority.certify("mail"))
    port = free_ports(1)
    opened = Controller(
        office,
        hostname="127.0.0.1",
        port=port,
        tls_context=certificate,
        require_starttls=True,
        authenticator=office.login,
        auth_required=True,
        auth_require_tls=True,
    )
    opened.start()
    yield office, port
    opened.stop()


@pytest.fixture(scope="session")
def stage(
    servers: Servers, mail: tuple[Office, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """Rights and topics as declared, databases migrated, the services ready."""
    stack = Stack(data=tmp_path_factory.mktemp("data"), base=free_ports(60))
    found = Stage(stack, servers, mail[1])
    try:
        for user, *command in (("admin", "acls", "apply"), ("operator", "topics", "apply")):
            done = found.kinerja(user, *command)
            assert done.returncode == 0, done.stdout + done.stderr
        for service in SERVICES:
            done = found.migrate(service)
            assert done.returncode == 0, done.stderr
        found.start_desk()
        found.wait(lambda: found.ready("desk"), "desk ready")
        for service in SERVICES:
            found.start(service)
        for service in SERVICES:
            found.wait(lambda service=service: found.ready(service), f"{service} ready")
        yield found
    finally:
        found.stop()


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """Another authority, which vouches for none of our servers."""
    return Authority(tmp_path, "somebody else").file

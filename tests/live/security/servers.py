"""Apache Kafka and PostgreSQL in containers that speak encrypted only, and ask who is there."""

import os
import secrets
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.local.environment import PROJECT, SERVICES
from tests.live.engine import KAFKA, POSTGRES
from tests.shared.authority import Authority

USERS = ("admin", "operator", *SERVICES)
SECONDS = 90
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
BEGIN = """
mkdir -p /run/secrets
for name in appraisal training notifications postgres; do
    install -o postgres -m 0400 /given/database-$name.password /run/secrets/$name.password
done
install -o postgres -m 0400 /given/postgres.pem /run/secrets/server.pem
install -o postgres /given/hba.sh /docker-entrypoint-initdb.d/2.sh
exec docker-entrypoint.sh postgres -c ssl=on -c ssl_cert_file=/run/secrets/server.pem \\
    -c ssl_key_file=/run/secrets/server.pem
"""
"""As root, each secret becomes the property of who reads it; the server does not run as root."""
ONLY_ENCRYPTED = """
echo 'local all all peer' >"$PGDATA/pg_hba.conf"
echo 'hostssl all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
"""


class Servers:
    """The two servers, with a user and a password for each who may ask.

    Whoever stands inside Kafka's container is its administrator, as at a machine's console: there
    it listens unprotected, on the loopback address alone.
    """

    def __init__(self, folder: Path, kafka: int, postgres: int) -> None:
        self.folder = folder
        self.kafka, self.postgres = kafka, postgres
        self.authority = Authority(folder / "tls")
        self.passwords = {name: self._kept(f"kafka-{name}") for name in USERS}
        self.databases = {name: self._kept(f"database-{name}") for name in (*SERVICES, "postgres")}
        self._names: dict[str, str] = {}

    @property
    def every_password(self) -> list[str]:
        files = [*self.passwords.values(), *self.databases.values()]
        return [file.read_text() for file in files]

    def start(self) -> None:
        self._start_kafka()
        self._start_postgres()
        self._until(self._kafka_answers, "kafka")
        for user in USERS:
            self.set_kafka_password(user)
        self._until(self._postgres_answers, "postgres")

    def stop(self) -> None:
        for name in self._names.values():
            _docker("rm", "--force", "--volumes", name)

    def set_kafka_password(self, user: str) -> None:
        """What its file says; it goes in by standard input, where no process list shows it."""
        command = "/opt/kafka/bin/kafka-configs.sh --bootstrap-server 127.0.0.1:9092 --alter"
        options = f"--entity-type users --entity-name {user} --add-config-file /dev/stdin"
        secret = self.passwords[user].read_text()
        said = self._inside("kafka", command + " " + options, f"SCRAM-SHA-512=password={secret}\n")
        assert f"Completed updating config for user {user}" in said

    def ask(self, database: str, query: str) -> str:
        """Put a query to a database from inside its container."""
        return self._inside("postgres", f"gosu postgres psql -qAt -d {database} -f -", query)

    def _kept(self, name: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{name}.password"
        file.touch(0o600)
        file.write_text(secrets.token_hex(16))
        return file

    def _start_kafka(self) -> None:
        listeners = "CLIENTS://:9094,LOCAL://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093"
        advertised = f"CLIENTS://localhost:{self.kafka},LOCAL://127.0.0.1:9092"
        knobs = {
            "NODE_ID": "1",
            "PROCESS_ROLES": "broker,controller",
            "CONTROLLER_QUORUM_VOTERS": "1@127.0.0.1:9093",
            "LISTENERS": listeners,
            "ADVERTISED_LISTENERS": advertised,
            "LISTENER_SECURITY_PROTOCOL_MAP": (
                "CLIENTS:SASL_SSL,LOCAL:PLAINTEXT,CONTROLLER:PLAINTEXT"
            ),
            "INTER_BROKER_LISTENER_NAME": "LOCAL",
            "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "LISTENER_NAME_CLIENTS_SASL_ENABLED_MECHANISMS": "SCRAM-SHA-512",
            "LISTENER_NAME_CLIENTS_SCRAM___SHA___512_SASL_JAAS_CONFIG": SCRAM,
            "SSL_KEYSTORE_TYPE": "PEM",
            "SSL_KEYSTORE_LOCATION": "/tls/kafka.pem",
            "AUTHORIZER_CLASS_NAME": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "SUPER_USERS": "User:ANONYMOUS;User:admin",
            "AUTO_CREATE_TOPICS_ENABLE": "false",
            "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
            "HEAP_OPTS": "-Xms256m -Xmx512m",
        }
        mount = self._shown("kafka", self.authority.certify("kafka", "localhost"))
        told = [part for name, value in knobs.items() for part in ("-e", f"KAFKA_{name}={value}")]
        self._run("kafka", KAFKA, [*told, "-p", f"127.0.0.1:{self.kafka}:9094", *mount])

    def _start_postgres(self) -> None:
        self.authority.certify("postgres").rename(self.folder / "postgres.pem")
        (self.folder / "hba.sh").write_text(ONLY_ENCRYPTED)
        roles = PROJECT / "deploy" / "postgres" / "roles.sql"
        options = [
            *("-v", f"{self.folder}:/given:ro"),
            *("-v", f"{roles}:/docker-entrypoint-initdb.d/1.sql:ro"),
            *("-e", "POSTGRES_PASSWORD_FILE=/run/secrets/postgres.password"),
            *("-p", f"127.0.0.1:{self.postgres}:5432", "--entrypoint", "sh"),
        ]
        self._run("postgres", POSTGRES, options, "-c", BEGIN)

    def _shown(self, name: str, certificate: Path) -> list[str]:
        """The server's key and certificate where the container's own user can read them."""
        folder = self.folder / f"tls-{name}"
        folder.mkdir()
        (folder / f"{name}.pem").write_bytes(certificate.read_bytes())
        return ["-v", f"{folder}:/tls:ro"]

    def _run(self, name: str, image: str, options: Sequence[str], *command: str) -> None:
        self._names[name] = f"kinerja-security-{name}-{os.getpid()}"
        _docker("run", "--detach", "--name", self._names[name], *options, image, *command)

    def _inside(self, name: str, command: str, stdin: str = "") -> str:
        return _docker("exec", "-i", self._names[name], *command.split(), stdin=stdin)

    def _kafka_answers(self) -> None:
        command = "/opt/kafka/bin/kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --list"
        self._inside("kafka", command)

    def _postgres_answers(self) -> None:
        """Over TCP: while it is first set up it listens on its socket only."""
        self._inside("postgres", "pg_isready --quiet --host=127.0.0.1")

    def _until(self, answers: Callable[[], object], name: str) -> None:
        ends = time.monotonic() + SECONDS
        while True:
            try:
                answers()
            except AssertionError as error:
                if time.monotonic() > ends:
                    raise AssertionError(_docker("logs", self._names[name])) from error
                time.sleep(0.5)
            else:
                return


def _docker(*arguments: str, stdin: str = "") -> str:
    done = subprocess.run(
        ["docker", *arguments],  # noqa: S607  # wherever it is installed
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"docker {arguments[0]}: {said[-3000:]}"
    return said if arguments[0] == "logs" else done.stdout

"""Our services as real processes on servers that speak encrypted only, each as its own user."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import httpx
import pytest

from deploy.local.environment import PROJECT, SERVICES, Stack
from deploy.local.folder import environment, prepare
from tests.live.security.servers import Servers

JAMBI = uuid5(NAMESPACE_URL, "urn:kinerja:agency:5500")
OFFICE = "kepegawaian@agency.example"
MAIL_USER, MAIL_PASSWORD = "kinerja", "invented"
"""What `Office` of the mail tests takes."""


class Stage:
    """The services, the command, and where each of them writes what it has to say."""

    def __init__(self, stack: Stack, servers: Servers, smtp: int) -> None:
        self.stack, self.servers, self.smtp = stack, servers, smtp
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.client = httpx.Client(timeout=60, trust_env=False)
        prepare(stack)
        self.mail_password = stack.data / "smtp.password"
        self.mail_password.touch(0o600)
        self.mail_password.write_text(MAIL_PASSWORD)

    def kafka(self, user: str) -> dict[str, str]:
        """How somebody reaches Kafka, as the environment says it."""
        return {
            "KINERJA_KAFKA_SERVERS": f"localhost:{self.servers.kafka}",
            "KINERJA_KAFKA_PROTOCOL": "SASL_SSL",
            "KINERJA_KAFKA_CA_FILE": str(self.servers.authority.file),
            "KINERJA_KAFKA_USER": user,
            "KINERJA_KAFKA_PASSWORD_FILE": str(self.servers.passwords[user]),
        }

    def database(self, service: str) -> dict[str, str]:
        """How a service reaches its database."""
        url = f"postgresql+asyncpg://{service}@localhost:{self.servers.postgres}/{service}"
        found = {
            "DATABASE_URL": url,
            "DATABASE_PASSWORD_FILE": str(self.servers.databases[service]),
            "DATABASE_TLS": "verify",
            "DATABASE_CA_FILE": str(self.servers.authority.file),
        }
        return {f"{service.upper()}_{name}": value for name, value in found.items()}

    def environment(self, service: str) -> dict[str, str]:
        """The whole environment of a service, as production has it."""
        own = {
            "KINERJA_PROFILE": "production",
            "KINERJA_KAFKA_IDEMPOTENT": "true",
            "KINERJA_KAFKA_PROVISION": "false",
            "KINERJA_KAFKA_INSTANCE": service,
            "KINERJA_PORT": str(self.stack.port(service)),
            f"{service.upper()}_STARTUP_SECONDS": "30",
            **self.kafka(service),
            **self.database(service),
        }
        if service == "appraisal":
            own["APPRAISAL_SECRET_KEY_FILE"] = str(self.stack.keys / "appraisal.key")
        if service == "notifications":
            own |= {
                "NOTIFICATIONS_SMTP_HOST": "localhost",
                "NOTIFICATIONS_SMTP_PORT": str(self.smtp),
                "NOTIFICATIONS_SMTP_TLS": "starttls",
                "NOTIFICATIONS_SMTP_CA_FILE": str(self.servers.authority.file),
                "NOTIFICATIONS_SMTP_USER": MAIL_USER,
                "NOTIFICATIONS_SMTP_PASSWORD_FILE": str(self.mail_password),
                "NOTIFICATIONS_OFFICE_ADDRESSES": f'{{"{JAMBI}": "{OFFICE}"}}',
            }
        whole = environment(self.stack, {**_outside(), **own}, service)
        given_by_file = {name.removesuffix("_FILE") for name in own if name.endswith("_FILE")}
        without = given_by_file | {"NOTIFICATIONS_ADDRESS_PATTERN"}
        return {name: value for name, value in whole.items() if name not in without}

    def start(self, service: str, **knobs: str) -> subprocess.Popen[bytes]:
        """Start a service's process."""
        command = [sys.executable, "-m", "shared.main", service]
        return self._start(service, command, self.environment(service) | knobs)

    def start_another(self, service: str, **knobs: str) -> subprocess.Popen[bytes]:
        """Start one more process of a service, which is expected to end by itself."""
        knobs = self.environment(service) | {"KINERJA_KAFKA_INSTANCE": ""} | knobs
        return self._launch(service, [sys.executable, "-m", "shared.main", service], knobs)

    def start_desk(self) -> None:
        """Start the issuer of tokens, which only a laptop has."""
        command = [sys.executable, "-m", "deploy.local.desk", "--no-mail"]
        own = {"KINERJA_PORT": str(self.stack.port("desk")), **_outside()}
        self._start("desk", command, environment(self.stack, own))

    def migrate(self, service: str, **knobs: str) -> subprocess.CompletedProcess[str]:
        """Bring a service's database up to date."""
        knobs = self.environment(service) | knobs
        return self._run([sys.executable, "-m", "shared.migrations", service], knobs)

    def kinerja(self, user: str, *arguments: str, **knobs: str) -> subprocess.CompletedProcess[str]:
        """Run the command as one of Kafka's users."""
        own = {"KINERJA_PROFILE": "production", "KINERJA_LANGUAGE": "en", **self.kafka(user)}
        for service in SERVICES:
            own |= self.database(service)
        return self._run(
            [sys.executable, "-m", "deploy.cli", *arguments], {**_outside(), **own, **knobs}
        )

    def officer(self) -> dict[str, str]:
        """The sample agency's personnel officer."""
        wish = {"roles": ["personnel_officer"], "agency_id": str(JAMBI)}
        answer = self.client.post(f"{self.stack.url('desk')}/token", json=wish)
        return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}

    def get(self, service: str, path: str, **params: str) -> dict[str, object]:
        """Ask a service in the officer's name."""
        url = f"{self.stack.url(service)}{path}"
        answer = self.client.get(url, params=params, headers=self.officer())
        return dict(answer.raise_for_status().json())

    def hand_in(self, file: Path) -> str:
        """Hand a file in; gives the import's id."""
        with file.open("rb") as content:
            answer = self.client.post(
                f"{self.stack.url('appraisal')}/imports",
                headers=self.officer(),
                files={"file": (file.name, content)},
            )
        return str(answer.raise_for_status().json()["import_id"])

    def ready(self, name: str) -> bool:
        """Whether a service says that it is."""
        try:
            return self.client.get(f"{self.stack.url(name)}/readyz").is_success
        except httpx.TransportError:
            return False

    def wait(self, true: Callable[[], object], what: str, *, seconds: float = 90) -> None:
        """Wait until something holds."""
        ends = time.monotonic() + seconds
        while not true():
            if time.monotonic() > ends:
                pytest.fail(f"not within {seconds} s: {what}\n{self.said()[-6000:]}")
            time.sleep(0.2)

    def said(self) -> str:
        """All that the processes wrote."""
        logs = sorted(self.stack.logs.glob("*.log"))
        return "\n".join(f"== {file.stem}\n{file.read_text(errors='replace')}" for file in logs)

    def stop(self) -> None:
        """End all."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait(timeout=40)
        self.client.close()

    def _start(
        self, name: str, command: list[str], knobs: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        self.running[name] = self._launch(name, command, knobs)
        return self.running[name]

    def _launch(
        self, name: str, command: list[str], knobs: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        with (self.stack.logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, cwd=PROJECT, env=knobs, stdout=log, stderr=log)

    def _run(
        self, command: list[str], knobs: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=PROJECT, env=knobs, capture_output=True, text=True, timeout=90, check=False
        )


def _outside() -> dict[str, str]:
    """The environment without what it says of another installation."""
    mine = ("KINERJA_", "APPRAISAL_", "TRAINING_", "NOTIFICATIONS_", "PORTAL_")
    return {name: value for name, value in os.environ.items() if not name.startswith(mine)}

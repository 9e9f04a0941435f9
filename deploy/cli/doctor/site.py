"""What the doctor can know of an installation: from the environment, or the embedded stack's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.cli.broker import Client
from deploy.cli.installation import is_production, this_stack
from deploy.local.environment import SERVICES, Stack, own
from deploy.local.folder import SECRETS
from shared.settings import KafkaProtocol

KEYS: Final = ("APPRAISAL_SECRET_KEY", "PORTAL_SESSION_KEY")
"""Secrets that are keys: long, and made by chance."""
PASSWORDS: Final = (
    "KINERJA_KAFKA_PASSWORD",
    "NOTIFICATIONS_SMTP_PASSWORD",
    *(f"{name.upper()}_DATABASE_PASSWORD" for name in SERVICES),
)
DATABASE: Final = (
    "database_url",
    "database_password",
    "database_password_file",
    "database_tls",
    "database_ca_file",
)
"""The settings that say how a service's database is reached."""
WEB: Final = ("appraisal", "training", "notifications", "portal")


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret: its variable, what it is where that is known, and the file it lies in, if any."""

    name: str
    value: str | None = field(default=None, repr=False)
    file: Path | None = None
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """An installation as this terminal sees it.

    Attributes:
        databases: by service, those of the settings in `DATABASE` that are known; a service whose
            address is not is absent.
        urls: web addresses to ask for their health and their clock, by name.
        keys: the folder of the embedded stack's secrets.
        replication: how many copies topics should have.
    """

    client: Client
    production: bool
    databases: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    urls: Mapping[str, str] = field(default_factory=dict)
    secrets: Sequence[Secret] = ()
    keys: Path | None = None
    replication: int = 1

    @property
    def kafka_encrypts(self) -> bool:
        """Whether nobody between here and the brokers can read along."""
        return KafkaProtocol(self.client.get("security_protocol", "PLAINTEXT")).encrypts

    @classmethod
    def of(cls, environ: Mapping[str, str], client: Client, *, urls: Sequence[str] = ()) -> "Site":
        """The site these variables describe; `urls` are asked besides those they name."""
        production = is_production(environ)
        stack = None if production else this_stack()
        databases = _databases(environ, stack)
        named = {name: stack.url(name) for name in WEB} if stack else _web(environ)
        given = {url: url.rstrip("/") for url in urls}
        return cls(
            client=client,
            production=production,
            databases=databases,
            urls=given or named,
            secrets=_secrets(environ, stack),
            keys=stack.keys if stack else None,
            replication=int(environ.get("KINERJA_KAFKA_REPLICATION") or 1),
        )


def _databases(environ: Mapping[str, str], stack: Stack | None) -> dict[str, dict[str, str]]:
    found = {}
    for name in SERVICES:
        usual = own(stack, name) if stack else {}
        variables = {setting: f"{name.upper()}_{setting.upper()}" for setting in DATABASE}
        known = {
            setting: value
            for setting, variable in variables.items()
            if (value := environ.get(variable) or usual.get(variable))
        }
        if "database_url" in known:
            found[name] = known
    return found


def _web(environ: Mapping[str, str]) -> dict[str, str]:
    """The addresses the portal is told of."""
    told = {name: environ.get(f"PORTAL_{name.upper()}_URL") for name in SERVICES}
    return {name: address.rstrip("/") for name, address in told.items() if address}


def _secrets(environ: Mapping[str, str], stack: Stack | None) -> list[Secret]:
    found = []
    for name in (*KEYS, *PASSWORDS):
        is_key = name in KEYS
        if value := environ.get(name):
            found.append(Secret(name, value, is_key=is_key))
        elif file := environ.get(f"{name}_FILE"):
            found.append(Secret(name, file=Path(file), is_key=is_key))
    if stack:
        known = {one.name for one in found}
        found += [
            Secret(variable, file=stack.keys / file, is_key=True)
            for variable, file in SECRETS.values()
            if variable not in known
        ]
    return found

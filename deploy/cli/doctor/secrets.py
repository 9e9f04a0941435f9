"""Secrets: long enough, made by chance, and readable for nobody else."""

import contextlib
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from deploy.cli.doctor.findings import Finding
from deploy.cli.doctor.site import Secret, Site
from deploy.local.environment import SERVICES

KEY_LENGTH: Final = 32
PASSWORD_LENGTH: Final = 12
VARIETY: Final = 8
"""Different characters a secret has at least."""
WELL_KNOWN: Final = (
    *("changeme", "password", "secret", "admin", "example", "default"),
    *("kinerja", "postgres", "kafka", "operator", *SERVICES),
)
"""How passwords begin that everybody tries: words, products, and the users' own names."""
OTHERS_READ: Final = stat.S_IRGRP | stat.S_IROTH
OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def check(site: Site) -> list[Finding]:
    """Look at every secret this terminal can see; none of them is ever said."""
    found = [finding for secret in site.secrets for finding in _one(secret)]
    if site.keys is not None and site.keys.is_dir():
        found += _mode(site.keys, directory=True)
    found += _repeated(site.secrets)
    if site.production:
        found += _in_addresses(site)
        found += _in_the_clear(site)
    if not site.secrets:
        found.append(Finding.note("secrets_unknown"))
    return found


def _one(secret: Secret) -> Iterator[Finding]:
    value = secret.value
    if secret.file is not None:
        try:
            value = secret.file.read_text().strip()
        except FileNotFoundError:
            yield Finding.note("secret_absent", name=secret.name, file=secret.file)
            return
        except (OSError, UnicodeDecodeError) as error:
            reason = type(error).__name__
            yield Finding.problem(
                "secret_unread", name=secret.name, file=secret.file, reason=reason
            )
            return
        yield from _mode(secret.file)
    if is_weak(value or "", KEY_LENGTH if secret.is_key else PASSWORD_LENGTH):
        length = KEY_LENGTH if secret.is_key else PASSWORD_LENGTH
        yield Finding.problem("secret_weak", name=secret.name, length=length)
    else:
        yield Finding.ok("secret", name=secret.name)


def _repeated(secrets: Iterable[Secret]) -> Iterator[Finding]:
    """One secret for two purposes: whoever learns it from one reader has the other's too."""
    seen: dict[str, str] = {}
    for secret in secrets:
        value = secret.value
        if secret.file is not None:
            with contextlib.suppress(OSError, UnicodeDecodeError):  # said before
                value = secret.file.read_text().strip()
        if value and seen.setdefault(value, secret.name) != secret.name:
            yield Finding.warning("secret_repeated", name=secret.name, other=seen[value])


def is_weak(value: str, length: int) -> bool:
    """Whether somebody could guess it: short, monotonous, or a word everybody tries."""
    lowered = value.lower()
    known = any(lowered.startswith(word) for word in WELL_KNOWN) and len(value) < 2 * length
    return len(value) < length or len(set(value)) < VARIETY or known


def _mode(path: Path, *, directory: bool = False) -> Iterator[Finding]:
    mode = stat.S_IMODE(path.stat().st_mode)
    wanted = "700" if directory else "600"
    values = {"path": path, "mode": f"{mode:o}", "wanted": wanted}
    if mode & OTHERS_WRITE:
        yield Finding.problem("mode_writable", **values)
    elif mode & OTHERS_READ:
        yield Finding.warning("mode_readable", **values)


def _in_addresses(site: Site) -> Iterator[Finding]:
    """A password in an address ends up in process lists and logs."""
    for service, access in site.databases.items():
        try:
            has_password = make_url(access["database_url"]).password is not None
        except ArgumentError:
            continue  # said where the database is looked at
        if has_password:
            yield Finding.warning(
                "password_in_address",
                service=service,
                variable=f"{service.upper()}_DATABASE_PASSWORD_FILE",
            )


def _in_the_clear(site: Site) -> Iterator[Finding]:
    """What others on the network could read along, unless the network is the stack's own."""
    if not site.kafka_encrypts:
        yield Finding.note("kafka_clear")
    for service, access in site.databases.items():
        is_server = access["database_url"].startswith("postgresql")
        if is_server and access.get("database_tls") != "verify":
            yield Finding.note(
                "database_clear", service=service, variable=f"{service.upper()}_DATABASE_TLS"
            )

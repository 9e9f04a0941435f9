"""Secrets: long enough, made by chance, and readable for nobody else."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from deploy.cli.doctor.findings import Finding
from deploy.cli.doctor.site import Secret, Site

KEY_LENGTH: Final = 32
PASSWORD_LENGTH: Final = 12
VARIETY: Final = 8
"""Different characters a secret has at least."""
WELL_KNOWN: Final = ("changeme", "password", "secret", "kinerja", "postgres", "admin", "example")
OTHERS_READ: Final = stat.S_IRGRP | stat.S_IROTH
OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def check(site: Site) -> list[Finding]:
    """Look at every secret this terminal can see; none of them is ever said."""
    found = [finding for secret in site.secrets for finding in _one(secret)]
    if site.keys is not None and site.keys.is_dir():
        found += _mode(site.keys, directory=True)
    if site.production:
        found += _in_addresses(site)
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
    for service, (address, _) in site.databases.items():
        try:
            has_password = make_url(address).password is not None
        except ArgumentError:
            continue  # said where the database is looked at
        if has_password:
            yield Finding.warning(
                "password_in_address",
                service=service,
                variable=f"{service.upper()}_DATABASE_PASSWORD_FILE",
            )

"""What is installed: old enough parts are said before they hurt."""

import platform
import sqlite3
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from deploy.cli.doctor.findings import Finding

OLDEST_PYTHON: Final = (3, 11)
OLDEST_SQLITE: Final = (3, 38)
"""The first with the JSON operators our statements use."""
PARTS: Final = ("aiokafka", "faststream", "sqlalchemy", "pydantic", "msgspec", "asyncpg")


def check() -> list[Finding]:
    """The versions of what this command runs on."""
    parts = ", ".join(f"{part} {_version(part)}" for part in PARTS)
    found = [Finding.ok("versions", kinerja=_version("kinerja"), parts=parts)]
    found.append(_enough("python", sys.version_info[:2], OLDEST_PYTHON, platform.python_version()))
    found.append(
        _enough("sqlite", sqlite3.sqlite_version_info[:2], OLDEST_SQLITE, sqlite3.sqlite_version)
    )
    return found


def _enough(name: str, found: tuple[int, ...], oldest: tuple[int, ...], said: str) -> Finding:
    wanted = ".".join(map(str, oldest))
    if found < oldest:
        return Finding.problem("too_old", name=name, version=said, wanted=wanted)
    return Finding.ok("new_enough", name=name, version=said)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"

"""Stages to ask for in a test, and the sample played once for all of them."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shared import migrations
from shared.telemetry import JsonLines
from tests.services.assembly import own_environment, staged
from tests.services.exports import sample
from tests.services.issuer import Issuer
from tests.services.stage import SERVICES, Record, Stage

_made: dict[str, Any] = {}
"""What is made once a session, although several folders' tests ask for it."""


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    made: Issuer = _made.setdefault("issuer", Issuer())
    return made


@pytest.fixture(scope="session")
def empty_databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database a service, made by the real migrations."""
    if "empty" not in _made:
        _made["empty"] = _migrated(tmp_path_factory.mktemp("empty"))
    made: Path = _made["empty"]
    return made


def _migrated(folder: Path) -> Path:
    for name in SERVICES:
        with own_environment(name, folder):
            migrations.upgrade(name)
    return folder


@pytest.fixture
async def stage(tmp_path: Path, empty_databases: Path, issuer: Issuer) -> AsyncIterator[Stage]:
    """Services that know nothing yet."""
    async with staged(tmp_path, empty_databases, issuer) as found:
        yield found


@dataclass(frozen=True)
class Played:
    """The sample of 2025, played to the end: databases, everything told, the import's id."""

    folder: Path
    told: tuple[Record, ...]
    import_id: UUID


@pytest.fixture(scope="session")
def played(
    tmp_path_factory: pytest.TempPathFactory, empty_databases: Path, issuer: Issuer
) -> Played:
    if "played" not in _made:
        _made["played"] = asyncio.run(
            _play(tmp_path_factory.mktemp("played"), empty_databases, issuer)
        )
    made: Played = _made["played"]
    return made


async def _play(folder: Path, empty: Path, issuer: Issuer) -> Played:
    async with staged(folder, empty, issuer) as found:
        done = await found.hand_in(sample(2025).read_bytes())
        await found.carry()
        return Played(folder, tuple(found.told), UUID(done["import_id"]))


@pytest.fixture
async def sample_stage(tmp_path: Path, played: Played, issuer: Issuer) -> AsyncIterator[Stage]:
    """Services that have been through the sample of 2025."""
    async with staged(tmp_path, played.folder, issuer) as found:
        found.told = list(played.told)
        yield found


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """What services write to their logs in this test, as they write it."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonLines("test"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)

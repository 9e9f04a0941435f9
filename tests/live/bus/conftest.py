"""A stage for each test, on the servers all share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.live.bus.stage import Stage
from tests.live.real import Kafka, Postgres


@pytest.fixture
async def stage(tmp_path: Path, kafka: Kafka, postgres: Postgres) -> AsyncIterator[Stage]:
    found = Stage(tmp_path, kafka, postgres)
    await found.open()
    try:
        yield found
    finally:
        await found.close()

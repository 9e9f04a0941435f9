"""Services that have been through the sample, their topics, and databases that were lost."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from sqlalchemy import MetaData, select, text

from services import notifications, training
from services.notifications import clock
from services.notifications.models import Base as NotificationsBase
from services.training.models import Base as TrainingBase
from shared.delivery import Delivery
from shared.outbox import metadata as delivery_tables
from shared.replay.outlook import Selection
from shared.replay.work import Work
from shared.service import AfterReplay, Made
from tests.deploy.cli.kafka import CLIENT, Broker, install
from tests.services.assembly import staged
from tests.services.fixtures import (
    Played,
    empty_databases,
    issuer,
    log_lines,
    played,
    sample_stage,
    stage,
)
from tests.services.issuer import Issuer
from tests.services.stage import Record, Stage, Staged

__all__ = ["empty_databases", "issuer", "log_lines", "played", "sample_stage", "stage"]

TELLS = {"training": training.TELLS, "notifications": notifications.TELLS}
TABLES: dict[str, MetaData] = {
    "training": TrainingBase.metadata,
    "notifications": NotificationsBase.metadata,
}
TIMES = {
    "recommendation_set": {"decided_at"},
    "notice": {"created_at", "waited_ms", "read_at"},
    "delivery": {"state", "attempts", "queued_at", "due_at", "finished_at"},
    "inbox": {"seen_at"},
    "told": {"id", "put_at"},
}
"""What a replay need not bring back as it was: times, and how far an e-mail was."""
EVALUATIONS = "appraisal.evaluations.v1"
ALL = 588
"""Evaluations of the sample."""
BEGAN = 1_790_000_000_000
"""When the first record was told, in milliseconds; each is told a second after the one before."""


@dataclass
class Lost:
    """A broker that has everything, and services whose databases may have nothing."""

    broker: Broker
    stage: Stage
    said: list[dict[str, Any]] = field(default_factory=list)

    def after(self, service: str) -> AfterReplay | None:
        if service == "notifications":
            return clock.after_replay(self.stage.notifications.settings)
        return None

    async def replay(
        self, service: str, *, dry_run: bool = False, **selection: Any
    ) -> dict[str, Any]:
        """Replay a service; gives the last it said: its result, or why it refused."""
        one = self.stage.services[service]
        made = Made(one.settings, one.database, one.listening, self.after(service))
        tells = {kind.topic.name for kind in TELLS[service]}
        work = Work(service, made, tells, CLIENT, lambda **what: self.said.append(what))
        kept = await work.replay(Selection(**selection), dry_run=dry_run)
        last = self.said[-1]
        assert ("result" in last) == kept
        return dict(last.get("result", last))

    async def deliver(self, service: str, records: Sequence[Any]) -> None:
        """What the service itself does with records."""
        one = self.stage.services[service]
        assert one.listening is not None
        mine = [record for record in records if record.topic in one.listening.topics]
        await Delivery(one.listening, one.database).take(mine)

    def put(self, records: Sequence[Record]) -> None:
        """Put what was told on its topics."""
        for number, record in enumerate(records):
            self.broker.put(
                record.topic,
                partition=record.partition,
                key=record.key,
                value=record.value,
                headers=record.headers,
                timestamp=BEGAN + 1000 * number,
            )

    def handled(self, service: str, *, of: int = 1) -> None:
        """The service's group has handled all there is, or one so-manyth of each partition."""
        for where, log in self.broker.logs.items():
            self.broker.committed[service, where] = len(log) // of

    def moved(self, service: str, topic: str, partition: int, to: int) -> None:
        self.broker.committed[service, TopicPartition(topic, partition)] = to


async def rows(one: Staged) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of a service by table, times aside."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    async with one.database.read() as session:
        connection = await session.connection()
        tables = [*TABLES[one.name].sorted_tables, *delivery_tables.sorted_tables]
        for table in tables:
            if table.name == "told_position":
                continue
            columns = [c for c in table.c if c.name not in TIMES.get(table.name, set())]
            everything = (await connection.execute(select(*columns))).all()
            found[table.name] = sorted((tuple(row) for row in everything), key=repr)
    return found


async def count(one: Staged, what: str) -> int:
    [(found,)] = await one.query(f"select count(*) from {what}")  # noqa: S608  # a test's own words
    return int(found)


async def change(one: Staged, statement: str) -> None:
    async with one.database.begin() as session:
        await (await session.connection()).execute(text(statement))


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    return install(monkeypatch)


@pytest.fixture
async def before(sample_stage: Stage) -> Stage:
    """Services through the sample, digests and all."""
    late = datetime.now(UTC) + timedelta(hours=1)
    await clock.tell_due_digests(sample_stage.notifications.database, late, timedelta(0))
    return sample_stage


@pytest.fixture
async def lost(
    broker: Broker,
    played: Played,
    tmp_path: Path,
    empty_databases: Path,
    issuer: Issuer,
) -> AsyncIterator[Lost]:
    """All databases are empty; the topics have what was told, and it was handled once."""
    async with staged(tmp_path / "empty", empty_databases, issuer) as found:
        made = Lost(broker, found)
        for topic in ("workforce.employees.v1", "appraisal.evaluations.v1", "appraisal.imports.v1"):
            broker.make(topic, 4)
            broker.make(f"{topic}.dead")
        made.put(played.told)
        made.handled("training")
        made.handled("notifications")
        yield made

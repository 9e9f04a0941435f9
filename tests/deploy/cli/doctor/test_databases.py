import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from deploy.cli.doctor import databases
from deploy.cli.doctor.databases import migrated, outbox_finding
from deploy.cli.doctor.findings import Finding
from deploy.cli.doctor.site import Site
from shared.database import connect
from shared.migrations import upgrade
from shared.settings import ServiceSettings

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def look(**addresses: str) -> dict[str, Finding]:
    site = Site(
        client={},
        production=False,
        databases={name: {"database_url": one} for name, one in addresses.items()},
    )
    found = asyncio.run(databases.check(site))
    return {one.code: one for one in found if one.values["service"] == "training"}


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Training's database, migrated."""
    address = f"sqlite+aiosqlite:///{tmp_path / 'training.db'}"
    monkeypatch.setenv("TRAINING_DATABASE_URL", address)
    upgrade("training")
    return address


def change(address: str, *statements: str) -> None:
    async def over() -> None:
        database = connect(ServiceSettings(database_url=address))
        async with database.begin() as session:
            for statement in statements:
                await session.execute(text(statement))
        await database.close()

    asyncio.run(over())


def test_a_database_as_this_release_needs_it_is_well(address: str) -> None:
    assert list(look(training=address)) == ["database", "migrated", "outbox"]


def test_a_database_that_lacks_migrations_is_said_with_what_to_do(address: str) -> None:
    change(address, "update alembic_version set version_num = '0000'")
    found = look(training=address)["not_migrated"]
    assert "0000" in found.text
    assert found.remedy == "python -m shared.migrations training"


def test_a_database_without_any_table_is_not_migrated(tmp_path: Path) -> None:
    (tmp_path / "x.db").touch()
    found = look(training=f"sqlite+aiosqlite:///{tmp_path / 'x.db'}")
    assert list(found) == ["database", "not_migrated"]


def test_facts_that_wait_too_long_and_facts_refused_are_said(address: str) -> None:
    columns = "id, shard, fact_id, topic, key, payload, headers, put_at"
    values = "0, '0', 't', x'00', x'00', x'00', '2026-01-01 00:00:00'"
    change(
        address,
        "insert into outbox (id, shard, facts, bytes, put_at) "
        "values (1, 0, 7, 70, '2026-01-01 00:00:00')",
        f"insert into told ({columns}, error) values (1, {values}, 'TooLarge')",  # noqa: S608  # ours
    )
    found = look(training=address)
    assert found["outbox_old"].values["count"] == 7
    assert found["outbox_refused"].values["count"] == 1


def test_looking_at_a_database_that_is_not_there_does_not_make_it(tmp_path: Path) -> None:
    file = tmp_path / "none.db"
    assert list(look(training=f"sqlite+aiosqlite:///{file}")) == ["database_absent"]
    assert not file.exists()
    assert list(look()) == ["database_unknown"]


def test_an_address_that_is_none_is_a_database_that_does_not_answer() -> None:
    assert list(look(training="nonsense")) == ["database_away"]
    assert list(look(training="postgresql+asyncpg://a@/x?host=/nonexistent")) == ["database_away"]


@pytest.mark.parametrize(
    ("seconds", "code"), [(0, "outbox"), (59, "outbox"), (61, "outbox_old"), (-5, "outbox")]
)
def test_the_age_of_the_oldest_fact_counts(seconds: int, code: str) -> None:
    assert outbox_finding("t", 3, NOW - timedelta(seconds=seconds), NOW).code == code
    assert outbox_finding("t", 0, None, NOW).code == "outbox"


def test_migrations_are_compared_as_sets() -> None:
    assert migrated("t", {"1"}, {"1"}).code == "migrated"
    assert migrated("t", set(), {"1"}).values["at"] == "-"

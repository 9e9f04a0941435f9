"""Databases: there, migrated, and with nothing stuck in their outboxes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from alembic.script import ScriptDirectory
from pydantic import ValidationError
from sqlalchemy import func, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from deploy.cli.doctor.findings import Finding
from deploy.cli.doctor.site import Site
from deploy.cli.moments import lasting
from deploy.local.environment import SERVICES
from shared.database import Database, connect
from shared.migrations import configuration
from shared.outbox import outbox, told
from shared.settings import ServiceSettings

OLD_SECONDS: Final = 60.0
"""How long a fact may wait to be told before somebody should look."""


async def check(site: Site) -> list[Finding]:
    """Look at the database of each service whose address is known."""
    found = []
    for service in SERVICES:
        if service not in site.databases:
            variable = f"{service.upper()}_DATABASE_URL"
            found.append(Finding.note("database_unknown", service=service, variable=variable))
            continue
        found += await _one(service, site.databases[service])
    return found


async def _one(service: str, access: Mapping[str, str]) -> list[Finding]:
    try:
        url = make_url(access["database_url"])
        if url.get_backend_name() == "sqlite" and not _is_there(url.database):
            return [Finding.note("database_absent", service=service, file=url.database)]
        settings = ServiceSettings.model_validate({**access, "pool_size": 1})
        database = connect(settings, command_seconds=20)
    except ValidationError as error:
        reason = "; ".join(one["msg"].removeprefix("Value error, ") for one in error.errors())
        return [Finding.problem("database_settings", service=service, reason=reason)]
    except (ArgumentError, OSError, ImportError) as error:
        return [Finding.problem("database_away", service=service, reason=type(error).__name__)]
    try:
        return await _look(service, database)
    except (DBAPIError, OSError) as error:
        reason = type(getattr(error, "orig", None) or error).__name__
        return [Finding.problem("database_away", service=service, reason=reason)]
    finally:
        await database.close()


def _is_there(file: str | None) -> bool:
    """To open a SQLite file would make it."""
    return Path(file or "").is_file()


async def _look(service: str, database: Database) -> list[Finding]:
    async with database.read() as session:
        connection = await session.connection()
        engine = "PostgreSQL" if database.is_postgres else "SQLite"
        asked = "show server_version" if database.is_postgres else "select sqlite_version()"
        version = (await connection.execute(text(asked))).scalar()
        found = [Finding.ok("database", service=service, engine=engine, version=version)]
        has_table = await connection.run_sync(
            lambda sync: sync.dialect.has_table(sync, "alembic_version")
        )
        heads: set[Any] = set()
        if has_table:
            heads = set(
                (
                    await connection.execute(text("select version_num from alembic_version"))
                ).scalars()
            )
        found.append(migrated(service, heads, _wanted(service)))
        if found[-1].code == "not_migrated" and not heads:
            return found
        waiting, oldest = (
            await connection.execute(
                select(func.coalesce(func.sum(outbox.c.facts), 0), func.min(outbox.c.put_at))
            )
        ).one()
        refused = (
            await connection.execute(
                select(func.count()).select_from(told).where(told.c.error.is_not(None))
            )
        ).scalar_one()
    found.append(outbox_finding(service, waiting, oldest, datetime.now(UTC)))
    if refused:
        found.append(Finding.warning("outbox_refused", service=service, count=refused))
    return found


def _wanted(service: str) -> set[str]:
    return set(ScriptDirectory.from_config(configuration(service)).get_heads())


def migrated(service: str, at: set[str], wanted: set[str]) -> Finding:
    """Whether a database is where this release's migrations end."""
    if at == wanted:
        return Finding.ok("migrated", service=service, revision=", ".join(sorted(at)))
    return Finding.problem(
        "not_migrated",
        service=service,
        at=", ".join(sorted(at)) or "-",
        wanted=", ".join(sorted(wanted)),
    )


def outbox_finding(service: str, waiting: int, oldest: datetime | None, now: datetime) -> Finding:
    """What the number and the age of facts that wait to be told mean."""
    age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    values = {"service": service, "count": waiting, "lasting": lasting(age)}
    if age > OLD_SECONDS:
        return Finding.problem("outbox_old", **values)
    return Finding.ok("outbox", **values)

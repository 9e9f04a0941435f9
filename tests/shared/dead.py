"""What was set aside, and a service that has something to set aside."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from shared import postmark
from shared.database import Database
from shared.delivery import Listening
from shared.events import EmployeeRegistered, Fact
from tests.shared import telling
from tests.shared.facts import keep

DEAD = "workforce.employees.v1.dead"


async def waiting(database: Database, topic: str = DEAD) -> Sequence[Row[Any]]:
    return [row for row in await telling.waiting(database) if row.topic == topic]


async def reasons(database: Database) -> list[str]:
    return [headers_of(row)["dead_reason"] for row in await waiting(database)]


def headers_of(row: Row[Any]) -> dict[str, str]:
    return {name: value.decode() for name, value in postmark.headers_of(row)}


def failing_for(*names: str, calls: list[int] | None = None) -> Listening:
    """A service whose handler has a bug with some names."""
    listens = Listening("tests")

    @listens.on(EmployeeRegistered)
    async def note(facts: Sequence[Fact[EmployeeRegistered]], session: AsyncSession) -> None:
        if calls is not None:
            calls.append(len(facts))
        await keep(facts, session)
        if any(fact.data.name in names for fact in facts):
            raise ArithmeticError(f"cannot count {facts[0].data.name}")

    return listens

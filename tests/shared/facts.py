"""Small facts to deliver, and the records and effects they become."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Uuid, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.delivery import Listening
from shared.events import EmployeeRegistered, Fact, encode, headers, new_fact
from shared.events.words import EmploymentKind, PositionKind
from tests.shared.broker import Record

metadata = MetaData()
effect = Table(
    "effect",
    metadata,
    Column("place", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("fact_id", Uuid, nullable=False, unique=True),
    Column("employee_id", Uuid, nullable=False),
    Column("name", String, nullable=False),
)
"""What a handler keeps: one row a fact, in the order they were handled in."""

SOURCE = "urn:kinerja:tests"
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SECRET = "Siti Rahayu"
"""A name: it may lie in a payload, and nowhere else."""


def registered(
    name: str = SECRET, employee_id: UUID | None = None, **more: Any
) -> Fact[EmployeeRegistered]:
    data = EmployeeRegistered(
        employee_id=employee_id or uuid4(),
        agency_id=UUID(int=1),
        version=1,
        name=name,
        employment_kind=EmploymentKind.PNS,
        position_kind=PositionKind.EXECUTOR,
        position_title="Pengadministrasi Umum",
        unit="Subbagian Umum",
        root_unit="Dinas Kesehatan",
        **more,
    )
    return new_fact(data, at=NOW)


def record(fact: Fact[Any], offset: int = 0, *, partition: int = 0, **changed: Any) -> Record:
    """The record a fact becomes; `ce_…` and other headers may be changed, None leaves one out."""
    told: dict[str, bytes | None] = {
        name: text.encode() for name, text in headers(fact, SOURCE).items()
    }
    for name in [name for name in changed if name not in {"value", "key", "topic"}]:
        value = changed.pop(name)
        told.pop(name, None)
        if value is not None:
            told[name] = value
    return Record(
        topic=changed.get("topic", fact.data.topic.name),
        partition=partition,
        offset=offset,
        key=changed.get("key", str(fact.data.key).encode()),
        value=changed.get("value", encode(fact.data)),
        headers=tuple(told.items()),
    )


def records(facts: Sequence[Fact[EmployeeRegistered]]) -> list[Record]:
    return [record(fact, offset) for offset, fact in enumerate(facts)]


def with_field(fact: Fact[EmployeeRegistered], name: str, raw: bytes) -> bytes:
    """The fact's JSON with one member written by hand."""
    fields = msgspec.json.decode(encode(fact.data), type=dict[str, msgspec.Raw])
    return msgspec.json.encode(fields | {name: msgspec.Raw(raw)})


def listening(service: str = "tests") -> Listening:
    """A service that keeps an effect of every employee it hears of."""
    listens = Listening(service)

    @listens.on(EmployeeRegistered)
    async def note(facts: Sequence[Fact[EmployeeRegistered]], session: AsyncSession) -> None:
        await keep(facts, session)

    return listens


async def keep(facts: Sequence[Fact[EmployeeRegistered]], session: AsyncSession) -> None:
    await (await session.connection()).execute(
        insert(effect),
        [{"fact_id": f.id, "employee_id": f.data.employee_id, "name": f.data.name} for f in facts],
    )


async def kept(database: Database) -> list[str]:
    """The names whose effect is kept, in the order they were handled in."""
    async with database.read() as session:
        names = select(effect.c.name).order_by(effect.c.place)
        return list((await (await session.connection()).execute(names)).scalars())

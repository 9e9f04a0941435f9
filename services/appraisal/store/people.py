"""Queries about people."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Row, Table, bindparam, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from services.appraisal.models import Employee
from services.appraisal.store.vault import Vault
from shared.database import insert_rows
from shared.events import EmployeeRegistered, new_id
from shared.events.words import EmploymentKind, PositionKind

_TABLE: Final[Table] = Employee.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_RECORD: Final = (
    "agency_id",
    "name",
    "email",
    "employment_kind",
    "position_kind",
    "position_title",
    "unit",
    "root_unit",
    "reviewer_id",
)
_COLUMNS: Final = ("employee_id", "nip_hash", "nip_sealed", "version", *_RECORD)
_CHANGE: Final = (
    update(_TABLE)
    .where(_TABLE.c.employee_id == bindparam("changed"))
    .values({name: bindparam(f"new_{name}") for name in ("version", *_RECORD)})
)


class Person(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What an export says of somebody.

    `partial` marks a reviewer who is only named beside those he appraises: enough to register
    somebody new, never to change a record that is known better.
    """

    name: str
    employment_kind: EmploymentKind
    position_kind: PositionKind
    position_title: str
    unit: str
    root_unit: str
    email: str | None = None
    reviewer_nip: str | None = None
    partial: bool = False


async def keep(
    session: AsyncSession, vault: Vault, agency_id: UUID, people: Mapping[str, Person]
) -> tuple[dict[str, UUID], list[EmployeeRegistered]]:
    """Keep what is new or changed about people, by NIP.

    Gives everybody's id by NIP, and what has to be told. Reviewers named must be among `people`.
    """
    hashes = {vault.fingerprint(nip): nip for nip in people}
    rows = await session.execute(
        select(_TABLE)
        .where(_TABLE.c.nip_hash.in_(sorted(hashes)))
        .order_by(_TABLE.c.nip_hash)
        .with_for_update()
    )
    known = {hashes[row.nip_hash]: row for row in rows}
    ids = {nip: known[nip].employee_id if nip in known else new_id() for nip in people}
    new: list[tuple[Any, ...]] = []
    changed: list[dict[str, Any]] = []
    told: list[EmployeeRegistered] = []
    for hashed, nip in hashes.items():
        record = _record(people[nip], agency_id, ids)
        before = known.get(nip)
        if before is None:
            version = 1
            new.append((ids[nip], hashed, vault.seal(nip.encode()), version, *_values(record)))
        else:
            if people[nip].partial or _same(before, record):
                continue
            version = before.version + 1
            changed.append(
                {"changed": ids[nip], "new_version": version}
                | {f"new_{name}": value for name, value in record.items()}
            )
        told.append(EmployeeRegistered(employee_id=ids[nip], version=version, **record))
    await insert_rows(session, _TABLE, _COLUMNS, new)
    if changed:
        await (await session.connection()).execute(_CHANGE, changed)
    return ids, told


def _record(person: Person, agency_id: UUID, ids: Mapping[str, UUID]) -> dict[str, Any]:
    return {
        "agency_id": agency_id,
        "name": person.name,
        "email": person.email,
        "employment_kind": person.employment_kind,
        "position_kind": person.position_kind,
        "position_title": person.position_title,
        "unit": person.unit,
        "root_unit": person.root_unit,
        "reviewer_id": ids.get(person.reviewer_nip) if person.reviewer_nip else None,
    }


def _values(record: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(record[name] for name in _RECORD)


def _same(before: Row[Any], record: dict[str, Any]) -> bool:
    """Whether nothing changed; an export without addresses takes none away."""
    record["email"] = record["email"] or before.email
    return all(getattr(before, name) == value for name, value in record.items())


async def names(session: AsyncSession, ids: set[UUID]) -> dict[UUID, str]:
    """Names by employee id."""
    if not ids:
        return {}
    rows = await session.execute(
        select(_TABLE.c.employee_id, _TABLE.c.name).where(_TABLE.c.employee_id.in_(ids))
    )
    return {row.employee_id: row.name for row in rows}


async def employee(session: AsyncSession, employee_id: UUID) -> Employee | None:
    """One employee."""
    return await session.get(Employee, employee_id)

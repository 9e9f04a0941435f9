"""Queries about people."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Row, Table, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.appraisal.models import Employee
from services.appraisal.store.vault import Vault
from shared.database import among, insert_rows
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
_STAYS_WHERE_SILENT: Final = ("name", "email", "unit", "root_unit")
_COLUMNS: Final = ("employee_id", "nip_hash", "nip_sealed", "version", "as_of", *_RECORD)
_CHANGE: Final = (
    update(_TABLE)
    .where(_TABLE.c.employee_id == bindparam("changed"))
    .values({name: bindparam(f"new_{name}") for name in ("version", "as_of", *_RECORD)})
)


class Person(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What an export says of somebody.

    Attributes:
        reviewer_nip: the one who appraises, None where the export names nobody.
        as_of: last day of the period this is from. None for what is only said beside others (a
            reviewer's name, an acting post): enough to register somebody new, never to change a
            record that is known.
    """

    name: str
    employment_kind: EmploymentKind
    position_kind: PositionKind
    position_title: str
    unit: str
    root_unit: str
    email: str | None = None
    reviewer_nip: str | None = None
    as_of: date | None = None


async def keep(
    session: AsyncSession, vault: Vault, agency_id: UUID, people: Mapping[str, Person]
) -> tuple[dict[str, UUID], list[EmployeeRegistered]]:
    """Keep what is new or changed about people, by NIP.

    An export of an earlier period than the record's takes nothing back, and what an export leaves
    empty stays as it is known.

    Gives everybody's id by NIP, and what has to be told. Reviewers named must be among `people`.
    """
    hashes = {vault.fingerprint(nip): nip for nip in people}
    rows = await session.execute(
        select(_TABLE)
        .where(among(session, _TABLE.c.nip_hash, hashes))
        .order_by(_TABLE.c.nip_hash)
        .with_for_update()
    )
    known = {hashes[row.nip_hash]: row for row in rows}
    ids = {nip: known[nip].employee_id if nip in known else new_id() for nip in people}
    new: list[tuple[Any, ...]] = []
    changed: list[dict[str, Any]] = []
    told: list[EmployeeRegistered] = []
    for hashed, nip in hashes.items():
        person, before = people[nip], known.get(nip)
        record = _record(person, agency_id, ids)
        version = 1
        if before is None:
            sealed = vault.seal(nip.encode())
            new.append((ids[nip], hashed, sealed, version, person.as_of, *record.values()))
        elif not _knows_better(person, before):
            continue
        else:
            record |= {name: record[name] or getattr(before, name) for name in _STAYS_WHERE_SILENT}
            same = all(getattr(before, name) == value for name, value in record.items())
            if same and before.as_of == person.as_of:
                continue
            version = before.version + (not same)
            values = {"version": version, "as_of": person.as_of, **record}
            changed.append(
                {"changed": ids[nip]} | {f"new_{name}": value for name, value in values.items()}
            )
            if same:
                continue
        told.append(EmployeeRegistered(employee_id=ids[nip], version=version, **record))
    await insert_rows(session, _TABLE, _COLUMNS, new)
    if changed:
        await (await session.connection()).execute(_CHANGE, changed)
    return ids, told


def _knows_better(person: Person, before: Row[Any]) -> bool:
    return person.as_of is not None and (before.as_of is None or before.as_of <= person.as_of)


def _record(person: Person, agency_id: UUID, ids: Mapping[str, UUID]) -> dict[str, Any]:
    """The values of `_RECORD`, in its order."""
    return {
        "agency_id": agency_id,
        "name": person.name,
        "email": person.email,
        "employment_kind": person.employment_kind,
        "position_kind": person.position_kind,
        "position_title": person.position_title,
        "unit": person.unit,
        "root_unit": person.root_unit,
        "reviewer_id": ids[person.reviewer_nip] if person.reviewer_nip else None,
    }


async def names(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    """Names by employee id."""
    if not ids:
        return {}
    rows = await session.execute(
        select(_TABLE.c.employee_id, _TABLE.c.name).where(among(session, _TABLE.c.employee_id, ids))
    )
    return {row.employee_id: row.name for row in rows}


async def employee(session: AsyncSession, employee_id: UUID) -> Employee | None:
    """One employee."""
    return await session.get(Employee, employee_id)

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
from shared.events import EmployeeRegistered, new_ids
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


Known = Row[Any]
"""Somebody as the table has him."""


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


class Changes(msgspec.Struct, frozen=True):
    """What an export changes about people.

    Attributes:
        ids: everybody's id by NIP.
        told: what has to be told.
        new, changed: rows for `keep`.
    """

    ids: dict[str, UUID]
    told: list[EmployeeRegistered]
    new: list[tuple[Any, ...]]
    changed: list[dict[str, Any]]


async def known(session: AsyncSession, hashes: Mapping[bytes, str]) -> dict[str, Known]:
    """Those of these people who are known, by NIP, locked; `hashes` are fingerprints of NIPs."""
    rows = await session.execute(
        select(_TABLE)
        .where(among(session, _TABLE.c.nip_hash, hashes))
        .order_by(_TABLE.c.nip_hash)
        .with_for_update()
    )
    return {hashes[row.nip_hash]: row for row in rows}


def changes(
    vault: Vault,
    agency_id: UUID,
    people: Mapping[str, Person],
    hashes: Mapping[bytes, str],
    before: Mapping[str, Known],
) -> Changes:
    """What is new or changed about people, by NIP.

    An export of an earlier period than the record's takes nothing back, and what an export leaves
    empty stays as it is known. Reviewers named must be among `people`.

    Args:
        vault: seals the NIPs of those who are new.
        agency_id: the export's agency.
        people: what the export says.
        hashes: the fingerprints of their NIPs.
        before: those who are known.
    """
    ids = dict(zip(people, new_ids(len(people)), strict=True))
    ids |= {nip: row.employee_id for nip, row in before.items()}
    found = Changes(ids, [], [], [])
    for hashed, nip in hashes.items():
        person, row = people[nip], before.get(nip)
        record = _record(person, agency_id, ids)
        version = 1
        if row is None:
            sealed = vault.seal(nip.encode())
            found.new.append((ids[nip], hashed, sealed, version, person.as_of, *record.values()))
        elif not _knows_better(person, row):
            continue
        else:
            record |= {name: record[name] or getattr(row, name) for name in _STAYS_WHERE_SILENT}
            same = all(getattr(row, name) == value for name, value in record.items())
            if same and row.as_of == person.as_of:
                continue
            version = row.version + (not same)
            values = {"version": version, "as_of": person.as_of, **record}
            found.changed.append(
                {"changed": ids[nip]} | {f"new_{name}": value for name, value in values.items()}
            )
            if same:
                continue
        found.told.append(EmployeeRegistered(employee_id=ids[nip], version=version, **record))
    return found


async def keep(session: AsyncSession, found: Changes) -> None:
    """Keep what is new or changed."""
    await insert_rows(session, _TABLE, _COLUMNS, found.new)
    if found.changed:
        await (await session.connection()).execute(_CHANGE, found.changed)


def _knows_better(person: Person, before: Known) -> bool:
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

"""Queries about recipients: where they can be reached, and what they chose."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.models import Contact, Preference
from services.notifications.store.upserts import upsert
from shared.driver import Lookup
from shared.events import EmployeeRegistered

_CONTACT: Final[Table] = Contact.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_PREFERENCE: Final[Table] = Preference.__table__  # type: ignore[attr-defined]  # the same
_WITHOUT_EMAIL: Final = Lookup(
    select(_PREFERENCE.c.recipient_id).where(_PREFERENCE.c.email.is_(False)),
    _PREFERENCE.c.recipient_id,
)


async def keep_contacts(session: AsyncSession, records: Sequence[EmployeeRegistered]) -> None:
    """Keep where people can be reached; an older record never takes the place of a newer one."""
    newest: dict[UUID, EmployeeRegistered] = {}
    for record in records:
        before = newest.get(record.employee_id)
        if before is None or before.version < record.version:
            newest[record.employee_id] = record
    connection = await session.connection()
    keeping = upsert(connection, _CONTACT)
    await connection.execute(
        keeping.on_conflict_do_update(
            index_elements=["recipient_id"],
            set_={name: keeping.excluded[name] for name in ("version", "agency_id", "email")},
            where=keeping.excluded.version > _CONTACT.c.version,
        ),
        [
            {
                "recipient_id": employee_id,
                "version": record.version,
                "agency_id": record.agency_id,
                "email": record.email,
            }
            for employee_id, record in sorted(newest.items())
        ],
    )


async def without_email(session: AsyncSession, recipients: Collection[UUID]) -> set[UUID]:
    """Those of these recipients who switched e-mail off."""
    return {one for (one,) in await _WITHOUT_EMAIL(session, recipients)}


async def preference(session: AsyncSession, recipient_id: UUID) -> Preference:
    """What a recipient chose; the defaults where nothing was chosen."""
    found = await session.get(Preference, recipient_id)
    return found or Preference(recipient_id=recipient_id)


async def choose(session: AsyncSession, chosen: Preference) -> None:
    """Keep what a recipient chose."""
    connection = await session.connection()
    choosing = upsert(connection, _PREFERENCE)
    await connection.execute(
        choosing.on_conflict_do_update(
            index_elements=["recipient_id"],
            set_={name: choosing.excluded[name] for name in ("email", "language")},
        ),
        [chosen.model_dump()],
    )

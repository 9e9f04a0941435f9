"""Another key for what lies encrypted: `python -m services.appraisal.store.rekeying OLD NEW`.

OLD and NEW are files that hold a key each; the database is the service's own (`APPRAISAL_…`).
Every process of appraisal must be stopped: it would go on with the old key. It is one
transaction, so whatever ends it early has changed nothing, and it may be run again.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from sqlalchemy import Table, and_, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.appraisal.models import Employee, ImportPart, ImportReport
from services.appraisal.store.vault import Vault
from shared.database import connect
from shared.settings import ServiceSettings

BATCH: Final = 1000
_EMPLOYEE: Final[Table] = Employee.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_FILES: Final[tuple[Table, ...]] = (
    ImportPart.__table__,  # type: ignore[attr-defined]  # the same
    ImportReport.__table__,  # type: ignore[attr-defined]  # the same
)
_NEW_NUMBER: Final = (
    update(_EMPLOYEE)
    .where(_EMPLOYEE.c.employee_id == bindparam("whose"))
    .values(nip_hash=bindparam("hashed"), nip_sealed=bindparam("sealed_anew"))
)


async def rekey(session: AsyncSession, old: Vault, new: Vault) -> tuple[int, int]:
    """Encrypt all that lies encrypted anew; gives how many people and files it was.

    What the new key opens already stays as it is.

    Raises:
        InvalidTag: something was encrypted under neither key.
    """
    return await _people(session, old, new), await _files(session, old, new)


async def _people(session: AsyncSession, old: Vault, new: Vault) -> int:
    columns = (_EMPLOYEE.c.employee_id, _EMPLOYEE.c.nip_sealed)
    page = select(*columns).order_by(_EMPLOYEE.c.employee_id).limit(BATCH)
    asked = page
    count = 0
    while rows := (await session.execute(asked)).all():
        changes = []
        for employee_id, sealed in rows:
            if (nip := _opened(sealed, old, new)) is not None:
                hashed = new.fingerprint(nip.decode())
                changes.append(
                    {"whose": employee_id, "hashed": hashed, "sealed_anew": new.seal(nip)}
                )
        if changes:
            await (await session.connection()).execute(_NEW_NUMBER, changes)
        count += len(changes)
        asked = page.where(_EMPLOYEE.c.employee_id > rows[-1].employee_id)
    return count


async def _files(session: AsyncSession, old: Vault, new: Vault) -> int:
    """Pieces of exports and workbooks, one in memory at a time: they may be large."""
    count = 0
    for table in _FILES:
        key: list[Any] = list(table.primary_key.columns)
        for row in (await session.execute(select(*key))).all():
            this = and_(*(column == value for column, value in zip(key, row, strict=True)))
            sealed = (await session.execute(select(table.c.sealed).where(this))).scalar_one()
            if (content := _opened(sealed, old, new)) is not None:
                await session.execute(update(table).where(this).values(sealed=new.seal(content)))
                count += 1
    return count


def _opened(sealed: bytes, old: Vault, new: Vault) -> bytes | None:
    """What lies under the old key; None where it lies under the new one already."""
    try:
        return old.open(sealed)
    except InvalidTag:
        new.open(sealed)
        return None


async def _over(old: Vault, new: Vault) -> tuple[int, int]:
    database = connect(ServiceSettings(_env_prefix="APPRAISAL_"), command_seconds=None)
    try:
        async with database.begin() as session:
            return await rekey(session, old, new)
    finally:
        await database.close()


def main(arguments: list[str]) -> None:
    """Do it, and say what was done; no key is ever said."""
    if len(arguments) != 2:  # noqa: PLR2004  # as the line says
        sys.exit("Name two files: that of the old key and that of the new one.")
    old, new = (Vault(Path(name).read_text().strip()) for name in arguments)
    try:
        people, files = asyncio.run(_over(old, new))
    except InvalidTag:
        sys.exit("Something lies under neither key: nothing was changed. Is OLD the key in use?")
    sys.stdout.write(f"encrypted anew: {people} people, {files} files\n")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Another key: everybody is still found, every file still opens, and the old key is of no use."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import func, select

from services.appraisal.models import Base, Employee
from services.appraisal.store import Person, Vault, imports, people, rekeying
from shared.database import Database, connect
from shared.events.words import EmploymentKind, PositionKind
from shared.settings import ServiceSettings

OLD, NEW = (
    "the old secret of the tests, 32 characters",
    "the new secret of the tests, 32 characters",
)
AGENCY, IMPORT = UUID(int=1), UUID(int=2)
NIPS = [f"1985031520100119{number:02}" for number in range(25)]
PERSON = Person(
    name="Siti Contoh",
    employment_kind=EmploymentKind.PNS,
    position_kind=PositionKind.SENIOR_EXECUTIVE,
    position_title="Pelaksana",
    unit="Sekretariat",
    root_unit="Dinas",
)


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """Some people and files under the old key."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'appraisal.db'}"
    monkeypatch.setenv("APPRAISAL_DATABASE_URL", url)
    monkeypatch.setattr(rekeying, "BATCH", 10)
    found = connect(ServiceSettings(database_url=url))
    async with found.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await keep(found, OLD)
    yield found
    await found.close()


async def keep(database: Database, key: str) -> dict[str, UUID]:
    vault = Vault(key)
    async with database.begin() as session:
        hashes = {vault.fingerprint(nip): nip for nip in NIPS}
        before = await people.known(session, hashes)
        persons = dict.fromkeys(NIPS, PERSON)
        found = people.changes(vault, AGENCY, persons, hashes, before)
        await people.keep(session, found)
        if await imports.part(session, vault, IMPORT, 0) is None:
            await imports.add_part(session, vault, IMPORT, 0, b"a piece")
            await imports.add_report(session, vault, IMPORT, "id", b"a workbook")
    return found.ids


async def rekey(database: Database, old: str, new: str) -> tuple[int, int]:
    async with database.begin() as session:
        return await rekeying.rekey(session, Vault(old), Vault(new))


async def test_everybody_is_found_and_every_file_opens_under_the_new_key(
    database: Database,
) -> None:
    before = await keep(database, OLD)
    assert await rekey(database, OLD, NEW) == (25, 2)
    assert await keep(database, NEW) == before
    async with database.read() as session:
        sealed = (await session.execute(select(Employee.nip_sealed))).scalars().all()
        assert await imports.part(session, Vault(NEW), IMPORT, 0) == b"a piece"
        assert await imports.report(session, Vault(NEW), IMPORT, "id") == b"a workbook"
        assert (await session.execute(select(func.count()).select_from(Employee))).scalar() == 25
    assert sorted(Vault(NEW).open(one).decode() for one in sealed) == NIPS
    with pytest.raises(InvalidTag):
        Vault(OLD).open(sealed[0])


async def test_again_changes_nothing(database: Database) -> None:
    await rekey(database, OLD, NEW)
    assert await rekey(database, OLD, NEW) == (0, 0)


async def test_a_key_that_was_never_in_use_changes_nothing(database: Database) -> None:
    with pytest.raises(InvalidTag):
        await rekey(database, "another secret altogether, 32 characters", NEW)
    assert await rekey(database, OLD, NEW) == (25, 2)


def keys(folder: Path, *values: str) -> list[str]:
    files = [folder / f"key-{number}" for number in range(len(values))]
    for file, value in zip(files, values, strict=True):
        file.write_text(f"{value}\n")
    return [str(file) for file in files]


async def test_the_command_says_what_it_did_and_no_key(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await asyncio.to_thread(rekeying.main, keys(tmp_path, OLD, NEW))
    assert capsys.readouterr().out == "encrypted anew: 25 people, 2 files\n"
    with pytest.raises(SystemExit, match="under neither key: nothing was changed"):
        await asyncio.to_thread(rekeying.main, keys(tmp_path, OLD, OLD + "!"))
    with pytest.raises(SystemExit, match="Name two files"):
        rekeying.main([])

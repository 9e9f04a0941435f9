"""Services on a stage: their real doors, rules and databases; no network, and a list for a bus.

What a service tells is taken from its outbox as the relay would take it, and handed to the others'
`Delivery` as records.
"""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import delete, select, text

from services.appraisal import clock as appraisal_clock
from services.appraisal.store import Vault
from shared.auth import Role
from shared.database import Database
from shared.delivery import Delivery, Listening
from shared.outbox import ROOM, outbox, told
from shared.postmark import headers_of
from tests.services.issuer import JAMBI, Issuer

SERVICES = ("appraisal", "training", "notifications")
SECRET = "a secret of the tests, at least 32 characters long"
PARTITIONS = 4


@dataclass(frozen=True)
class Record:
    """A record as a Kafka client gives it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


@dataclass
class Staged:
    """One service with its database."""

    name: str
    settings: Any
    database: Database
    app: FastAPI
    listening: Listening | None

    async def take(self, records: Sequence[Record], *, batch: int = 1000) -> None:
        """Hear of records on the topics it listens to."""
        if self.listening is None:
            return
        delivery = Delivery(self.listening, self.database)
        mine = [record for record in records if record.topic in self.listening.topics]
        for start in range(0, len(mine), batch):
            await delivery.take(mine[start : start + batch])

    async def query(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Rows, by hand-written SQL: a second opinion on the store's own queries."""
        async with self.database.read() as session:
            found = await (await session.connection()).execute(text(statement), values)
            return [tuple(row) for row in found]

    @property
    def file(self) -> Path:
        return Path(str(self.database.engine.url.database))


@dataclass
class Stage:
    """All services of one test, and everything told so far."""

    folder: Path
    issuer: Issuer
    services: dict[str, Staged]
    told: list[Record] = field(default_factory=list)
    offsets: Counter[tuple[str, int]] = field(default_factory=Counter)

    def __getattr__(self, name: str) -> Staged:
        try:
            return self.services[name]
        except KeyError:
            raise AttributeError(name) from None

    def client(
        self, name: str, *roles: Role, language: str = "id", **claims: Any
    ) -> httpx.AsyncClient:
        """Somebody with these roles, asking one service; nobody where no role is given."""
        headers = {"Accept-Language": language}
        if roles:
            headers["Authorization"] = f"Bearer {self.issuer.token(*roles, **claims)}"
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.services[name].app),
            base_url=f"http://{name}.example",
            headers=headers,
        )

    def officer(
        self, name: str = "appraisal", agency_id: UUID = JAMBI, **more: Any
    ) -> httpx.AsyncClient:
        return self.client(name, Role.PERSONNEL_OFFICER, agency_id=agency_id, **more)

    async def collect(self) -> list[Record]:
        """Take what waits in all outboxes, in the order it was put there."""
        found = [record for one in self.services.values() for record in await self._taken(one)]
        self.told += found
        return found

    async def _taken(self, one: Staged) -> list[Record]:
        async with one.database.engine.begin() as connection:
            waits = told.c.id // ROOM == outbox.c.id
            asked = select(told).join(outbox, waits).order_by(told.c.id)
            rows = (await connection.execute(asked)).all()
            await connection.execute(delete(outbox))
        records = []
        for row in rows:
            partition = zlib.crc32(row.key or b"") % PARTITIONS
            offset = self.offsets[row.topic, partition]
            self.offsets[row.topic, partition] += 1
            headers = tuple(headers_of(row))
            records.append(Record(row.topic, partition, offset, row.key, row.payload, headers))
        return records

    async def carry(self, *, batch: int = 1000) -> None:
        """Carry what is told to everybody, until nobody has anything to tell any more."""
        while records := await self.collect():
            for one in self.services.values():
                await one.take(records, batch=batch)

    async def read_imports(self, *, reader: appraisal_clock.Reader | None = None) -> None:
        """Read every import that waits, to its end."""
        reader = reader or self.reader()
        while await reader.read_next():
            pass

    def reader(self, **knobs: Any) -> appraisal_clock.Reader:
        settings = self.appraisal.settings.model_copy(update=knobs)
        return appraisal_clock.Reader(self.appraisal.database, Vault(SECRET), settings)

    async def hand_in(
        self,
        content: bytes,
        *,
        agency_id: UUID = JAMBI,
        filename: str = "laporan.xlsx",
        read: bool = True,
    ) -> dict[str, Any]:
        """Hand an export in as its personnel officer and, if asked, read it; gives the import."""
        async with self.officer(agency_id=agency_id) as officer:
            answer = await officer.post("/imports", files={"file": (filename, content)})
            assert answer.status_code in {200, 202}, answer.text
            if read:
                await self.read_imports()
            shown = await officer.get(answer.headers["location"])
        found: dict[str, Any] = shown.json()
        return found

    async def employee(self, nip: str) -> UUID:
        """The opaque id of somebody."""
        [(found,)] = await self.appraisal.query(
            "select employee_id from employee where nip_hash = :nip",
            nip=Vault(SECRET).fingerprint(nip),
        )
        return UUID(found)

    async def let_leases_run_out(self) -> None:
        """Let the time pass after which nobody works on an import any more."""
        async with self.appraisal.database.begin() as session:
            await session.execute(text("update import set leased_until = '2026-01-01 00:00:00'"))

    async def close(self) -> None:
        for one in self.services.values():
            await one.app.state.tokens.close()
            await one.database.close()

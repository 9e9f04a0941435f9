"""One export, from the pieces that wait to the end of its import.

Everything is kept in steps that a crash may fall between: judging a file gives the same every time,
so whoever takes the import over goes on after the last chunk that was kept.
"""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from services.appraisal import rules, store, workbooks
from services.appraisal.clock.judging import Judged, OtherAgency, judge
from services.appraisal.clock.keeping import SOURCE, Chunk, keep_rows, prepared, speaking_rows
from services.appraisal.clock.scratch import scratch
from services.appraisal.models import Import, ImportState
from services.appraisal.settings import Settings
from shared import outbox, tracing
from shared.database import Database, passes
from shared.ending import to_its_end
from shared.events import ImportCompleted, new_fact, new_id

log = logging.getLogger(__name__)

OTHER_AGENCY: Final = "other_agency"
GIVEN_UP: Final = "given_up"


class Reader:
    """Reads imports; each process has one, and none works on another's."""

    def __init__(self, database: Database, vault: store.Vault, settings: Settings) -> None:
        self._database = database
        self._vault = vault
        self._settings = settings
        self._worker = new_id()
        self._lease = timedelta(seconds=settings.lease_seconds)

    async def read_next(self) -> bool:
        """Read the oldest import that waits, to its end; False if none does.

        Told to end, it gives the import back, so that another goes on at once.
        """
        now = datetime.now(UTC)
        async with self._database.read() as session:
            if not await store.imports.any_free(session, now):
                return False
        async with self._database.begin() as session:
            job = await store.imports.claim(session, self._worker, now=now, lease=self._lease)
        if job is None:
            return False
        if job.attempts > self._settings.import_attempts:
            await self._refuse(job, GIVEN_UP, {"attempts": str(self._settings.import_attempts)})
            return True
        about = {"kinerja.import_id": str(job.import_id)}
        try:
            async with self._staying_alive(job.import_id):
                with tracing.going_on("read import", job.traceparent, about):
                    await self._read(job)
        except asyncio.CancelledError:
            await to_its_end(self._give_back(job.import_id))
            raise
        return True

    @asynccontextmanager
    async def _staying_alive(self, import_id: UUID) -> AsyncIterator[None]:
        """Renew the lease while a long step is under way."""
        renewing = asyncio.create_task(self._renew(import_id))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait({renewing})

    async def _renew(self, import_id: UUID) -> None:
        while True:
            await asyncio.sleep(self._settings.lease_seconds / 3)
            now = datetime.now(UTC)
            try:
                async with self._database.begin() as session:
                    await store.imports.renew(
                        session, import_id, self._worker, now=now, lease=self._lease
                    )
            except Exception as error:
                if not passes(error):
                    raise

    async def _give_back(self, import_id: UUID) -> None:
        """Let another have it; where the database is away, once the lease is over."""
        try:
            async with self._database.begin() as session:
                await store.imports.give_back(session, import_id, self._worker)
        except Exception as error:
            if not passes(error):
                raise

    async def _read(self, job: Import) -> None:
        with scratch() as folder:
            path = folder / "export"
            await self._fetch(job.import_id, path)
            try:
                judged = await asyncio.to_thread(judge, path, job)
            except workbooks.ExportRefused as refused:
                await self._refuse(job, refused.code, refused.params)
                return
            except OtherAgency as other:
                await self._refuse(job, OTHER_AGENCY, {"agency": str(other)})
                return
        if job.state == ImportState.WAITING and not await self._begin(job, judged):
            return
        if await self._keep(job, judged.assessment.good):
            await self._finish(job.import_id)

    async def _fetch(self, import_id: UUID, path: Path) -> None:
        with path.open("wb") as file:
            for number in itertools.count():
                async with self._database.read() as session:
                    part = await store.imports.part(session, self._vault, import_id, number)
                if part is None:
                    break
                await asyncio.to_thread(file.write, part)

    async def _begin(self, job: Import, judged: Judged) -> bool:
        """Keep what was found before the first row is; False if another took over."""
        assessment = judged.assessment
        counts = assessment.counts
        async with self._database.begin() as session:
            mine = await store.imports.hold(session, job.import_id, self._worker)
            if mine is None:
                return False
            mine.state = ImportState.READING
            mine.attempts = 0
            mine.rows = counts.rows
            mine.good = counts.good
            mine.rejected = counts.rejected
            mine.set_aside = counts.set_aside
            mine.warned = counts.warned
            if assessment.period is not None:
                mine.period = msgspec.json.encode(assessment.period).decode()
            mine.distribution = msgspec.json.encode(judged.distribution).decode()
            await store.imports.add_findings(
                session,
                [
                    (job.import_id, number, f.row, f.column, f.code, f.kind, f.value)
                    for number, f in enumerate(assessment.findings, 1)
                ],
            )
            for language, book in judged.reports.items():
                await store.imports.add_report(session, self._vault, job.import_id, language, book)
        return True

    async def _keep(self, job: Import, rows: Sequence[rules.GoodRow]) -> bool:
        """Keep good rows from where the import stands; False if another took over.

        While a chunk is kept, the next one is prepared.
        """
        speaking, size = speaking_rows(rows), self._settings.import_batch
        chunks = (rows[first : first + size] for first in range(job.kept, len(rows), size))
        ahead = asyncio.create_task(prepared(self._vault, next(chunks, ()), speaking))
        try:
            while (chunk := await ahead).rows:
                ahead = asyncio.create_task(prepared(self._vault, next(chunks, ()), speaking))
                if not await self._keep_chunk(job.import_id, chunk):
                    return False
        finally:
            ahead.cancel()
        return True

    async def _keep_chunk(self, import_id: UUID, chunk: Chunk) -> bool:
        async with self._database.begin() as session:
            mine = await store.imports.hold(session, import_id, self._worker)
            if mine is None:
                return False
            await keep_rows(session, self._vault, mine, chunk, datetime.now(UTC))
            mine.attempts = 0
        return True

    async def _finish(self, import_id: UUID) -> None:
        async with self._database.begin() as session:
            mine = await store.imports.hold(session, import_id, self._worker)
            if mine is not None:
                await _end(session, mine, ImportState.DONE)

    async def _refuse(self, job: Import, code: str, params: dict[str, str]) -> None:
        async with self._database.begin() as session:
            mine = await store.imports.hold(session, job.import_id, self._worker)
            if mine is None:
                return
            mine.refused = code
            mine.refused_params = msgspec.json.encode(params).decode()
            await _end(session, mine, ImportState.REFUSED)
        log.info("an export was refused", extra={"import": job.import_id, "code": code})


async def _end(session: AsyncSession, job: Import, state: ImportState) -> None:
    """End an import: its file is forgotten, and whoever counts its results learns how many came."""
    now = datetime.now(UTC)
    begun = job.state == ImportState.READING
    job.state = state
    job.finished_at = now
    await store.imports.drop_file(session, job.import_id)
    if not begun:
        return
    ended = ImportCompleted(
        import_id=job.import_id,
        agency_id=job.agency_id,
        told=job.finalised - job.unchanged,
        low=job.low,
        rejected=job.rejected,
        set_aside=job.set_aside,
    )
    fact = new_fact(ended, at=now, traceparent=tracing.here())
    await outbox.tell(session, [fact], source=SOURCE)

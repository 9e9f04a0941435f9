"""One export, from the pieces that wait to the end of its import.

Everything is kept in steps that a crash may fall between: judging a file gives the same every time,
so whoever takes the import over goes on after the last chunk that was kept.
"""

import asyncio
import contextlib
import io
import logging
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from services.appraisal import data, rules, store, workbooks
from services.appraisal.clock.keeping import SOURCE, keep_rows
from services.appraisal.models import Import, ImportState
from services.appraisal.settings import Settings
from shared import outbox
from shared.database import Database
from shared.events import ImportCompleted, new_fact, new_id
from shared.i18n import LANGUAGES, catalogue

log = logging.getLogger(__name__)

TEXTS: Final = catalogue(Path(__file__).parent.parent / "locales")
AGENCIES: Final = rules.read_agencies(data.agencies())
OTHER_AGENCY: Final = "other_agency"


class Judged(msgspec.Struct, frozen=True):
    """An export judged, with the workbooks of its rejected rows by language."""

    assessment: rules.Assessment
    reports: dict[str, bytes]


class Reader:
    """Reads imports; each process has one, and none works on another's."""

    def __init__(self, database: Database, vault: store.Vault, settings: Settings) -> None:
        self._database = database
        self._vault = vault
        self._settings = settings
        self._worker = new_id()
        self._lease = timedelta(seconds=settings.lease_seconds)

    async def read_next(self) -> bool:
        """Read the oldest import that waits, to its end; False if none does."""
        async with self._database.read() as session:
            if not await store.imports.any_open(session):
                return False
        async with self._database.begin() as session:
            job = await store.imports.claim(
                session, self._worker, now=datetime.now(UTC), lease=self._lease
            )
        if job is None:
            return False
        async with self._staying_alive(job.import_id):
            await self._read(job)
        return True

    @asynccontextmanager
    async def _staying_alive(self, import_id: UUID) -> AsyncIterator[None]:
        """Renew the lease while a long step is under way."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(self._settings.lease_seconds / 3)
                async with self._database.begin() as session:
                    await store.imports.renew(
                        session,
                        import_id,
                        self._worker,
                        now=datetime.now(UTC),
                        lease=self._lease,
                    )

        renewing = asyncio.create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewing

    async def _read(self, job: Import) -> None:
        with tempfile.TemporaryDirectory(prefix="kinerja-") as folder:
            path = Path(folder) / "export"
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
        rows = judged.assessment.good
        in_file = {row.nip: row for row in rows}
        size = self._settings.import_batch
        kept = job.kept
        while kept < len(rows):
            async with self._database.begin() as session:
                mine = await store.imports.hold(session, job.import_id, self._worker)
                if mine is None:
                    return
                chunk = rows[mine.kept : mine.kept + size]
                await keep_rows(session, self._vault, mine, chunk, in_file, datetime.now(UTC))
                kept = mine.kept
        await self._finish(job.import_id)

    async def _fetch(self, import_id: UUID, path: Path) -> None:
        with path.open("wb") as file:
            for number in range(1_000_000):
                async with self._database.read() as session:
                    part = await store.imports.part(session, self._vault, import_id, number)
                if part is None:
                    break
                await asyncio.to_thread(file.write, part)

    async def _refuse(self, job: Import, code: str, params: dict[str, str]) -> None:
        async with self._database.begin() as session:
            mine = await store.imports.hold(session, job.import_id, self._worker)
            if mine is None:
                return
            mine.state = ImportState.REFUSED
            mine.refused = code
            mine.refused_params = msgspec.json.encode(params).decode()
            mine.finished_at = datetime.now(UTC)
            await store.imports.drop_file(session, job.import_id)
        log.info("an export was refused", extra={"import": job.import_id, "code": code})

    async def _begin(self, job: Import, judged: Judged) -> bool:
        """Keep what was found before the first row is; False if another took over."""
        assessment = judged.assessment
        counts = assessment.counts
        async with self._database.begin() as session:
            mine = await store.imports.hold(session, job.import_id, self._worker)
            if mine is None:
                return False
            mine.state = ImportState.READING
            mine.rows = counts.rows
            mine.good = counts.good
            mine.rejected = counts.rejected
            mine.set_aside = counts.set_aside
            mine.warned = counts.warned
            if assessment.period is not None:
                mine.period = msgspec.json.encode(assessment.period).decode()
            mine.distribution = msgspec.json.encode(_distribution(assessment)).decode()
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

    async def _finish(self, import_id: UUID) -> None:
        now = datetime.now(UTC)
        async with self._database.begin() as session:
            mine = await store.imports.hold(session, import_id, self._worker)
            if mine is None:
                return
            mine.state = ImportState.DONE
            mine.finished_at = now
            await store.imports.drop_file(session, import_id)
            ended = ImportCompleted(
                import_id=import_id,
                agency_id=mine.agency_id,
                told=mine.finalised - mine.unchanged,
                low=mine.low,
                rejected=mine.rejected,
                set_aside=mine.set_aside,
            )
            fact = new_fact(ended, at=now, traceparent=mine.traceparent)
            await outbox.tell(session, [fact], source=SOURCE)


class OtherAgency(Exception):
    """The export names another agency than the one it was handed in for."""


def judge(path: Path, job: Import) -> Judged:
    """Judge a file: the same every time, for the day it was handed in.

    Raises:
        ExportRefused: it is no export.
        OtherAgency: it is another agency's.
    """
    export = workbooks.read(path)
    named = rules.agency_named(export.labels.get("instansi", ""), AGENCIES)
    if named is not None and rules.agency_id(named) != job.agency_id:
        raise OtherAgency(named.name)
    assessment = rules.assess(export, today=job.created_at.date())
    rejected: dict[int, list[rules.Finding]] = defaultdict(list)
    for finding in assessment.findings:
        if finding.kind is rules.Kind.REJECTED:
            rejected[finding.row].append(finding)
    reports: dict[str, bytes] = {}
    for language in LANGUAGES if rejected else ():
        book = io.BytesIO()
        workbooks.rejected_rows(
            book,
            export,
            {
                row: [
                    workbooks.Reason(
                        TEXTS.text(language, found.reason, **found.params),
                        TEXTS.text(language, found.remedy, **found.params),
                    )
                    for found in findings
                ]
                for row, findings in rejected.items()
            },
            headings=workbooks.Headings(
                TEXTS.text(language, "report.reason"), TEXTS.text(language, "report.remedy")
            ),
        )
        reports[language] = book.getvalue()
    return Judged(assessment, reports)


def _distribution(assessment: rules.Assessment) -> dict[str, dict[str, int]]:
    """Headcounts by root unit and predicate; acting posts are outside headcounts."""
    counts: dict[str, dict[str, int]] = {}
    for row in assessment.good:
        if not row.acting:
            unit = counts.setdefault(row.root_unit, {})
            unit[row.predicate] = unit.get(row.predicate, 0) + 1
    return counts

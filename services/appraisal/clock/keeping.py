"""Good rows of an export become people, evaluations and facts: one chunk, one transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.appraisal import rules, store
from services.appraisal.models import Import
from services.appraisal.rules import versions
from services.appraisal.rules.positions import position_of
from shared import outbox
from shared.events import Data, EvaluationFinalized, Fact, Result, new_fact, new_id
from shared.events.words import LOW, EmploymentKind

SOURCE: Final = "urn:kinerja:appraisal"
_FINDING: Final = {
    versions.Kept.OLDER: ("periode_akhir_skp", rules.Code.SUPERSEDED_BY_LATER_PERIOD),
    versions.Kept.ACTING: ("is_skp_plt_plh_pjb", rules.Code.PLT),
}


async def keep_rows(
    session: AsyncSession,
    vault: store.Vault,
    job: Import,
    rows: Sequence[rules.GoodRow],
    in_file: Mapping[str, rules.GoodRow],
    at: datetime,
) -> None:
    """Keep a chunk of good rows, count it in the import, and tell what is new.

    `in_file` has every good row by NIP: a reviewer who is appraised in the same file is known
    from the own row, not from what stands beside subordinates.
    """
    await store.evaluations.hold_all(session)
    ids, registered = await store.people.keep(session, vault, job.agency_id, _people(rows, in_file))
    before = {
        (period.kind, period.year, period.number): await store.evaluations.of_period(
            session, [ids[row.nip] for row in rows], period
        )
        for period in {
            (r.period.kind, r.period.year, r.period.number): r.period for r in rows
        }.values()
    }
    results: list[tuple[Result, int]] = []
    kept: Counter[versions.Kept] = Counter()
    findings: list[tuple[object, ...]] = []
    number = await store.imports.next_number(session, job.import_id)
    for row in rows:
        period = row.period
        counting = before[period.kind, period.year, period.number].get(ids[row.nip])
        verdict = versions.succeed(counting, _result(row, ids, job))
        if isinstance(verdict, versions.Kept):
            kept[verdict] += 1
            if verdict in _FINDING:
                column, code = _FINDING[verdict]
                findings.append(
                    (job.import_id, number + len(findings), row.row, column, code,
                     rules.Kind.SET_ASIDE, "")
                )  # fmt: skip
        else:
            results.append((verdict, row.row))
    await store.evaluations.keep(session, results, job.import_id, at)
    await store.imports.add_findings(session, findings)
    facts: list[Fact[Data]] = [
        new_fact(data, at=at, traceparent=job.traceparent)
        for data in (*registered, *(result for result, _ in results))
    ]
    await outbox.tell(session, facts, source=SOURCE)
    job.kept += len(rows)
    job.finalised += len(rows) - len(findings)
    job.superseded += sum(result.version > 1 for result, _ in results)
    job.unchanged += kept[versions.Kept.UNCHANGED]
    job.set_aside += len(findings)
    job.warned += len(findings)
    job.low += sum(result.predicate in LOW for result, _ in results)


def _people(
    rows: Sequence[rules.GoodRow], in_file: Mapping[str, rules.GoodRow]
) -> dict[str, store.Person]:
    people = {row.nip: _person(row) for row in rows}
    for row in rows:
        nip = row.reviewer_nip
        while nip is not None and nip not in people:
            own = in_file.get(nip)
            people[nip] = _person(own) if own else _reviewer(row)
            nip = own.reviewer_nip if own else None
    return people


def _person(row: rules.GoodRow) -> store.Person:
    return store.Person(
        name=row.name,
        email=row.email,
        employment_kind=row.employment_kind,
        position_kind=row.position_kind,
        position_title=row.position_title,
        unit=row.unit,
        root_unit=row.root_unit,
        reviewer_nip=row.reviewer_nip,
    )


def _reviewer(row: rules.GoodRow) -> store.Person:
    """All a row says of the one who appraised: a name, a title, the same root unit."""
    title = row.reviewer_title or ""
    number = rules.parse_nip(row.reviewer_nip, today=date.max)
    kind = number.kind if isinstance(number, rules.Nip) else EmploymentKind.PNS
    return store.Person(
        name=row.reviewer_name or "",
        employment_kind=kind,
        position_kind=position_of(None, title),
        position_title=title,
        unit=row.root_unit,
        root_unit=row.root_unit,
        partial=True,
    )


def _result(row: rules.GoodRow, ids: Mapping[str, UUID], job: Import) -> EvaluationFinalized:
    return EvaluationFinalized(
        evaluation_id=new_id(),
        version=1,
        employee_id=ids[row.nip],
        agency_id=job.agency_id,
        import_id=job.import_id,
        reviewer_id=ids.get(row.reviewer_nip) if row.reviewer_nip else None,
        regime=row.regime,
        period=row.period,
        result_rating=row.result_rating,
        behaviour_rating=row.behaviour_rating,
        predicate=row.predicate,
        score=row.score,
        employment_kind=row.employment_kind,
        position_kind=row.position_kind,
        position_title=row.position_title,
        unit=row.unit,
        root_unit=row.root_unit,
        acting=row.acting,
    )

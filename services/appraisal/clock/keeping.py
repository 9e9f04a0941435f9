"""Good rows of an export become people, evaluations and facts: one chunk, one transaction."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.appraisal import rules, store
from services.appraisal.models import Import
from services.appraisal.rules import versions
from services.appraisal.rules.positions import position_of
from shared import outbox, tracing
from shared.events import Data, EvaluationFinalized, Fact, Period, Result, new_fact, new_id
from shared.events.words import LOW, EmploymentKind, PeriodKind

SOURCE: Final = "urn:kinerja:appraisal"
_FINDING: Final = {
    versions.Kept.OLDER: ("periode_akhir_skp", rules.Code.SUPERSEDED_BY_LATER_PERIOD),
    versions.Kept.ACTING: ("is_skp_plt_plh_pjb", rules.Code.PLT),
}


Speaking = Mapping[str, rules.GoodRow]
"""By NIP, the row that says best who somebody is."""


def speaking_rows(rows: Sequence[rules.GoodRow]) -> Speaking:
    """Of several rows of one person, for several periods, the own post's latest speaks for him."""
    return {
        row.nip: row
        for row in sorted(rows, key=lambda row: (not row.acting, row.period.end, row.row))
    }


async def keep_rows(
    session: AsyncSession,
    vault: store.Vault,
    job: Import,
    rows: Sequence[rules.GoodRow],
    speaking: Speaking,
    at: datetime,
) -> None:
    """Keep a chunk of good rows, count it in the import, and tell what is new.

    A reviewer who is appraised in the same file is known from the own row, not from what stands
    beside subordinates.
    """
    await store.evaluations.hold_all(session)
    people = _people(rows, speaking)
    ids, registered = await store.people.keep(session, vault, job.agency_id, people)
    counting = await _counting(session, rows, ids)
    results: list[tuple[Result, int]] = []
    aside: dict[int, versions.Kept] = {}
    unchanged = 0
    for row in rows:
        before = counting.get((ids[row.nip], *_named(row.period)))
        verdict = versions.succeed(before, _result(row, ids, job))
        if not isinstance(verdict, versions.Kept):
            results.append((verdict, row.row))
        elif verdict is versions.Kept.UNCHANGED:
            unchanged += 1
        else:
            aside[row.row] = verdict
    await store.evaluations.keep(session, results, job.import_id, at)
    trace = tracing.here()
    facts: list[Fact[Data]] = [
        new_fact(data, at=at, traceparent=trace)
        for data in (*registered, *(result for result, _ in results))
    ]
    await outbox.tell(session, facts, source=SOURCE)
    job.kept += len(rows)
    job.finalised += len(rows) - len(aside)
    job.superseded += sum(result.version > 1 for result, _ in results)
    job.unchanged += unchanged
    job.low += sum(result.predicate in LOW for result, _ in results)
    await _set_aside(session, job, aside)


async def _set_aside(
    session: AsyncSession, job: Import, aside: Mapping[int, versions.Kept]
) -> None:
    """Count rows that are behind what is kept: that is all there is to say of them."""
    if not aside:
        return
    warned_before = await store.imports.take_back(session, job.import_id, aside.keys())
    number = await store.imports.next_number(session, job.import_id)
    await store.imports.add_findings(
        session,
        [
            (job.import_id, number + place, row, *_FINDING[verdict], rules.Kind.SET_ASIDE, "")
            for place, (row, verdict) in enumerate(aside.items())
        ],
    )
    job.set_aside += len(aside)
    job.warned += len(aside) - warned_before


def _named(period: Period) -> tuple[PeriodKind, int, int]:
    """What a period is called; its first and last day may differ from person to person."""
    return period.kind, period.year, period.number


async def _counting(
    session: AsyncSession, rows: Sequence[rules.GoodRow], ids: Mapping[str, UUID]
) -> dict[tuple[UUID, PeriodKind, int, int], Result]:
    """The results that count now for the employees and periods of these rows."""
    found: dict[tuple[UUID, PeriodKind, int, int], Result] = {}
    for period in {_named(row.period): row.period for row in rows}.values():
        named = _named(period)
        employees = [ids[row.nip] for row in rows if _named(row.period) == named]
        kept = await store.evaluations.of_period(session, employees, period)
        found |= {(employee_id, *named): result for employee_id, result in kept.items()}
    return found


def _people(rows: Sequence[rules.GoodRow], speaking: Speaking) -> dict[str, store.Person]:
    """Everybody these rows name, and everybody those are appraised by."""
    people = {row.nip: _person(speaking[row.nip]) for row in rows}
    for row in itertools.chain(rows, (speaking[row.nip] for row in rows)):
        naming: rules.GoodRow | None = row
        while naming and (nip := naming.reviewer_nip) and nip not in people:
            own = speaking.get(nip)
            people[nip] = _person(own) if own else _reviewer(naming)
            naming = own
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
        as_of=None if row.acting else row.period.end,
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

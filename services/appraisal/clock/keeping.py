"""Good rows of an export become people, evaluations and facts: one chunk, one transaction."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from services.appraisal import rules, store
from services.appraisal.clock.turns import in_turns, meanwhile
from services.appraisal.models import Import
from services.appraisal.rules import versions
from services.appraisal.rules.positions import position_of
from shared import outbox, tracing
from shared.events import Data, EvaluationFinalized, Fact, Period, Result, new_ids
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


class Chunk(msgspec.Struct, frozen=True):
    """Good rows to keep together, and whom they name.

    Attributes:
        people: by NIP everybody the rows name, and everybody those are appraised by.
        hashes: the NIPs by their fingerprints.
    """

    rows: Sequence[rules.GoodRow]
    people: dict[str, store.Person]
    hashes: dict[bytes, str]


async def prepared(vault: store.Vault, rows: Sequence[rules.GoodRow], speaking: Speaking) -> Chunk:
    """What can be done for a chunk before its turn to be kept comes.

    A reviewer who is appraised in the same file is known from the own row, not from what stands
    beside subordinates.
    """
    people = dict(await in_turns(_people(rows, speaking)))
    hashes = dict(await in_turns((vault.fingerprint(nip), nip) for nip in people))
    return Chunk(rows, people, hashes)


async def keep_rows(
    session: AsyncSession, vault: store.Vault, job: Import, chunk: Chunk, at: datetime
) -> None:
    """Keep a chunk, count it in the import, and tell what is new.

    While the database writes one table, the rows of the next are made.
    """
    await store.evaluations.hold_all(session)
    before = await store.people.known(session, chunk.hashes)
    counting = await _counting(session, chunk.rows, before)
    people = store.people.changes(vault, job.agency_id, chunk.people, chunk.hashes, before)
    verdicts = await meanwhile(
        store.people.keep(session, people),
        in_turns(_verdicts(chunk.rows, people.ids, job, counting)),
    )
    results = [(one, row) for one, row in verdicts if isinstance(one, Result)]
    silent = [(one, row) for one, row in verdicts if isinstance(one, versions.Kept)]
    aside = {row: one for one, row in silent if one in _FINDING}
    data: list[Data] = [*people.told, *(result for result, _ in results)]
    trace = tracing.here()
    ids = new_ids(len(data))
    facts = [Fact(fact_id, one, at, trace) for fact_id, one in zip(ids, data, strict=True)]
    told = await meanwhile(
        store.evaluations.keep_heads(session, [result for result, _ in results], job.import_id),
        in_turns(outbox.rows_of(facts, source=SOURCE)),
    )
    payloads = map(outbox.payload_of, told[len(people.told) :])
    kept = [(*result, payload) for result, payload in zip(results, payloads, strict=True)]
    await store.evaluations.keep_versions(session, kept, job.import_id, at)
    await outbox.put(session, told)
    job.kept += len(chunk.rows)
    job.finalised += len(chunk.rows) - len(aside)
    job.superseded += sum(result.version > 1 for result, _ in results)
    job.unchanged += len(silent) - len(aside)
    job.low += sum(result.predicate in LOW for result, _ in results)
    await _set_aside(session, job, aside)


Verdict = Result | versions.Kept


def _verdicts(
    rows: Sequence[rules.GoodRow],
    ids: Mapping[str, UUID],
    job: Import,
    counting: Mapping[tuple[UUID, PeriodKind, int, int], Result],
) -> Iterator[tuple[Verdict, int]]:
    """What each row means for what counts now, with its number."""
    for row, evaluation_id in zip(rows, new_ids(len(rows)), strict=True):
        before = counting.get((ids[row.nip], *_named(row.period)))
        yield versions.succeed(before, _result(row, evaluation_id, ids, job)), row.row


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
    session: AsyncSession, rows: Sequence[rules.GoodRow], known: Mapping[str, store.people.Known]
) -> dict[tuple[UUID, PeriodKind, int, int], Result]:
    """The results that count now for the employees and periods of these rows: of those known."""
    found: dict[tuple[UUID, PeriodKind, int, int], Result] = {}
    theirs = [row for row in rows if row.nip in known] if known else []
    for period in {_named(row.period): row.period for row in theirs}.values():
        named = _named(period)
        employees = [known[row.nip].employee_id for row in theirs if _named(row.period) == named]
        kept = await store.evaluations.of_period(session, employees, period)
        found |= {(employee_id, *named): result for employee_id, result in kept.items()}
    return found


def _people(
    rows: Sequence[rules.GoodRow], speaking: Speaking
) -> Iterator[tuple[str, store.Person]]:
    """Everybody these rows name, and everybody those are appraised by, by NIP."""
    named = {row.nip for row in rows}
    for each in dict.fromkeys(row.nip for row in rows):
        yield each, _person(speaking[each])
    for row in itertools.chain(rows, (speaking[row.nip] for row in rows)):
        naming: rules.GoodRow | None = row
        while naming and (nip := naming.reviewer_nip) and nip not in named:
            own = speaking.get(nip)
            named.add(nip)
            yield nip, _person(own) if own else _reviewer(naming)
            naming = own


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


def _result(
    row: rules.GoodRow, evaluation_id: UUID, ids: Mapping[str, UUID], job: Import
) -> EvaluationFinalized:
    return EvaluationFinalized(
        evaluation_id=evaluation_id,
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

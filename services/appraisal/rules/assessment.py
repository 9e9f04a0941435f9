"""Judging a whole sheet: each row by itself, then who speaks for an employee that stands twice."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import TypeAlias

import msgspec

from services.appraisal.rules.findings import Code, Finding, Kind
from services.appraisal.rules.periods import period_named
from services.appraisal.rules.rows import WIB, Judge, Judged
from services.appraisal.rules.sheets import Assessment, Counts, GoodRow, Sheet

Claim: TypeAlias = tuple[str, str, int, int]
"""An employee and a period: NIP, kind, year, number."""


def assess(sheet: Sheet, *, today: date) -> Assessment:
    """Judge all rows of an export.

    One row speaks for an employee and a period. A definitive post goes before an acting one, then
    the latest last day of the work plan, then the latest time of evaluation; the others are set
    aside. A rejected row still holds its place: an earlier result is not taken for the final one
    because the later has a fault to be corrected. Who wins does not depend on the order of rows.

    Args:
        sheet: the export; walked once.
        today: the day it is judged on.

    Raises:
        whatever walking the sheet raises; nothing else.
    """
    period = period_named(sheet.title, sheet.labels)
    judge = Judge(sheet.columns, period, today)
    findings: list[Finding] = []
    claims: dict[Claim, Judged | list[Judged]] = {}
    rows = rejected = 0
    for raw in sheet:
        rows += 1
        judged = judge.judge(raw)
        if judged.good is None:
            rejected += 1
            findings += judged.findings
        _file(claims, judged)
    spoken: list[Judged] = []
    aside: list[Finding] = []
    for claimants in claims.values():
        if isinstance(claimants, Judged):
            spoken.append(claimants)
        else:
            winner = max(claimants, key=_weight)
            spoken.append(winner)
            aside += _set_aside(claimants, winner)
    good = sorted((won.good for won in spoken if won.good), key=lambda row: row.row)
    warnings = [found for won in spoken if won.good for found in _warnings(won)]
    findings += [*aside, *warnings]
    findings.sort(key=lambda found: (found.row, found.column, found.code))
    return Assessment(
        period=period,
        good=good,
        findings=findings,
        counts=Counts(
            rows=rows,
            good=len(good),
            rejected=rejected,
            set_aside=len(aside),
            warned=len({found.row for found in warnings}) + len(aside),
        ),
    )


def _file(claims: dict[Claim, Judged | list[Judged]], judged: Judged) -> None:
    """Put a row beside the others of its employee and period; most stand alone."""
    if judged.nip is None or judged.period is None:
        return
    period = judged.period
    claim = (judged.nip, period.kind.value, period.year, period.number)
    before = claims.setdefault(claim, judged)
    if isinstance(before, list):
        before.append(judged)
    elif before is not judged:
        claims[claim] = [before, judged]


def _weight(judged: Judged) -> tuple[bool, date, bool, datetime, tuple[str, ...], int]:
    """How much a row has to say for its employee; rows that say the same: the upper one."""
    good = judged.good
    when = good.evaluated_at if good and good.evaluated_at else datetime.min.replace(tzinfo=WIB)
    return (
        not judged.acting,
        judged.last or date.min,
        good is not None,
        when,
        _said(good) if good else (),
        -judged.number,
    )


def _said(good: GoodRow) -> tuple[str, ...]:
    """All a row says but where it stands: an order among rows that has no meaning, only an end."""
    return tuple(str(field) for field in msgspec.structs.astuple(good)[1:])


def _set_aside(claimants: list[Judged], winner: Judged) -> Iterator[Finding]:
    for judged in claimants:
        if judged is winner or judged.good is None:
            continue
        if judged.acting and not winner.acting:
            column, code = "is_skp_plt_plh_pjb", Code.PLT
        elif judged.last != winner.last:
            column, code = "periode_akhir_skp", Code.SUPERSEDED_BY_LATER_PERIOD
        else:
            column, code = "nip", Code.DUPLICATE_ROW
        yield Finding(judged.number, column, code, Kind.SET_ASIDE)


def _warnings(won: Judged) -> list[Finding]:
    if not won.acting:
        return won.findings
    return [
        *won.findings,
        Finding(won.number, "is_skp_plt_plh_pjb", Code.PLT, Kind.WARNED),
    ]

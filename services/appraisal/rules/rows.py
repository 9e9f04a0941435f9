"""Judging one row by itself: is it good, and if not, everything that is wrong with it."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Final

import msgspec

from services.appraisal.rules import outcomes, positions
from services.appraisal.rules.cells import Cell, answer_of, date_of, moment_of, number_of, text_of
from services.appraisal.rules.findings import Code, Finding, Kind, shortened
from services.appraisal.rules.nip import Nip, parse_nip
from services.appraisal.rules.periods import covered
from services.appraisal.rules.sheets import COLUMNS, GoodRow, RawRow
from shared.events import Period
from shared.events.words import EmploymentKind

WIB: Final = timezone(timedelta(hours=7), "WIB")
"""Western Indonesian Time, Jambi's: what times in an export are meant in."""

LONGEST_TEXT: Final = 500
"""Characters of any text that is taken over."""

_EMAIL: Final = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\".]+(?:\.[^@\s,;<>\".]+)+")


class Judged(msgspec.Struct, gc=False):
    """A row and what was found in it.

    Attributes:
        number: the row's number in the spreadsheet.
        nip, period, last: None where they could not be read.
        last: the last day of the row's work plan.
        good: the row to import; None if it is rejected.
        findings: the rejections of a rejected row, else its warnings.
    """

    number: int
    nip: str | None
    period: Period | None
    last: date | None
    acting: bool
    good: GoodRow | None
    findings: list[Finding]


class Judge:
    """Judges the rows of one sheet."""

    def __init__(self, columns: Iterable[str], period: Period | None, today: date) -> None:
        self.at: Final[Mapping[str, int]] = {
            name: position for position, name in enumerate(columns) if name in COLUMNS
        }
        self.names: Final = {position: name for name, position in self.at.items()}
        self.period: Final = period
        self.today: Final = today
        self.reviewers: Final[dict[Cell, Nip | Code]] = {}
        self.periods: Final[dict[tuple[date | None, date | None], Period | Code]] = {}
        self.texts: Final[dict[str, str]] = {}

    def judge(self, row: RawRow) -> Judged:
        """Read everything the row says; a row with one fault that rejects it is not good."""
        reading = _Reading(self, row)
        return reading.judged()


class _Reading:
    """One row while it is read: collects findings on the way."""

    __slots__ = ("cells", "formulas", "number", "rejections", "sheet", "warnings")

    def __init__(self, sheet: Judge, row: RawRow) -> None:
        self.sheet = sheet
        self.number = row.number
        self.cells = row.cells
        self.formulas = row.formulas
        self.rejections: list[Finding] = []
        self.warnings: list[Finding] = []

    def judged(self) -> Judged:
        for position in self.formulas:
            if position in self.sheet.names:
                self.warn(self.sheet.names[position], Code.FORMULA_CELL)
        nip = self.nip()
        period, last = self.span()
        acting = self.acting()
        outcome = outcomes.outcome(self, period)
        good = None
        if nip and period and outcome:
            good = self.good(nip, period, outcome, acting=acting)
        if self.rejections:
            good = None
        return Judged(
            self.number,
            nip.digits if nip else None,
            period,
            last,
            acting,
            good,
            self.rejections or self.warnings,
        )

    def good(self, nip: Nip, period: Period, outcome: outcomes.Outcome, *, acting: bool) -> GoodRow:
        title = self.text("skp_jabatan")
        unit, root = self.text("skp_unor"), self.text("skp_unor_induk")
        if not (unit or root):
            self.warn("skp_unor", Code.MISSING_UNIT)
        moment = moment_of(self.cell("waktu_dinilai"))
        return GoodRow(
            row=self.number,
            nip=nip.digits,
            name=self.name(),
            email=self.email(),
            employment_kind=self.employment(nip),
            position_kind=positions.position_of(self.cell("skp_jenis_jabatan"), title),
            position_title=title,
            unit=unit or root,
            root_unit=root or unit,
            reviewer_nip=self.reviewer(),
            reviewer_name=self.text("pegawai_atasan_nama") or None,
            reviewer_title=self.text("pegawai_atasan_jabatan") or None,
            regime=outcome.regime,
            period=period,
            result_rating=outcome.result,
            behaviour_rating=outcome.behaviour,
            predicate=outcome.predicate,
            score=outcome.score,
            acting=acting,
            skp_id=text_of(self.cell("skp_id")) or None,
            evaluated_at=_in_jambi(moment) if moment else None,
        )

    # reading cells

    def cell(self, column: str) -> Cell:
        position = self.sheet.at.get(column)
        return None if position is None else self.cells[position]

    def text(self, column: str) -> str:
        """The cell's text; equal texts of a sheet are kept once (units and titles repeat)."""
        cell = self.cell(column)
        known = self.sheet.texts.get(cell) if isinstance(cell, str) else None
        if known is not None:
            return known
        text = text_of(cell)
        if len(text) > LONGEST_TEXT:
            self.reject(column, Code.TEXT_TOO_LONG)
            return ""
        if isinstance(cell, str):
            self.sheet.texts[cell] = text
        return text

    # telling what is wrong

    def reject(self, column: str, code: Code, value: object = "") -> None:
        self.rejections.append(Finding(self.number, column, code, Kind.REJECTED, shortened(value)))

    def missing(self, column: str, code: Code) -> None:
        """A needed cell is empty: because of a formula without result, or just so."""
        formula = self.sheet.at.get(column, -1) in self.formulas
        self.reject(column, Code.FORMULA_CELL if formula else code)

    def warn(self, column: str, code: Code, value: object = "") -> None:
        self.warnings.append(Finding(self.number, column, code, Kind.WARNED, shortened(value)))

    # the parts of a row

    def nip(self) -> Nip | None:
        nip = parse_nip(self.cell("nip"), today=self.sheet.today)
        if isinstance(nip, Nip):
            if nip.unusual_age:
                self.warn("nip", Code.NIP_AGE)
            return nip
        if nip is Code.NIP_MISSING:
            self.missing("nip", nip)
        else:
            self.reject("nip", nip)
        return None

    def span(self) -> tuple[Period | None, date | None]:
        """The row's period and its work plan's last day."""
        start, end = self.day("periode_awal_skp"), self.day("periode_akhir_skp")
        period = self.sheet.periods.get((start, end))
        if period is None:
            period = covered(self.sheet.period, start, end)
            self.sheet.periods[start, end] = period
        if isinstance(period, Code):
            if not any(found.code is Code.PERIOD_BAD_DATE for found in self.rejections):
                self.reject("periode_akhir_skp", period)
            return None, end
        year = number_of(self.cell("tahun_skp"))
        if year is not None and year != period.year:
            self.warn("tahun_skp", Code.YEAR_CONTRADICTS)
        return period, end or period.end

    def day(self, column: str) -> date | None:
        cell = self.cell(column)
        day = date_of(cell)
        if day is None and text_of(cell):
            self.reject(column, Code.PERIOD_BAD_DATE)
        return day

    def acting(self) -> bool:
        cell = self.cell("is_skp_plt_plh_pjb")
        if positions.acting_title(text_of(cell)) or positions.acting_title(
            text_of(self.cell("skp_jabatan"))
        ):
            return True
        acting = answer_of(cell)
        if acting is None:
            self.reject("is_skp_plt_plh_pjb", Code.ANSWER_UNKNOWN, cell)
        return bool(acting)

    def name(self) -> str:
        name = text_of(self.cell("nama"))
        if len(name) > LONGEST_TEXT:
            self.reject("nama", Code.TEXT_TOO_LONG)
        if not name and self.sheet.at.get("nama", -1) not in self.formulas:
            self.warn("nama", Code.MISSING_NAME)
        return name

    def email(self) -> str | None:
        email = text_of(self.cell("email"))
        if not email:
            return None
        if len(email) <= LONGEST_TEXT and _EMAIL.fullmatch(email):
            return email
        self.warn("email", Code.EMAIL_BAD)
        return None

    def employment(self, nip: Nip) -> EmploymentKind:
        """As the export says, else as the number says; a difference is worth a warning."""
        cell = self.cell("jenis_pegawai")
        kind = positions.employment_of(cell)
        if kind is None and text_of(cell):
            self.warn("jenis_pegawai", Code.EMPLOYMENT_UNKNOWN, cell)
        if kind is not None and kind is not nip.kind:
            self.warn("jenis_pegawai", Code.EMPLOYMENT_MISMATCH)
        return kind or nip.kind

    def reviewer(self) -> str | None:
        cell = self.cell("pegawai_atasan_nip")
        nip = self.sheet.reviewers.get(cell)
        if nip is None:
            nip = self.sheet.reviewers[cell] = parse_nip(cell, today=self.sheet.today)
        if isinstance(nip, Nip):
            return nip.digits
        if nip is not Code.NIP_MISSING:
            self.warn("pegawai_atasan_nip", Code.REVIEWER_NIP_BAD)
        return None


def _in_jambi(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=WIB)

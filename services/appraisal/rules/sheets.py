"""What goes into an assessment and what comes out of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

import msgspec

from services.appraisal.rules.cells import Cell
from services.appraisal.rules.findings import Finding
from shared.events import Period
from shared.events.words import EmploymentKind, PositionKind, Predicate, Rating, Regime


class RawRow(Protocol):
    """One row as the sheet has it."""

    @property
    def number(self) -> int:
        """The row's number as the spreadsheet shows it, from 1."""

    @property
    def cells(self) -> Sequence[Cell]:
        """One cell for each of the sheet's columns."""

    @property
    def formulas(self) -> Collection[int]:
        """Positions of cells that hold a formula; their cells hold its last result, or None."""


class Sheet(Protocol):
    """An export: what stands above its header, the header, and the rows under it."""

    @property
    def title(self) -> str:
        """The first line, as "Laporan Penilaian SKP Periode Tahunan Tahun 2025"."""

    @property
    def labels(self) -> Mapping[str, str]:
        """The lines under the title by their names in lower case, as "instansi"."""

    @property
    def columns(self) -> Sequence[str]:
        """Names of the columns in lower case, with underscores."""

    def __iter__(self) -> Iterator[RawRow]:
        """The rows that are not blank, from top to bottom."""


COLUMNS: Final = frozenset(
    {
        "nip",
        "nama",
        "email",
        "skp_unor",
        "skp_unor_induk",
        "skp_jabatan",
        "skp_jenis_jabatan",
        "is_skp_plt_plh_pjb",
        "jenis_pegawai",
        "hasil_kerja",
        "perilaku_kerja",
        "hasil_akhir",
        "periode_awal_skp",
        "periode_akhir_skp",
        "tahun_skp",
        "waktu_dinilai",
        "skp_id",
        "pegawai_atasan_nip",
        "pegawai_atasan_nama",
        "pegawai_atasan_jabatan",
        "nilai_skp",
        "nilai_perilaku",
        "nilai_akhir",
        "penilaian_rekan",
        "ide_baru",
    }
)
"""The columns the rules read; all others are ignored.

The names are e-Kinerja BKN's. Ours are `email` (optional) and, for the numeric regimes, `nilai_skp`
and `nilai_perilaku` (scores, 0-120), `nilai_akhir` (the score as the agency reckoned it, only
compared), `penilaian_rekan` and `ide_baru` (Ya or Tidak: peers were heard; a new idea was of
benefit)."""


class GoodRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A row that is imported.

    Attributes:
        row: the row's number in the spreadsheet, from 1.
        nip: eighteen digits.
        name: "" where the export has none (it is then warned of).
        unit, root_unit: skp_unor and skp_unor_induk; either stands in for the other.
        reviewer_nip: None where the export has none or a damaged one.
        period: the part of the export's period the work plan covers.
        result_rating, behaviour_rating: None under the numeric regimes.
        predicate: always ours, whatever the export says.
        score: 0-120, two decimals, under the numeric regimes; else None.
        acting: a Plt., Plh. or Pj. post, and the only result of its employee.
        skp_id: the source's own id of the work plan.
        evaluated_at: with time zone.
    """

    row: int
    nip: str
    name: str
    email: str | None
    employment_kind: EmploymentKind
    position_kind: PositionKind
    position_title: str
    unit: str
    root_unit: str
    reviewer_nip: str | None
    reviewer_name: str | None
    reviewer_title: str | None
    regime: Regime
    period: Period
    result_rating: Rating | None
    behaviour_rating: Rating | None
    predicate: Predicate
    score: float | None
    acting: bool
    skp_id: str | None
    evaluated_at: datetime | None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Rows counted; `rows` is the sum of good, rejected and set aside.

    Attributes:
        warned: rows with a warning, and the rows set aside.
    """

    rows: int
    good: int
    rejected: int
    set_aside: int
    warned: int


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What a whole sheet comes to.

    Attributes:
        period: what the sheet's title names; None if it names none.
        good: the rows to import, one for each employee and period, from top to bottom.
        findings: by row, then by column.
        counts: what became of the rows.
    """

    period: Period | None
    good: list[GoodRow]
    findings: list[Finding]
    counts: Counts

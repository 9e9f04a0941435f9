"""A sheet written by hand: what the rules are given in these tests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from services.appraisal.rules import Assessment, Code, Kind, assess
from services.appraisal.rules.cells import Cell

TODAY = date(2026, 3, 1)
TITLE = "Laporan Penilaian SKP Periode Tahunan Tahun 2025"

GOOD: dict[str, Cell] = {
    "nip": "198503152010011999",
    "nama": "Jaka Contoh",
    "skp_unor": "Bidang Mutasi",
    "skp_unor_induk": "Badan Kepegawaian Daerah",
    "skp_jabatan": "Arsiparis Terampil",
    "hasil_kerja": "SESUAI EKSPEKTASI",
    "perilaku_kerja": "DIATAS EKSPEKTASI",
    "hasil_akhir": "BAIK",
    "jenis_pegawai": "PNS",
    "skp_jenis_jabatan": "Fungsional",
    "is_skp_plt_plh_pjb": "Tidak",
    "periode_awal_skp": "2025-01-01",
    "periode_akhir_skp": "2025-12-31",
    "pegawai_atasan_nip": "199012312019032998",
    "pegawai_atasan_nama": "Rini Contoh",
    "pegawai_atasan_jabatan": "Kepala Badan Kepegawaian Daerah",
    "waktu_dinilai": "2026-01-13 10:21:00",
    "tahun_skp": 2025,
    "skp_id": "707bcc26-9e5f-475b-95ff-5c5580422744",
}


class Line(NamedTuple):
    number: int
    cells: list[Cell]
    formulas: tuple[int, ...] = ()


@dataclass
class Sheet:
    lines: list[Line]
    columns: tuple[str, ...]
    title: str = TITLE
    labels: Mapping[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)


def sheet(*rows: Mapping[str, Cell], title: str = TITLE, formulas: tuple[str, ...] = ()) -> Sheet:
    """A sheet of good rows with these differences, from row 9 on."""
    columns = tuple({**GOOD, **{name: None for row in rows for name in row}})
    return Sheet(
        [
            Line(
                number,
                [{**GOOD, **row}.get(name) for name in columns],
                tuple(columns.index(name) for name in formulas),
            )
            for number, row in enumerate(rows, 9)
        ],
        columns,
        title,
    )


def assessed(
    *rows: Mapping[str, Cell], title: str = TITLE, formulas: tuple[str, ...] = ()
) -> Assessment:
    return assess(sheet(*rows, title=title, formulas=formulas), today=TODAY)


def found(assessment: Assessment) -> list[tuple[int, str, Code, Kind]]:
    return [(f.row, f.column, f.code, f.kind) for f in assessment.findings]

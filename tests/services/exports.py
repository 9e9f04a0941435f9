"""Exports as agencies send them: the samples, and small ones made by hand."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[2] / "samples"
RATINGS = {1: "DIATAS EKSPEKTASI", 2: "SESUAI EKSPEKTASI", 3: "DIBAWAH EKSPEKTASI"}
ABOVE, MEETS, BELOW = RATINGS.values()

ROW = {
    "nip": "198503152010011999",
    "nama": "Jaka Contoh",
    "email": "",
    "skp_unor": "Bidang Mutasi",
    "skp_unor_induk": "Badan Kepegawaian Daerah",
    "skp_jabatan": "Arsiparis Terampil",
    "hasil_kerja": MEETS,
    "perilaku_kerja": MEETS,
    "hasil_akhir": "",
    "jenis_pegawai": "PNS",
    "skp_jenis_jabatan": "Fungsional",
    "is_skp_plt_plh_pjb": "Tidak",
    "periode_awal_skp": "2025-01-01",
    "periode_akhir_skp": "2025-12-31",
    "pegawai_atasan_nip": "199012312019032998",
    "pegawai_atasan_nama": "Rini Contoh",
    "pegawai_atasan_jabatan": "Kepala Badan Kepegawaian Daerah",
}
JAKA, RINI = ROW["nip"], ROW["pegawai_atasan_nip"]


def nip(number: int) -> str:
    """A well-formed NIP for each number from 0 to 998."""
    return f"19850315201001{1 + number % 2}{number:03d}" if number else JAKA


def sample(year: int) -> Path:
    return SAMPLES / f"laporan-penilaian-skp-{year}.xlsx"


@cache
def truth(year: int) -> dict[str, Any]:
    file = SAMPLES / f"laporan-penilaian-skp-{year}.xlsx.truth.json"
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def made(
    *rows: Mapping[str, str],
    instansi: str = "Pemerintah Provinsi Jambi",
    title: str = "Laporan Penilaian SKP Periode Tahunan Tahun 2025",
    year: int = 2025,
    leave_out: Sequence[str] = (),
) -> bytes:
    """A CSV export with these rows, each the usual one but for what it says."""
    columns = [name for name in ROW if name not in leave_out]
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow([title])
    lines.writerow(["Instansi", instansi])
    lines.writerow(columns)
    dated = {
        name: value.replace("2025", str(year)) for name, value in ROW.items() if "periode" in name
    }
    for row in rows:
        lines.writerow([{**ROW, **dated, **row}[name] for name in columns])
    return text.getvalue().encode()

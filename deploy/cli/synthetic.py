"""Exports of invented people, as large as one likes: for benchmarks, demonstrations and live tests.

Nobody in them exists. The numbers are well formed (birth date, appointment, sex, serial), the names
are drawn from a short list, the offices are the usual ones of a province.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final, Protocol

import xlsxwriter


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COLUMNS: Final = _words(
    """
    No nip nama skp_unor skp_unor_induk skp_jabatan hasil_kerja perilaku_kerja hasil_akhir
    golru jenis_pegawai skp_jenis_jabatan is_skp_plt_plh_pjb periode_awal_skp
    periode_akhir_skp pegawai_atasan_nip pegawai_atasan_nama pegawai_atasan_jabatan
    waktu_dinilai tahun_skp skp_id
    """
)

FIRST_NAMES: Final = _words(
    """
    Adi Ayu Bagus Bayu Cahya Citra Damar Dewi Dian Eka Endang Fajar Farid Galih Gita Hadi
    Hana Indra Intan Jaka Joko Kartika Lestari Lukman Maya Melati Nanda Nur Puspita Putri
    Rahma Rangga Rini Sari Satria Sekar Tari Tirta Umar Wahyu Wulan Yudha Yuni Zahra
    """
)
LAST_NAMES: Final = _words(
    """
    Anggraini Basuki Damanik Gunawan Hakim Halim Handayani Hartono Hidayat Irawan Kusuma
    Lubis Mahendra Maulana Nainggolan Nugroho Pangestu Permana Pertiwi Prasetyo Pratama
    Purnama Rahayu Ramadhan Rusdi Santoso Saputra Setiawan Siregar Suharti Sulistyo Susanti
    Syahputra Utami Wibowo Widodo Wijaya Yulianti Yusuf Zulkarnain
    """
)
OFFICES: Final[dict[str, tuple[str, ...]]] = {
    "Dinas Pendidikan": ("Sekretariat", "Bidang Pembinaan SMA", "Bidang Pembinaan SMK"),
    "Dinas Kesehatan": ("Sekretariat", "Bidang Pelayanan Kesehatan", "Bidang Kesmas"),
    "RSUD Raden Mattaher": ("Instalasi Rawat Inap", "Instalasi Gawat Darurat", "Bagian Umum"),
    "Dinas Sosial, Kependudukan dan Pencatatan Sipil": (
        "Sekretariat",
        "Bidang Fasilitasi Pendaftaran Penduduk",
        "Bidang Fasilitasi Pencatatan Sipil",
    ),
    "Dinas Perhubungan": ("Sekretariat", "Bidang Lalu Lintas Jalan", "UPTD Terminal"),
    "Badan Kepegawaian Daerah": ("Sekretariat", "Bidang Mutasi", "Bidang Penilaian Kinerja"),
    "Badan Pengembangan Sumber Daya Manusia": ("Sekretariat", "Bidang Kompetensi Teknis"),
    "Dinas Komunikasi dan Informatika": ("Sekretariat", "Bidang Layanan Digital"),
    "Satuan Polisi Pamong Praja": ("Sekretariat", "Bidang Ketertiban Umum"),
    "Dinas Pekerjaan Umum dan Perumahan Rakyat": ("Sekretariat", "Bidang Bina Marga"),
}
POSITIONS: Final = (
    ("Guru Ahli Pertama", "Fungsional"),
    ("Guru Ahli Muda", "Fungsional"),
    ("Perawat Terampil", "Fungsional"),
    ("Dokter Ahli Muda", "Fungsional"),
    ("Pranata Komputer Ahli Pertama", "Fungsional"),
    ("Analis SDM Aparatur Ahli Pertama", "Fungsional"),
    ("Arsiparis Terampil", "Fungsional"),
    ("Administrator Database Kependudukan Ahli Pertama", "Fungsional"),
    ("Pengelola Layanan Operasional", "Pelaksana"),
    ("Penata Layanan Operasional", "Pelaksana"),
)
PNS_GRADES: Final = ("II/c", "II/d", "III/a", "III/b", "III/c", "III/d", "IV/a", "IV/b")
PPPK_GRADES: Final = ("V", "VII", "IX", "X")

ABOVE, MEETS, BELOW = "DIATAS EKSPEKTASI", "SESUAI EKSPEKTASI", "DIBAWAH EKSPEKTASI"
RESULTS: Final = ((ABOVE, MEETS, BELOW), (22, 67, 11))
BEHAVIOURS: Final = ((ABOVE, MEETS, BELOW), (28, 65, 7))
"""Words, and how many in a hundred have them."""
PREDICATES: Final = {
    (ABOVE, ABOVE): "SANGAT BAIK",
    (ABOVE, MEETS): "BAIK",
    (ABOVE, BELOW): "KURANG",
    (MEETS, ABOVE): "BAIK",
    (MEETS, MEETS): "BAIK",
    (MEETS, BELOW): "KURANG",
    (BELOW, ABOVE): "BUTUH PERBAIKAN",
    (BELOW, MEETS): "BUTUH PERBAIKAN",
    (BELOW, BELOW): "SANGAT KURANG",
}

FAULT_EVERY: Final = 50
"""One row in so many has a fault, where faults are wanted."""

Row = list[str | int | float]


class Writer(Protocol):
    """Takes rows one after the other; an empty one leaves a line free."""

    def __call__(self, row: Row, /) -> None:
        """Write one row."""


def write_export(path: Path, rows: int, *, seed: int, year: int, faults: bool = False) -> None:
    """Write an annual "Laporan Penilaian SKP" of invented people, row by row.

    The same arguments give the same rows.

    Args:
        path: CSV if it ends in .csv, else XLSX.
        rows: how many; memory does not grow with them but for the numbers already given.
        seed: of the chances.
        year: the year that was appraised.
        faults: whether one row in fifty has one of the usual faults: a rating that is missing or
            unknown, a NIP that is damaged, a predicate that contradicts, an acting post.
    """
    chances = Random(seed)  # noqa: S311 - invented people, no secrets
    people = People(chances, year)
    with _csv(path) if path.suffix.lower() == ".csv" else _xlsx(path) as write:
        for line in _above(year):
            write(line)
        write(list(COLUMNS))
        for number in range(1, rows + 1):
            row = people.row(number)
            if faults and number % FAULT_EVERY == 0:
                _damage(row, number // FAULT_EVERY)
            write(row)


class People:
    """Invents people; no two have the same number."""

    def __init__(self, chances: Random, year: int) -> None:
        self._chances = chances
        self._year = year
        self._given: Counter[str] = Counter()
        self._offices = tuple(OFFICES)
        self._heads = {
            office: (self._nip(pppk=False), self._name(), f"Kepala {office}") for office in OFFICES
        }

    def row(self, number: int) -> Row:
        """One person's row."""
        chances, year = self._chances, self._year
        office = chances.choice(self._offices)
        pppk = chances.random() < 1 / 4
        title, kind = chances.choice(POSITIONS)
        [result] = chances.choices(*RESULTS)
        [behaviour] = chances.choices(*BEHAVIOURS)
        when = f"{year + 1}-01-{chances.randint(2, 30):02d} 10:{chances.randint(0, 59):02d}:00"
        return [
            number,
            self._nip(pppk=pppk),
            self._name(),
            chances.choice(OFFICES[office]),
            office,
            title,
            result,
            behaviour,
            PREDICATES[result, behaviour],
            chances.choice(PPPK_GRADES if pppk else PNS_GRADES),
            "PPPK" if pppk else "PNS",
            kind,
            "Tidak",
            f"{year}-01-01",
            f"{year}-12-31",
            *self._heads[office],
            when,
            year,
            _uuid(chances),
        ]

    def _name(self) -> str:
        return f"{self._chances.choice(FIRST_NAMES)} {self._chances.choice(LAST_NAMES)}"

    def _nip(self, *, pppk: bool) -> str:
        """A number nobody has had yet: aged 22 to 35 at appointment, appointed before the year."""
        chances = self._chances
        while True:
            born = chances.randint(self._year - 57, self._year - 23)
            appointed = min(born + chances.randint(22, 35), self._year - 1)
            part = 21 if pppk else chances.randint(1, 12)
            prefix = (
                f"{born}{chances.randint(1, 12):02d}{chances.randint(1, 28):02d}"
                f"{appointed}{part:02d}{chances.randint(1, 2)}"
            )
            if self._given[prefix] < 999:  # noqa: PLR2004 - a serial has three digits
                self._given[prefix] += 1
                return f"{prefix}{self._given[prefix]:03d}"


def _above(year: int) -> Iterator[Row]:
    """The lines above the header."""
    yield [f"Laporan Penilaian SKP Periode Tahunan Tahun {year}"]
    yield ["Instansi", "Pemerintah Provinsi Jambi"]
    yield ["Periode", f"Tahunan {year}"]
    yield ["Unor Induk", "Semua"]
    yield ["Unor", "Semua"]
    yield ["Ditarik pada", f"{year + 1}-02-02 09:00:00"]
    yield []


def _damage(row: Row, which: int) -> None:
    """One of the usual faults, each in its turn."""
    place = {name: position for position, name in enumerate(COLUMNS)}
    nip = str(row[place["nip"]])
    damages: tuple[tuple[str, str | float], ...] = (
        ("hasil_kerja", ""),
        ("perilaku_kerja", "BAGUS SEKALI"),
        ("nip", float(nip)),
        ("nip", f"{nip[:4]}0230{nip[8:]}"),
        ("hasil_akhir", "SANGAT KURANG"),
        ("is_skp_plt_plh_pjb", "Ya"),
    )
    column, value = damages[which % len(damages)]
    row[place[column]] = value


def _uuid(chances: Random) -> str:
    digits = f"{chances.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


@contextmanager
def _xlsx(path: Path) -> Iterator[Writer]:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        place = 0

        def write(row: Row) -> None:
            nonlocal place
            sheet.write_row(place, 0, row)
            place += 1

        yield write


@contextmanager
def _csv(path: Path) -> Iterator[Writer]:
    with path.open("w", encoding="utf-8", newline="") as text:
        yield csv.writer(text).writerow

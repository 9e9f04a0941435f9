"""What kind of position a row speaks of."""

import pytest

from services.appraisal.rules.cells import Cell
from services.appraisal.rules.positions import acting_title, employment_of, position_of
from shared.events.words import EmploymentKind, PositionKind


@pytest.mark.parametrize(
    ("kind", "title", "position"),
    [
        ("Fungsional", "Guru Ahli Muda", PositionKind.FUNCTIONAL),
        (" FUNGSIONAL  TERTENTU", "Dokter", PositionKind.FUNCTIONAL),
        ("Fungsional Umum", "Pengadministrasi", PositionKind.EXECUTOR),
        ("Pelaksana", "Analis Kebijakan Ahli Pertama", PositionKind.EXECUTOR),
        (2, "Guru", PositionKind.FUNCTIONAL),
        (4.0, "Penata", PositionKind.EXECUTOR),
        ("JPT Pratama", "Kepala Dinas Pendidikan", PositionKind.SENIOR_EXECUTIVE),
        ("Administrator", "", PositionKind.ADMINISTRATOR),
        ("Struktural", "Kepala Dinas Perhubungan", PositionKind.SENIOR_EXECUTIVE),
        ("Struktural", "Plt. Kepala Badan Kepegawaian Daerah", PositionKind.SENIOR_EXECUTIVE),
        ("Struktural", "Sekretaris Daerah", PositionKind.SENIOR_EXECUTIVE),
        ("Struktural", "Inspektur", PositionKind.SENIOR_EXECUTIVE),
        ("Struktural", "Inspektur Pembantu Wilayah I", PositionKind.ADMINISTRATOR),
        ("Struktural", "Sekretaris Dinas Kesehatan", PositionKind.ADMINISTRATOR),
        ("Struktural", "KEPALA BIDANG MUTASI", PositionKind.ADMINISTRATOR),
        ("Struktural", "Camat Telanaipura", PositionKind.ADMINISTRATOR),
        ("Struktural", "Kepala Sub Bagian Umum", PositionKind.SUPERVISOR),
        ("1", "Lurah", PositionKind.SUPERVISOR),
        ("Struktural", "Kepala UPTD Terminal", PositionKind.UNKNOWN),
        ("Struktural", "Kepala Dinasti", PositionKind.UNKNOWN),
        (None, "Kepala Dinas Kesehatan", PositionKind.SENIOR_EXECUTIVE),
        (None, "Guru Ahli Muda", PositionKind.UNKNOWN),
        ("Rangkap", "Kepala Dinas", PositionKind.UNKNOWN),
    ],
)
def test_kind_and_title_decide_together(kind: Cell, title: str, position: PositionKind) -> None:
    assert position_of(kind, title) is position


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("PNS", EmploymentKind.PNS),
        ("cpns ", EmploymentKind.PNS),
        ("PPPK Paruh Waktu", EmploymentKind.PPPK),
        ("P3K", EmploymentKind.PPPK),
        ("Honorer", None),
        (None, None),
    ],
)
def test_employment_is_what_the_export_says_or_nothing(
    cell: Cell, kind: EmploymentKind | None
) -> None:
    assert employment_of(cell) is kind


def test_acting_posts_are_known_by_their_title() -> None:
    assert all(map(acting_title, ("Plt. Kepala Dinas", "PLH Camat", "Pj. Sekda", "Pjs Lurah")))
    assert not any(map(acting_title, ("Pelaksana", "Pjok", "Kepala Dinas", "")))

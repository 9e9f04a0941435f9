import pytest

from services.training.rules import Rulebook
from services.training.rules.families import Families
from services.training.rules.words import JobFamily
from shared.events.words import PositionKind


@pytest.fixture
def families(rulebook: Rulebook) -> Families:
    edition = rulebook.editions[0]
    return Families(edition.families, edition.knobs.title_only)


@pytest.mark.parametrize(
    ("title", "family"),
    [
        ("Guru Ahli Madya", "TEACHER"),
        ("Kepala Sekolah", "TEACHER"),
        ("Pengawas Sekolah Ahli Muda", "SCHOOL_SUPERVISION"),
        ("Administrator Database Kependudukan Ahli Pertama", "CIVIL_REGISTRY"),
        ("Operator SIAK Terampil", "CIVIL_REGISTRY"),
        ("Perawat Terampil", "NURSING"),
        ("Bidan Mahir", "MIDWIFERY"),
        ("Dokter Ahli Muda", "MEDICINE"),
        ("Dokter Gigi Ahli Pertama", "HEALTH"),
        ("Epidemiolog Kesehatan Ahli Pertama", "EPIDEMIOLOGY"),
        ("Penguji Kendaraan Bermotor Penyelia", "VEHICLE_INSPECTION"),
        ("Analis SDM Aparatur Ahli Pertama", "HUMAN_RESOURCES"),
        ("Pranata Komputer Ahli Pertama", "INFORMATION_TECHNOLOGY"),
        ("Arsiparis Terampil", "ARCHIVES"),
        ("Pustakawan Ahli Pertama", "LIBRARY"),
        ("Analis Kebijakan Ahli Pertama", "POLICY_ANALYSIS"),
        ("Perencana Ahli Muda", "PLANNING"),
        ("Statistisi Ahli Muda", "STATISTICS"),
        ("Pengelola Pengadaan Barang/Jasa Ahli Muda", "PROCUREMENT"),
        ("Pekerja Sosial Ahli Pertama", "SOCIAL_AFFAIRS"),
        ("Pranata Hubungan Masyarakat Ahli Muda", "PUBLIC_RELATIONS"),
        ("Dokter Hewan Karantina", "GENERAL"),
        ("Asesor SDM Aparatur Ahli Muda", "GENERAL"),
        ("Widyaiswara Ahli Utama", "GENERAL"),
    ],
)
def test_a_title_tells_the_profession(families: Families, title: str, family: str) -> None:
    place = "Bidang Lalu Lintas Jalan", "Dinas Perhubungan"
    assert families.of(PositionKind.FUNCTIONAL, title, *place) is JobFamily(family)


@pytest.mark.parametrize(
    ("unit", "root", "family"),
    [
        ("Bidang Fasilitasi Pencatatan Sipil", "Dinas Sosial", "CIVIL_REGISTRY"),
        ("UPTD Terminal", "Dinas Perhubungan", "TRANSPORT"),
        ("Sekretariat", "Dinas Perhubungan", "OFFICE_ADMINISTRATION"),
        ("Sekretariat Dinas Kesehatan", "Dinas Kesehatan", "OFFICE_ADMINISTRATION"),
        ("Bidang Mutasi", "Badan Kepegawaian Daerah", "HUMAN_RESOURCES"),
        ("Instalasi Gawat Darurat", "RSUD Raden Mattaher", "HEALTH"),
        ("Seksi A", "Dinas Sosial, Kependudukan dan Pencatatan Sipil", "CIVIL_REGISTRY"),
        ("Kelurahan Telanaipura", "Kecamatan Telanaipura", "PUBLIC_SERVICE"),
        ("SMAN 1 Jambi", "Dinas Pendidikan", "GENERAL"),
        ("", "", "GENERAL"),
    ],
)
def test_without_a_telling_title_the_unit_tells(
    families: Families, unit: str, root: str, family: str
) -> None:
    found = families.of(PositionKind.EXECUTOR, "Penata Layanan Operasional", unit, root)
    assert found is JobFamily(family)


def test_the_unit_says_nothing_of_a_profession_the_title_does_not_name(families: Families) -> None:
    place = "Instalasi Rawat Inap", "RSUD Raden Mattaher"
    assert families.of(PositionKind.FUNCTIONAL, "Psikolog", *place) is JobFamily.GENERAL
    assert families.of(PositionKind.EXECUTOR, "Psikolog", *place) is JobFamily.HEALTH


def test_only_whole_words_count_whatever_their_case_and_marks(families: Families) -> None:
    def of(title: str) -> JobFamily:
        return families.of(PositionKind.FUNCTIONAL, title, "", "")

    assert of("GURU, Ahli-Muda") is JobFamily.TEACHER
    assert of("Pengguruan") is JobFamily.GENERAL
    assert of("Arsip_Statis") is JobFamily.ARCHIVES

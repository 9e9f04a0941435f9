"""One row by itself: everything it says, everything that is wrong with it."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.appraisal.rules import Code, Kind
from services.appraisal.rules.cells import Cell
from services.appraisal.rules.rows import WIB
from services.appraisal.rules.sheets import COLUMNS
from shared.events.words import EmploymentKind, PositionKind, Predicate, Rating, Regime
from tests.appraisal.rules.sheet import assessed, found

REJECTED, WARNED = Kind.REJECTED, Kind.WARNED


def test_a_good_row_says_who_was_judged_how_by_whom() -> None:
    assessment = assessed({"email": "jaka@contoh.example"})
    [row] = assessment.good
    assert assessment.findings == []
    assert (row.row, row.nip, row.name) == (9, "198503152010011999", "Jaka Contoh")
    assert row.email == "jaka@contoh.example"
    assert (row.employment_kind, row.position_kind) == (EmploymentKind.PNS, PositionKind.FUNCTIONAL)
    assert (row.unit, row.root_unit) == ("Bidang Mutasi", "Badan Kepegawaian Daerah")
    assert (row.reviewer_nip, row.reviewer_name) == ("199012312019032998", "Rini Contoh")
    assert row.reviewer_title == "Kepala Badan Kepegawaian Daerah"
    assert (row.result_rating, row.behaviour_rating) == (Rating.MEETS, Rating.ABOVE)
    assert (row.regime, row.predicate) == (Regime.PERMENPANRB_6_2022, Predicate.GOOD)
    assert (row.score, row.acting) == (None, False)
    assert row.evaluated_at == datetime(2026, 1, 13, 10, 21, tzinfo=WIB)


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"nip": 1.971122520100121e17}, "nip", Code.NIP_FLOAT),
        ({"nip": None}, "nip", Code.NIP_MISSING),
        ({"nip": "196802302014031029"}, "nip", Code.NIP_BAD_DATE),
        ({"hasil_kerja": None}, "hasil_kerja", Code.MISSING_RATING),
        ({"perilaku_kerja": "BAGUS SEKALI"}, "perilaku_kerja", Code.RATING_UNKNOWN),
        ({"periode_akhir_skp": "akhir tahun"}, "periode_akhir_skp", Code.PERIOD_BAD_DATE),
        ({"periode_awal_skp": "2025-13-01"}, "periode_awal_skp", Code.PERIOD_BAD_DATE),
        ({"periode_akhir_skp": "2024-12-31"}, "periode_akhir_skp", Code.PERIOD_REVERSED),
        (
            {"periode_awal_skp": "2024-01-01", "periode_akhir_skp": "2024-12-31"},
            "periode_akhir_skp",
            Code.PERIOD_OUTSIDE_EXPORT,
        ),
        ({"is_skp_plt_plh_pjb": "mungkin"}, "is_skp_plt_plh_pjb", Code.ANSWER_UNKNOWN),
        ({"nama": "x" * 501}, "nama", Code.TEXT_TOO_LONG),
        ({"skp_jabatan": "x" * 501}, "skp_jabatan", Code.TEXT_TOO_LONG),
    ],
)
def test_a_fault_rejects_the_row_and_names_its_column(
    change: dict[str, Cell], column: str, code: Code
) -> None:
    assessment = assessed(change)
    assert found(assessment) == [(9, column, code, REJECTED)]
    assert assessment.good == []
    assert assessment.counts.rejected == 1


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"hasil_akhir": "SANGAT KURANG"}, "hasil_akhir", Code.PREDICATE_CONTRADICTS),
        ({"hasil_akhir": "Istimewa"}, "hasil_akhir", Code.PREDICATE_UNKNOWN),
        ({"jenis_pegawai": "PPPK"}, "jenis_pegawai", Code.EMPLOYMENT_MISMATCH),
        ({"jenis_pegawai": "Honorer"}, "jenis_pegawai", Code.EMPLOYMENT_UNKNOWN),
        ({"pegawai_atasan_nip": 1.99e17}, "pegawai_atasan_nip", Code.REVIEWER_NIP_BAD),
        ({"nama": " "}, "nama", Code.MISSING_NAME),
        ({"skp_unor": None, "skp_unor_induk": ""}, "skp_unor", Code.MISSING_UNIT),
        ({"email": "jaka di contoh"}, "email", Code.EMAIL_BAD),
        ({"tahun_skp": 2024}, "tahun_skp", Code.YEAR_CONTRADICTS),
        ({"nip": "198503152001011999"}, "nip", Code.NIP_AGE),
        ({"is_skp_plt_plh_pjb": "Ya"}, "is_skp_plt_plh_pjb", Code.PLT),
        ({"skp_jabatan": "Plt. Camat"}, "is_skp_plt_plh_pjb", Code.PLT),
    ],
)
def test_a_doubt_warns_and_the_row_is_imported(
    change: dict[str, Cell], column: str, code: Code
) -> None:
    assessment = assessed(change)
    assert found(assessment) == [(9, column, code, WARNED)]
    assert len(assessment.good) == 1
    assert assessment.counts.warned == 1


def test_our_predicate_counts_whatever_the_export_says() -> None:
    [row] = assessed({"hasil_akhir": "SANGAT KURANG"}).good
    assert row.predicate is Predicate.GOOD


def test_the_exports_word_on_employment_goes_before_the_numbers() -> None:
    [row] = assessed({"jenis_pegawai": "PPPK"}).good
    assert row.employment_kind is EmploymentKind.PPPK
    [row] = assessed({"jenis_pegawai": None}).good
    assert row.employment_kind is EmploymentKind.PNS


def test_all_faults_of_a_row_are_told_at_once_and_its_doubts_are_not() -> None:
    assessment = assessed(
        {"nip": None, "hasil_kerja": "?!", "perilaku_kerja": None, "hasil_akhir": "Istimewa"}
    )
    assert found(assessment) == [
        (9, "hasil_kerja", Code.RATING_UNKNOWN, REJECTED),
        (9, "nip", Code.NIP_MISSING, REJECTED),
        (9, "perilaku_kerja", Code.MISSING_RATING, REJECTED),
    ]


def test_a_formula_warns_where_its_value_is_there_or_not_needed() -> None:
    assessment = assessed({"nama": None}, formulas=("nama", "perilaku_kerja"))
    assert found(assessment) == [
        (9, "nama", Code.FORMULA_CELL, WARNED),
        (9, "perilaku_kerja", Code.FORMULA_CELL, WARNED),
    ]
    assert assessment.good[0].name == ""
    assert assessment.counts.warned == 1


@pytest.mark.parametrize("column", ["nip", "hasil_kerja", "perilaku_kerja"])
def test_a_formula_without_a_value_where_one_is_needed_rejects(column: str) -> None:
    assert found(assessed({column: None}, formulas=(column,))) == [
        (9, column, Code.FORMULA_CELL, REJECTED)
    ]


def test_formulas_in_columns_nobody_reads_do_not_matter() -> None:
    assert found(assessed({"catatan": None}, formulas=("catatan",))) == []


def test_a_finding_repeats_words_of_closed_lists_only_and_never_a_number() -> None:
    [unknown] = assessed({"hasil_kerja": "sangat " * 20}).findings
    assert unknown.value.startswith("sangat sangat")
    assert len(unknown.value) == 40
    [number] = assessed({"nip": "198503152010131999"}).findings
    assert number.value == ""


NUMERIC = "Laporan Penilaian SKP Periode Tahunan Tahun {year}"
BOTH = {
    "hasil_kerja": None,
    "perilaku_kerja": None,
    "hasil_akhir": None,
    "tahun_skp": None,
    "periode_awal_skp": None,
    "periode_akhir_skp": None,
}


@pytest.mark.parametrize(
    ("year", "scores", "regime", "score", "predicate"),
    [
        (2021, {"nilai_skp": 100, "nilai_perilaku": "90"}, Regime.PP_30_2019, 97.0, Predicate.GOOD),
        (
            2021,
            {"nilai_skp": 100, "nilai_perilaku": 90, "penilaian_rekan": "Ya"},
            Regime.PP_30_2019,
            96.0,
            Predicate.GOOD,
        ),
        (
            2021,
            {"nilai_skp": 115, "nilai_perilaku": "110,5", "ide_baru": "Ya"},
            Regime.PP_30_2019,
            113.65,
            Predicate.VERY_GOOD,
        ),
        (2019, {"nilai_skp": 90, "nilai_perilaku": 80}, Regime.PP_46_2011, 86.0, Predicate.GOOD),
    ],
)
def test_older_years_are_reckoned_by_the_law_of_their_time(
    year: int, scores: dict[str, Cell], regime: Regime, score: float, predicate: Predicate
) -> None:
    assessment = assessed(BOTH | scores, title=NUMERIC.format(year=year))
    [row] = assessment.good
    assert assessment.findings == []
    assert (row.regime, row.score, row.predicate) == (regime, score, predicate)
    assert row.result_rating is None


@pytest.mark.parametrize(
    ("scores", "column", "code"),
    [
        ({"nilai_perilaku": 90}, "nilai_skp", Code.MISSING_SCORE),
        ({"nilai_skp": "120,01", "nilai_perilaku": 90}, "nilai_skp", Code.SCORE_INVALID),
        ({"nilai_skp": 90, "nilai_perilaku": "baik"}, "nilai_perilaku", Code.SCORE_INVALID),
        ({"nilai_skp": 9, "nilai_perilaku": 9, "ide_baru": "?"}, "ide_baru", Code.ANSWER_UNKNOWN),
    ],
)
def test_a_score_that_is_none_rejects(scores: dict[str, Cell], column: str, code: Code) -> None:
    assessment = assessed(BOTH | scores, title=NUMERIC.format(year=2021))
    assert found(assessment) == [(9, column, code, REJECTED)]


def test_a_total_that_contradicts_its_parts_warns() -> None:
    scores = {"nilai_skp": 100, "nilai_perilaku": 90, "nilai_akhir": 98}
    assessment = assessed(BOTH | scores, title=NUMERIC.format(year=2021))
    assert found(assessment) == [(9, "nilai_akhir", Code.SCORE_CONTRADICTS, WARNED)]


CELLS = st.one_of(
    st.none(), st.text(), st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes()
)


@given(
    st.dictionaries(st.sampled_from(sorted(COLUMNS)), CELLS), st.sampled_from([2019, 2021, 2025])
)
def test_whatever_stands_in_a_row_it_is_good_or_rejected(row: dict[str, Cell], year: int) -> None:
    counts = assessed(row, title=NUMERIC.format(year=year)).counts
    assert counts.good + counts.rejected == counts.rows == 1

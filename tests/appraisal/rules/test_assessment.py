"""A whole sheet: who speaks for an employee that stands in it more than once."""

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.appraisal import workbooks
from services.appraisal.rules import Assessment, Code, Counts, Kind, assess
from services.appraisal.rules.cells import Cell
from shared.events.words import PeriodKind, Predicate
from tests.appraisal.rules.sheet import TODAY, assessed, found, sheet

SAMPLES = Path(__file__).parents[3] / "samples"
PREDICATES = {
    "SANGAT BAIK": Predicate.VERY_GOOD,
    "BAIK": Predicate.GOOD,
    "BUTUH PERBAIKAN": Predicate.NEEDS_IMPROVEMENT,
    "KURANG": Predicate.POOR,
    "SANGAT KURANG": Predicate.VERY_POOR,
}
HALF = {"periode_akhir_skp": "2025-06-30"}
ACTING = {"is_skp_plt_plh_pjb": "Ya"}


@pytest.mark.parametrize("year", [2024, 2025])
def test_the_sample_exports_come_to_their_truth_number_for_number(year: int) -> None:
    path = SAMPLES / f"laporan-penilaian-skp-{year}.xlsx"
    truth = json.loads(path.with_name(f"{path.name}.truth.json").read_text())
    assessment = assess(workbooks.read(path), today=date(year + 1, 3, 1))

    assert assessment.counts == Counts(
        rows=truth["counts"]["rows"],
        good=truth["counts"]["valid"],
        rejected=truth["counts"]["rejected"],
        set_aside=3 if year == 2025 else 0,
        warned=len(truth["warned"]),
    )
    told = {
        rejected: {
            (f.row, f.code.value)
            for f in assessment.findings
            if (f.kind is Kind.REJECTED) is rejected
        }
        for rejected in (True, False)
    }
    assert told[True] == {(one["row"], one["fault"]) for one in truth["rejected"]}
    assert told[False] == {(one["row"], one["fault"]) for one in truth["warned"]}
    assert len(assessment.findings) == len(truth["rejected"]) + len(truth["warned"])
    ratings = ["", "ABOVE", "MEETS", "BELOW"]
    assert {
        row.nip: (row.result_rating, row.behaviour_rating, row.predicate) for row in assessment.good
    } == {
        nip: (ratings[one["result"]], ratings[one["behaviour"]], PREDICATES[one["predicate"]])
        for nip, one in truth["valid"].items()
    }
    assert assessment.period
    assert (assessment.period.kind, assessment.period.year) == (PeriodKind.ANNUAL, year)


def test_the_latest_last_day_wins() -> None:
    assessment = assessed(HALF, {})
    assert [row.row for row in assessment.good] == [10]
    assert found(assessment) == [
        (9, "periode_akhir_skp", Code.SUPERSEDED_BY_LATER_PERIOD, Kind.SET_ASIDE)
    ]
    assert assessment.counts == Counts(rows=2, good=1, rejected=0, set_aside=1, warned=1)


def test_a_definitive_post_goes_before_an_acting_one_even_if_it_ended_earlier() -> None:
    assessment = assessed(HALF, ACTING)
    assert [(row.row, row.acting) for row in assessment.good] == [(9, False)]
    assert found(assessment) == [(10, "is_skp_plt_plh_pjb", Code.PLT, Kind.SET_ASIDE)]


def test_an_acting_post_alone_is_kept_and_marked() -> None:
    assessment = assessed(ACTING)
    assert [row.acting for row in assessment.good] == [True]
    assert found(assessment) == [(9, "is_skp_plt_plh_pjb", Code.PLT, Kind.WARNED)]


def test_of_two_acting_posts_the_later_is_kept() -> None:
    assessment = assessed(ACTING, ACTING | HALF)
    assert [row.row for row in assessment.good] == [9]
    assert (10, "periode_akhir_skp", Code.SUPERSEDED_BY_LATER_PERIOD, Kind.SET_ASIDE) in found(
        assessment
    )


def test_of_equal_last_days_the_latest_evaluation_wins() -> None:
    assessment = assessed(
        {
            "waktu_dinilai": "2026-01-20 08:00:00",
            "hasil_kerja": "DIBAWAH EKSPEKTASI",
            "hasil_akhir": None,
        },
        {},
    )
    assert [row.row for row in assessment.good] == [9]
    assert found(assessment) == [(10, "nip", Code.DUPLICATE_ROW, Kind.SET_ASIDE)]


def test_of_rows_that_say_the_same_the_upper_one_is_kept() -> None:
    assessment = assessed({}, {}, {})
    assert [row.row for row in assessment.good] == [9]
    assert assessment.counts.set_aside == 2


def test_a_later_row_with_a_fault_keeps_the_earlier_from_passing_for_the_final_result() -> None:
    assessment = assessed(HALF, {"hasil_kerja": None})
    assert assessment.good == []
    assert found(assessment) == [
        (9, "periode_akhir_skp", Code.SUPERSEDED_BY_LATER_PERIOD, Kind.SET_ASIDE),
        (10, "hasil_kerja", Code.MISSING_RATING, Kind.REJECTED),
    ]


def test_a_row_with_a_fault_does_not_stand_in_the_way_of_its_good_twin() -> None:
    assessment = assessed({"hasil_kerja": None}, {})
    assert [row.row for row in assessment.good] == [10]


def test_a_row_set_aside_does_not_warn_of_anything_else() -> None:
    assessment = assessed({}, HALF | {"hasil_akhir": "SANGAT KURANG"})
    assert [finding.code for finding in assessment.findings] == [Code.SUPERSEDED_BY_LATER_PERIOD]


def test_without_a_title_each_row_speaks_for_its_own_period() -> None:
    january = {"periode_akhir_skp": "2025-01-31"}
    assessment = assessed({}, january, title="Laporan")
    assert assessment.period is None
    assert [row.period.kind for row in assessment.good] == [PeriodKind.ANNUAL, PeriodKind.MONTHLY]


def test_a_monthly_export_lists_plans_of_a_whole_year() -> None:
    assessment = assessed({}, title="Laporan Penilaian SKP Periode Bulanan 3 Tahun 2025")
    [row] = assessment.good
    assert (row.period.kind, row.period.number) == (PeriodKind.MONTHLY, 3)
    assert (row.period.start, row.period.end) == (date(2025, 3, 1), date(2025, 3, 31))


PEOPLE = st.sampled_from(["198503152010011999", "199012312019032998", "199203142022212999"])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "nip": PEOPLE,
            "hasil_kerja": st.sampled_from(["SESUAI EKSPEKTASI", "DIATAS EKSPEKTASI", None]),
            "periode_akhir_skp": st.sampled_from(["2025-06-30", "2025-12-31"]),
            "is_skp_plt_plh_pjb": st.sampled_from(["Ya", "Tidak"]),
            "waktu_dinilai": st.sampled_from(["2026-01-13 10:21:00", "2026-01-14 10:21:00", None]),
            "skp_id": st.sampled_from(["a", "b"]),
        }
    ),
    max_size=8,
)


def said(assessment: Assessment) -> list[tuple[object, ...]]:
    """All the good rows say, without where they stand."""
    return sorted((msgspec.structs.astuple(row)[1:] for row in assessment.good), key=str)


@given(rows=ROWS, chances=st.randoms())
def test_who_wins_does_not_depend_on_the_order_of_rows(
    rows: list[dict[str, Cell]], chances: st.DataObject
) -> None:
    shuffled = list(rows)
    chances.shuffle(shuffled)  # type: ignore[attr-defined] # a Random, which hypothesis types so
    one, other = assessed(*rows), assessed(*shuffled)
    assert said(one) == said(other)
    assert one.counts == other.counts
    assert sorted(f.code for f in one.findings) == sorted(f.code for f in other.findings)


@given(rows=ROWS)
def test_the_same_sheet_gives_the_same_assessment(rows: list[dict[str, Cell]]) -> None:
    given_ = sheet(*rows)
    assert assess(given_, today=TODAY) == assess(given_, today=TODAY)


@given(rows=ROWS)
def test_every_row_becomes_good_rejected_or_set_aside(rows: list[dict[str, Cell]]) -> None:
    counts = assessed(*rows).counts
    assert counts.rows == len(rows) == counts.good + counts.rejected + counts.set_aside

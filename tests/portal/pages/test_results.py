from services.appraisal.rules.regimes import quadrant
from services.portal.pages.matrix import CELLS
from shared.events.words import Rating
from tests.portal.conftest import Visitor
from tests.portal.markup import Page
from tests.portal.told import (
    BUDI,
    CORRECTED,
    IMPORT,
    NUMERIC,
    OWN,
    evaluation,
    page,
    period,
    recommended,
)
from tests.portal.town import Town


def test_the_matrix_is_appraisals_own() -> None:
    assert len(CELLS) == len(Rating) ** 2
    for (result, behaviour), predicate in CELLS.items():
        assert quadrant(result, behaviour) == predicate


async def test_a_result_shows_its_cell_its_law_and_who_appraised(visitor: Visitor) -> None:
    answer = await visitor.sign_in("employee").get(f"/results/{OWN}")
    words = Page(answer.text).words
    assert answer.text.count('class="own"') == 1
    assert "Kurang Hasil ini" in words
    assert "Dasar: PermenPANRB 6/2022, pasal 24-25." in words
    assert "Pejabat penilai Ratna <b>Sari</b>" in words
    assert "1 Februari 2026, 00.30 WIB" in words
    assert "belum pernah dikoreksi" in words


async def test_an_employee_reads_how_to_object_and_until_when(visitor: Visitor) -> None:
    words = Page((await visitor.sign_in("employee").get(f"/results/{OWN}")).text).words
    assert "keberatan secara tertulis beserta alasannya kepada atasan pejabat penilai" in words
    assert "paling lambat 14 hari sejak Anda menerima" in words
    assert "PP 30/2019, pasal 59" in words


async def test_recommendations_come_with_reasons_hours_and_alternatives(visitor: Visitor) -> None:
    words = Page((await visitor.sign_in("employee").get(f"/results/{OWN}")).text).words
    assert "To <help> with the work." in words
    assert "Another 8 JP" in words
    assert "Seluruhnya 40 JP" in words
    assert "There is <room> left." in words
    assert "sebagaimana dibaca pegawai" not in words


async def test_a_reviewer_is_told_how_to_coach(visitor: Visitor) -> None:
    words = Page((await visitor.sign_in("reviewer").get(f"/results/{OWN}")).text).words
    assert "Undang pegawai ini untuk dialog kinerja" in words
    assert "sebagaimana dibaca pegawai" in words
    assert "Bila pegawai tidak sependapat" in words


async def test_a_correction_and_the_version_before_it_are_both_there(visitor: Visitor) -> None:
    words = Page((await visitor.sign_in("employee").get(f"/results/{CORRECTED}")).text).words
    assert "dikoreksi, versi 2" in words
    assert "Versi 2 berlaku" in words
    assert "hasil sesuai ekspektasi, perilaku di bawah ekspektasi" in words
    assert "belum tercatat" in words
    assert "Rekomendasi ini masih berdasarkan versi hasil yang sebelumnya" in words


async def test_a_score_of_an_older_law_has_no_matrix(visitor: Visitor) -> None:
    answer = await visitor.sign_in("employee").get(f"/results/{NUMERIC}")
    words = Page(answer.text).words
    assert 'class="matrix"' not in answer.text
    assert "49,50 nilai kinerja, dari 0 sampai 120" in words
    assert "Buruk" in words
    assert "Triwulan 2 tahun 2019" in words


async def test_without_training_the_result_stays(visitor: Visitor, town: Town) -> None:
    town.away.add("training")
    words = Page((await visitor.sign_in("employee").get(f"/results/{OWN}")).text).words
    assert "Rekomendasi pelatihan sedang tidak dapat diambil." in words
    assert "Kurang Hasil ini" in words


async def test_nothing_recommended_and_not_yet_decided_are_told_apart(
    visitor: Visitor, town: Town
) -> None:
    visitor.sign_in("employee")
    town.answers["GET /recommendations"] = page(recommended(count=0))
    assert "There is &lt;room&gt; left." in (await visitor.get(f"/results/{OWN}")).text
    town.answers["GET /recommendations"] = page(recommended(count=0) | {"notes": []})
    assert "Anda tetap berhak" in (await visitor.get(f"/results/{OWN}")).text
    town.answers["GET /recommendations"] = page()
    assert "sedang disusun" in (await visitor.get(f"/results/{OWN}")).text


async def test_own_results_come_newest_first(visitor: Visitor, town: Town) -> None:
    older = evaluation(CORRECTED, period=period(year=2023), predicate="GOOD")
    town.answers["GET /evaluations"] = page(older, evaluation())
    words = Page((await visitor.sign_in("employee").get("/results")).text).words
    assert words.index("Tahun 2025") < words.index("Tahun 2023")
    assert town.questions("/evaluations")[0].url.params["employee_id"] == str(BUDI)


async def test_the_office_filters_and_pages(visitor: Visitor, town: Town) -> None:
    town.answers["GET /evaluations"] = page(evaluation(), more="cursor==")
    asked = f"/results?predicate=POOR&root_unit=Dinas <A>&import_id={IMPORT}&after=first"
    answer = await visitor.sign_in("personnel_officer").get(asked)
    params = dict(town.questions("/evaluations")[0].url.params)
    assert params == {
        "limit": "50",
        "after": "first",
        "predicate": "POOR",
        "root_unit": "Dinas <A>",
        "import_id": str(IMPORT),
    }
    links = Page(answer.text).links
    here = f"/results?predicate=POOR&root_unit=Dinas%20%3CA%3E&import_id={IMPORT}"
    assert {here, f"{here}&after=cursor%3D%3D"} <= set(links)
    assert answer.text.count(" selected>") == 3


async def test_what_nobody_knows_filters_nothing(visitor: Visitor, town: Town) -> None:
    await visitor.sign_in("personnel_officer").get("/results?predicate=SPLENDID&import_id=newest")
    assert dict(town.questions("/evaluations")[0].url.params) == {"limit": "50"}

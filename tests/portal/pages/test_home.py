from tests.portal.conftest import Visitor
from tests.portal.markup import Page
from tests.portal.told import (
    BUDI,
    evaluation,
    page,
    token,
)
from tests.portal.town import Town


async def test_an_employee_finds_the_newest_result_and_what_is_recommended(
    visitor: Visitor,
) -> None:
    words = Page((await visitor.sign_in("employee").get("/")).text).words
    assert "Selamat datang, Budi" in words
    assert "Tahun 2025 Kurang" in words
    assert "Ada 2 rekomendasi" in words
    assert "Result <ready>" in words


async def test_a_reviewer_finds_who_needs_a_plan(visitor: Visitor, town: Town) -> None:
    town.answers["GET /evaluations"] = page(evaluation(employee_name="Budi Pekerti"))
    words = Page((await visitor.sign_in("reviewer").get("/")).text).words
    assert "Pegawai yang Anda nilai: 1. Perlu rencana bimbingan: 1." in words
    assert "Budi Pekerti" in words


async def test_the_office_finds_the_newest_import(visitor: Visitor) -> None:
    words = Page((await visitor.sign_in("personnel_officer", "").get("/")).text).words
    assert "Selamat datang, Petugas kepegawaian" in words
    assert "Evaluasi final 588" in words


async def test_an_operator_finds_how_services_are(visitor: Visitor, town: Town) -> None:
    town.away.add("training")
    words = Page((await visitor.sign_in("operator", "").get("/")).text).words
    assert "Evaluasi kinerja siap Rekomendasi pelatihan tidak menjawab" in words


async def test_somebody_of_several_roles_finds_all_of_them(visitor: Visitor) -> None:
    visitor.keep(token("employee", "reviewer", "personnel_officer", "operator", employee=BUDI))
    words = Page((await visitor.get("/")).text).words
    for part in ("Hasil terbaru Anda", "Tim saya", "Impor terbaru", "Layanan"):
        assert part in words


async def test_somebody_without_a_result_is_told_what_will_happen(
    visitor: Visitor, town: Town
) -> None:
    town.answers["GET /evaluations"] = page()
    words = Page((await visitor.sign_in("employee").get("/")).text).words
    assert "Belum ada hasil evaluasi untuk Anda." in words

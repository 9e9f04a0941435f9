from tests.portal.conftest import Visitor
from tests.portal.markup import Page
from tests.portal.told import (
    CORRECTED,
    FOREIGN,
    NUMERIC,
    OWN,
    RATNA,
    SITI,
    STRANGER,
    evaluation,
    id_of,
    page,
    period,
)
from tests.portal.town import Town


async def test_a_team_has_everybodys_newest_result_and_the_neediest_first(
    visitor: Visitor, town: Town
) -> None:
    older = period(year=2024)
    town.answers["GET /evaluations"] = page(
        evaluation(NUMERIC, employee_id=str(SITI), employee_name="Siti", predicate="GOOD"),
        evaluation(OWN, employee_name="Budi"),
        evaluation(CORRECTED, employee_name="Budi", period=older, predicate="VERY_GOOD"),
        evaluation(
            id_of("worst"), employee_id=str(id_of("w")), employee_name="Wati", predicate="VERY_POOR"
        ),
        evaluation(FOREIGN, employee_id=str(STRANGER), reviewer_id=str(STRANGER)),
        evaluation(id_of("ratna's"), employee_id=str(RATNA), reviewer_id=str(RATNA)),
    )
    words = Page((await visitor.sign_in("reviewer", "Ratna").get("/team")).text).words
    assert "Hasil terbaru 3 pegawai" in words
    assert "Perlu rencana bimbingan: 2" in words
    assert "Pegawai lainnya: 1" in words
    assert words.index("Wati") < words.index("Budi") < words.index("Siti")
    assert "Tahun 2024" not in words


async def test_a_reviewer_of_nobody_is_told_so(visitor: Visitor, town: Town) -> None:
    town.answers["GET /evaluations"] = page()
    answer = await visitor.sign_in("reviewer").get("/team")
    assert "Belum ada hasil pegawai yang Anda nilai." in answer.text


async def test_all_pages_of_a_large_team_are_asked_for(visitor: Visitor, town: Town) -> None:
    town.answers["GET /evaluations"] = page(evaluation(), more="again")
    await visitor.sign_in("reviewer").get("/team")
    asked = town.questions("/evaluations")
    assert len(asked) == 10
    assert asked[1].url.params["after"] == "again"

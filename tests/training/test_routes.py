"""The catalogue and recommendations over HTTP."""

from typing import Any
from uuid import UUID, uuid4

from services.training import data
from services.training.rules.catalogue import load
from shared.auth import Role
from tests.services.facts import IMPORT, RINI, evaluation, person, records, result
from tests.services.issuer import BUNGO, JAMBI
from tests.services.lists import pages
from tests.services.stage import Stage

CATALOGUE = load(data.catalogue())


async def test_everybody_may_look_through_the_catalogue_page_by_page(stage: Stage) -> None:
    for role in Role:
        async with stage.client("training", role) as client:
            codes = [one["code"] for one in await pages(client, "/courses", 30)]
    assert codes == sorted(course.code for course in CATALOGUE)


async def test_a_course_is_named_in_the_readers_language(stage: Stage) -> None:
    course = next(iter(CATALOGUE))
    shown = {}
    for language in ("id", "en"):
        async with stage.client("training", Role.EMPLOYEE, language=language) as client:
            shown[language] = (await client.get(f"/courses/{course.code}")).json()
    assert shown["id"]["title"] == course.title.id
    assert shown["en"]["title"] == course.title.en
    assert shown["id"]["form_title"] != shown["en"]["form_title"]
    assert shown["id"]["jp"] == course.jp
    async with stage.client("training", Role.EMPLOYEE) as client:
        assert (await client.get("/courses/NOTHING-LIKE-IT")).status_code == 404


async def test_recommendations_say_why_and_what_else_in_both_languages(stage: Stage) -> None:
    await stage.training.take(records(result("POOR"), result("VERY_GOOD", 2)))
    shown = {}
    for language in ("id", "en"):
        async with stage.officer("training", language=language) as officer:
            shown[language] = (
                await officer.get(f"/recommendations?employee_id={person(1)}")
            ).json()["items"][0]
    assert shown["id"]["evaluation_id"] == str(evaluation(1))
    for one, other in zip(
        shown["id"]["recommendations"], shown["en"]["recommendations"], strict=True
    ):
        course = CATALOGUE[one["course"]]
        assert (one["title"], other["title"]) == (course.title.id, course.title.en)
        assert one["form_title"]
        assert [why["code"] for why in one["reasons"]] == [why["code"] for why in other["reasons"]]
        assert all(why["text"] for why in one["reasons"])
        assert one["reasons"][0]["text"] != other["reasons"][0]["text"]
        for else_ in one["alternatives"]:
            assert else_["title"] == CATALOGUE[else_["course"]].title.id
            assert else_["jp"] == CATALOGUE[else_["course"]].jp


async def test_what_is_worth_saying_of_the_whole_is_said(stage: Stage) -> None:
    await stage.training.take(records(result("GOOD", acting=True)))
    async with stage.officer("training") as officer:
        [one] = (await officer.get("/recommendations")).json()["items"]
    assert one["recommendations"] == []
    assert [note["code"] for note in one["notes"]] == ["acting"]
    assert "jabatan" in one["notes"][0]["text"]


async def test_each_sees_the_own_ones_the_subordinates_or_the_agencys(stage: Stage) -> None:
    await stage.training.take(
        records(
            result("POOR"),
            result("GOOD", 2),
            result("GOOD", 3, agency_id=BUNGO, reviewer_id=None),
            result("GOOD", 4, employee_id=RINI, reviewer_id=None),
        )
    )

    async def seen(*roles: Role, path: str = "", **claims: Any) -> set[str]:
        async with stage.client("training", *roles, **claims) as client:
            return {
                str(one["employee_id"]) for one in await pages(client, f"/recommendations{path}", 1)
            }

    one, other, third = (str(person(number)) for number in (1, 2, 3))
    assert await seen(Role.EMPLOYEE, employee_id=person(1)) == {one}
    assert await seen(Role.REVIEWER, employee_id=RINI) == {one, other}
    assert await seen(Role.EMPLOYEE, Role.REVIEWER, employee_id=RINI) == {one, other, str(RINI)}
    assert await seen(Role.PERSONNEL_OFFICER, agency_id=JAMBI) == {one, other, str(RINI)}
    assert await seen(Role.AGENCY_SYSTEM, agency_id=BUNGO) == {third}
    foreign, absent = f"?evaluation_id={evaluation(3)}", f"?evaluation_id={uuid4()}"
    for path in (foreign, absent):
        assert await seen(Role.PERSONNEL_OFFICER, path=path, agency_id=JAMBI) == set()
        assert await seen(Role.EMPLOYEE, path=path, employee_id=person(1)) == set()


async def test_sums_are_the_agencys_and_an_operators_are_everybodys(stage: Stage) -> None:
    other = uuid4()
    await stage.training.take(
        records(
            result("POOR"),
            result("POOR", year=2024),
            result("GOOD", 2, acting=True),
            result("POOR", 3, agency_id=BUNGO, import_id=other),
        )
    )
    rows = await stage.training.query("select size, import_id from recommendation_set")
    courses = sum(size for size, of in rows if of == IMPORT.hex)

    async def sums(*roles: Role, import_id: UUID | None = None, **claims: Any) -> dict[str, int]:
        async with stage.client("training", *roles, **claims) as client:
            query = f"?import_id={import_id}" if import_id else ""
            found: dict[str, int] = (await client.get(f"/recommendations/summary{query}")).json()
            return found

    mine = {"sets": 3, "recommendations": courses, "people": 1}
    assert await sums(Role.PERSONNEL_OFFICER, agency_id=JAMBI) == mine
    assert await sums(Role.PERSONNEL_OFFICER, import_id=IMPORT, agency_id=JAMBI) == mine
    assert await sums(Role.OPERATOR, import_id=IMPORT) == mine
    assert (await sums(Role.OPERATOR))["sets"] == 4
    nothing = {"sets": 0, "recommendations": 0, "people": 0}
    for wrong in (other, uuid4()):  # foreign and absent answer alike
        assert await sums(Role.PERSONNEL_OFFICER, import_id=wrong, agency_id=JAMBI) == nothing
    assert await sums(Role.PERSONNEL_OFFICER) == nothing
    own: dict[str, Any] = {"employee_id": person(3), "agency_id": JAMBI}
    assert await sums(Role.PERSONNEL_OFFICER, Role.EMPLOYEE, **own) == mine

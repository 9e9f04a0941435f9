"""Evaluations over HTTP: who sees which, why they are as they are, and what they were before."""

from typing import Any
from uuid import uuid4

from shared.auth import Role
from tests.services.exports import BELOW, JAKA, RINI, made, nip, truth
from tests.services.issuer import BUNGO, JAMBI
from tests.services.lists import pages
from tests.services.stage import Stage


async def test_pages_are_complete_and_stable_whatever_their_length(sample_stage: Stage) -> None:
    async with sample_stage.officer() as officer:
        whole = await pages(officer, "/evaluations", 200)
        for limit in (1 + 588 // 7, 50, 147):
            assert await pages(officer, "/evaluations", limit) == whole
    ids = [one["evaluation_id"] for one in whole]
    assert len(ids) == 588
    assert ids == sorted(set(ids))


async def test_an_evaluation_that_is_corrected_while_somebody_turns_pages_keeps_its_place(
    stage: Stage,
) -> None:
    rows = [{"nip": nip(number)} for number in range(6)]
    await stage.hand_in(made(*rows))
    async with stage.officer() as officer:
        first = (await officer.get("/evaluations?limit=3")).json()
        await stage.hand_in(made(rows[0] | {"hasil_kerja": BELOW}, *rows[1:]))
        rest = (await officer.get(f"/evaluations?limit=3&after={first['next']}")).json()
        again = (await officer.get("/evaluations?limit=3")).json()
    seen = [one["evaluation_id"] for one in first["items"] + rest["items"]]
    assert len(set(seen)) == 6
    assert rest["next"] is None
    assert [one["evaluation_id"] for one in again["items"]] == seen[:3]


async def test_filters_narrow_the_list(sample_stage: Stage) -> None:
    poor = [one for one in truth(2025)["valid"].values() if one["predicate"] == "KURANG"]
    async with sample_stage.officer() as officer:
        found = await pages(officer, "/evaluations?predicate=POOR", 20)
        unit = found[0]["root_unit"]
        within = await pages(officer, f"/evaluations?predicate=POOR&root_unit={unit}", 20)
        somebody = await pages(officer, f"/evaluations?employee_id={found[0]['employee_id']}", 20)
        unknown = await officer.get("/evaluations?predicate=BAIK")
    assert len(found) == len(poor)
    assert within == [one for one in found if one["root_unit"] == unit]
    assert [one["evaluation_id"] for one in somebody] == [found[0]["evaluation_id"]]
    assert unknown.status_code == 422
    assert [one["field"] for one in unknown.json()["errors"]] == ["predicate"]


async def test_each_sees_the_own_ones_the_subordinates_or_the_agencys(stage: Stage) -> None:
    await stage.hand_in(
        made({}, {"nip": nip(1)}, {"nip": RINI, "pegawai_atasan_nip": nip(7)}),
    )
    bungo = made({"nip": nip(3), "pegawai_atasan_nip": ""}, instansi="Pemerintah Kabupaten Bungo")
    await stage.hand_in(bungo, agency_id=BUNGO)
    jaka, rini = await stage.employee(JAKA), await stage.employee(RINI)

    async def seen(*roles: Role, **claims: Any) -> set[str]:
        async with stage.client("appraisal", *roles, **claims) as client:
            return {str(one["employee_id"]) for one in await pages(client, "/evaluations", 2)}

    other, third = await stage.employee(nip(1)), await stage.employee(nip(3))
    assert await seen(Role.EMPLOYEE, employee_id=jaka) == {str(jaka)}
    assert await seen(Role.REVIEWER, employee_id=rini) == {str(jaka), str(other)}
    both = await seen(Role.EMPLOYEE, Role.REVIEWER, employee_id=rini)
    assert both == {str(jaka), str(other), str(rini)}
    assert await seen(Role.PERSONNEL_OFFICER, agency_id=JAMBI) == both
    assert await seen(Role.AGENCY_SYSTEM, agency_id=BUNGO) == {str(third)}
    assert await seen(Role.EMPLOYEE) == set(), "an account of nobody sees nobody"
    assert await seen(Role.PERSONNEL_OFFICER) == set()
    assert await seen(Role.EMPLOYEE, employee_id=jaka, agency_id=BUNGO) == {str(jaka)}


async def test_an_evaluation_says_why_it_is_as_it_is_in_the_readers_language(stage: Stage) -> None:
    await stage.hand_in(made({"hasil_kerja": BELOW}))
    jaka = await stage.employee(JAKA)
    texts = {}
    for language in ("id", "en"):
        claims: dict[str, Any] = {"employee_id": jaka, "language": language}
        async with stage.client("appraisal", Role.EMPLOYEE, **claims) as client:
            [one] = (await client.get("/evaluations")).json()["items"]
            assert (await client.get(f"/evaluations/{one['evaluation_id']}")).json() == one
        texts[language] = one["explanation"]["text"]
    assert one["predicate"] == "NEEDS_IMPROVEMENT"
    assert one["explanation"]["law"] == "PermenPANRB 6/2022"
    assert one["explanation"]["article"] == "24-25"
    assert "Butuh Perbaikan" in texts["id"]
    assert texts["en"] not in {texts["id"], ""}
    assert (one["employee_name"], one["reviewer_name"]) == ("Jaka Contoh", "Rini Contoh")
    assert one["period"] == {
        "kind": "ANNUAL", "year": 2025, "number": 0, "start": "2025-01-01", "end": "2025-12-31",
    }  # fmt: skip


async def test_versions_are_there_newest_first_and_never_change(stage: Stage) -> None:
    for rating in ("SESUAI EKSPEKTASI", BELOW, "DIATAS EKSPEKTASI"):
        await stage.hand_in(made({"hasil_kerja": rating}))
    jaka = await stage.employee(JAKA)
    async with stage.client("appraisal", Role.EMPLOYEE, employee_id=jaka) as client:
        [newest] = (await client.get("/evaluations")).json()["items"]
        path = f"/evaluations/{newest['evaluation_id']}/versions"
        versions = await pages(client, path, 2)
        assert versions == await pages(client, path, 200)
    assert versions[0] == newest
    assert [(one["version"], one["result_rating"]) for one in versions] == [
        (3, "ABOVE"), (2, "BELOW"), (1, "MEETS"),
    ]  # fmt: skip


async def test_what_is_anothers_answers_as_what_is_not_there(stage: Stage) -> None:
    await stage.hand_in(made({}, {"nip": nip(1)}))
    jaka, other = await stage.employee(JAKA), await stage.employee(nip(1))
    async with stage.officer() as officer:
        [foreign] = (await officer.get(f"/evaluations?employee_id={other}")).json()["items"]
    async with stage.client("appraisal", Role.EMPLOYEE, employee_id=jaka) as client:
        for path in ("/evaluations/{}", "/evaluations/{}/versions"):
            theirs = await client.get(path.format(foreign["evaluation_id"]))
            nobodys = await client.get(path.format(uuid4()))
            assert theirs.status_code == 404
            assert (theirs.content, theirs.headers) == (nobodys.content, nobodys.headers)


async def test_a_page_that_was_tampered_with_is_refused(stage: Stage) -> None:
    async with stage.officer() as officer:
        for after in ("x", "W10", "WyJhIl0", "WzFd", "é"):
            answer = await officer.get("/evaluations", params={"after": after})
            assert (answer.status_code, answer.json()["code"]) == (422, "after_invalid")
        assert (await officer.get("/evaluations?limit=0")).status_code == 422
        assert (await officer.get("/evaluations?limit=201")).status_code == 422

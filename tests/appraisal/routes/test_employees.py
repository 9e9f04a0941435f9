"""People over HTTP: oneself, subordinates, the agency's own."""

from typing import Any
from uuid import UUID, uuid4

from shared.auth import Role
from tests.services.exports import JAKA, RINI, made, nip
from tests.services.issuer import BUNGO, JAMBI
from tests.services.stage import Stage


async def test_one_sees_the_own_record_and_no_nip_in_it(stage: Stage) -> None:
    await stage.hand_in(made({"email": "jaka@jambi.example"}))
    jaka = await stage.employee(JAKA)
    async with stage.client("appraisal", Role.EMPLOYEE, employee_id=jaka) as client:
        me = await client.get("/me")
        assert me.json() == (await client.get(f"/employees/{jaka}")).json()
    assert me.json() == {
        "employee_id": str(jaka),
        "name": "Jaka Contoh",
        "employment_kind": "PNS",
        "position_title": "Arsiparis Terampil",
        "position_kind": "FUNCTIONAL",
        "unit": "Bidang Mutasi",
        "root_unit": "Badan Kepegawaian Daerah",
        "agency": "Pemerintah Provinsi Jambi",
        "reviewer_id": str(await stage.employee(RINI)),
        "reviewer_name": "Rini Contoh",
    }


async def test_others_are_seen_by_their_reviewer_and_their_office_alone(stage: Stage) -> None:
    await stage.hand_in(made({}, {"nip": nip(1), "pegawai_atasan_nip": ""}))
    jaka, rini, other = [await stage.employee(one) for one in (JAKA, RINI, nip(1))]

    async def status(whom: UUID, *roles: Role, **claims: Any) -> int:
        async with stage.client("appraisal", *roles, **claims) as client:
            return (await client.get(f"/employees/{whom}")).status_code

    assert await status(jaka, Role.REVIEWER, employee_id=rini) == 200
    assert await status(other, Role.REVIEWER, employee_id=rini) == 404
    assert await status(other, Role.EMPLOYEE, employee_id=jaka) == 404
    assert await status(jaka, Role.PERSONNEL_OFFICER, agency_id=JAMBI) == 200
    assert await status(jaka, Role.PERSONNEL_OFFICER, agency_id=BUNGO) == 404
    assert await status(jaka, Role.OPERATOR) == 403


async def test_an_account_of_nobody_we_know_has_no_record(stage: Stage) -> None:
    for claims in (dict[str, Any](), {"employee_id": uuid4()}):
        async with stage.client("appraisal", Role.EMPLOYEE, **claims) as client:
            assert (await client.get("/me")).status_code == 404

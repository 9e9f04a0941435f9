"""What rows mean for people and results that are known already."""

from typing import Any
from uuid import UUID

from shared.events import EmployeeRegistered, EvaluationFinalized, EvaluationSuperseded
from tests.appraisal.clock.kept import results
from tests.services.exports import ABOVE, BELOW, JAKA, RINI, made, nip
from tests.services.facts import said
from tests.services.stage import Stage


async def people(stage: Stage) -> dict[str, dict[str, Any]]:
    """Everybody as he was told last, by name."""
    told: dict[UUID, EmployeeRegistered] = {}
    for fact in said(stage.told):
        if isinstance(fact, EmployeeRegistered):
            assert fact.version == (told[fact.employee_id].version + 1 if fact.key in told else 1)
            told[fact.employee_id] = fact
    return {
        fact.name: {"unit": fact.unit, "version": fact.version, "fact": fact}
        for fact in told.values()
    }


async def hand_in(stage: Stage, content: bytes) -> dict[str, Any]:
    done = await stage.hand_in(content)
    await stage.collect()
    return done


async def test_a_reviewer_is_registered_once_from_what_stands_beside_others(stage: Stage) -> None:
    await hand_in(stage, made(*({"nip": nip(number)} for number in range(3))))
    rini = (await people(stage))["Rini Contoh"]["fact"]
    assert (rini.version, rini.employee_id) == (1, await stage.employee(RINI))
    assert rini.position_title == "Kepala Badan Kepegawaian Daerah"
    jaka = (await people(stage))["Jaka Contoh"]["fact"]
    assert jaka.reviewer_id == rini.employee_id


async def test_a_reviewers_own_row_says_more_and_nothing_beside_others_takes_it_back(
    stage: Stage,
) -> None:
    beside = {"nip": nip(1), "pegawai_atasan_nama": "R. Contoh"}
    own = {
        "nip": RINI,
        "nama": "Rini Contoh, M.Si",
        "skp_unor": "Sekretariat",
        "pegawai_atasan_nip": "",
    }
    await hand_in(stage, made(beside))
    await hand_in(stage, made(beside, own))
    await hand_in(stage, made(beside | {"nip": nip(2)}))
    rini = (await people(stage))["Rini Contoh, M.Si"]
    assert (rini["unit"], rini["version"]) == ("Sekretariat", 2)


async def test_a_reviewer_who_is_appraised_in_the_same_file_is_known_from_the_own_row(
    stage: Stage,
) -> None:
    own = {"nip": RINI, "nama": "Rini Contoh, M.Si", "pegawai_atasan_nip": nip(5)}
    await hand_in(stage, made({}, own))
    known = await people(stage)
    assert known["Rini Contoh, M.Si"]["version"] == 1
    chief = known["Rini Contoh"]["fact"]
    assert known["Rini Contoh, M.Si"]["fact"].reviewer_id == chief.employee_id


async def test_an_earlier_years_export_adds_its_results_and_takes_nobody_back(
    stage: Stage,
) -> None:
    await hand_in(stage, made({"skp_unor": "Bidang Baru"}))
    old = {"skp_unor": "Bidang Lama", "hasil_kerja": BELOW}
    title = "Laporan Penilaian SKP Periode Tahunan Tahun 2024"
    done = await hand_in(stage, made(old, title=title, year=2024))
    assert (done["counts"]["finalised"], done["counts"]["superseded"]) == (1, 0)
    jaka = (await people(stage))["Jaka Contoh"]
    assert (jaka["unit"], jaka["version"]) == ("Bidang Baru", 1)
    told = [fact for fact in said(stage.told) if isinstance(fact, EvaluationFinalized)]
    assert [(fact.period.year, fact.unit) for fact in told] == [
        (2025, "Bidang Baru"), (2024, "Bidang Lama"),
    ]  # fmt: skip


async def test_a_later_export_that_says_the_same_is_told_of_nobody_but_counts_from_then_on(
    stage: Stage,
) -> None:
    old = "Laporan Penilaian SKP Periode Tahunan Tahun 2024"
    await hand_in(stage, made({}, title=old, year=2024))
    await hand_in(stage, made({}))
    await hand_in(
        stage, made({"skp_unor": "Bidang Lama", "hasil_kerja": ABOVE}, title=old, year=2024)
    )
    jaka = (await people(stage))["Jaka Contoh"]
    assert (jaka["unit"], jaka["version"]) == ("Bidang Mutasi", 1)


async def test_what_an_export_leaves_empty_stays_as_it_is_known(stage: Stage) -> None:
    await hand_in(stage, made({"email": "jaka@jambi.example"}))
    await hand_in(stage, made({"nama": "", "email": "", "skp_unor": "Bidang Baru"}))
    jaka = (await people(stage))["Jaka Contoh"]
    assert (jaka["fact"].email, jaka["unit"], jaka["version"]) == (
        "jaka@jambi.example",
        "Bidang Baru",
        2,
    )


async def test_months_of_one_file_leave_people_as_the_last_one_says_however_often_it_is_read(
    stage: Stage,
) -> None:
    months = [
        {"periode_awal_skp": "2025-02-01", "periode_akhir_skp": "2025-02-28", "skp_unor": "Baru"},
        {"periode_awal_skp": "2025-01-01", "periode_akhir_skp": "2025-01-31", "skp_unor": "Lama"},
    ]
    for reading in range(2):
        export = made(*months, title=f"Laporan Penilaian SKP{' ' * reading}")
        await stage.hand_in(export, read=False)
        await stage.read_imports(reader=stage.reader(import_batch=1))
        await stage.collect()
    jaka = (await people(stage))["Jaka Contoh"]
    assert (jaka["unit"], jaka["version"]) == ("Baru", 1)
    evaluations = await stage.appraisal.query("select period_number, version from evaluation")
    assert sorted(evaluations) == [(1, 1), (2, 1)]


async def test_an_acting_posts_result_counts_until_the_own_posts_comes(stage: Stage) -> None:
    acting = {"is_skp_plt_plh_pjb": "Ya", "skp_unor": "Pos Sementara", "hasil_kerja": ABOVE}
    first = await hand_in(stage, made(acting))
    assert (first["counts"]["finalised"], first["counts"]["warned"]) == (1, 1)
    assert (await results(stage))[JAKA]["acting"] is True

    own = await hand_in(stage, made({}))
    assert own["counts"]["superseded"] == 1
    assert (await results(stage))[JAKA]["acting"] is False
    assert (await people(stage))["Jaka Contoh"]["unit"] == "Bidang Mutasi"

    late = await hand_in(stage, made(acting))
    assert (late["counts"]["finalised"], late["counts"]["set_aside"]) == (0, 1)
    assert (await results(stage))[JAKA]["version"] == 2
    assert (await people(stage))["Jaka Contoh"]["unit"] == "Bidang Mutasi"
    assert await findings(stage, late) == [("plt", "set_aside")]


async def test_a_result_of_less_of_the_period_is_set_aside_however_late_it_comes(
    stage: Stage,
) -> None:
    half = {"periode_akhir_skp": "2025-06-30", "hasil_kerja": BELOW}
    await hand_in(stage, made(half))
    whole = await hand_in(stage, made({}))
    assert whole["counts"]["superseded"] == 1
    again = await hand_in(stage, made(half))
    assert (again["counts"]["superseded"], again["counts"]["set_aside"]) == (0, 1)
    assert await findings(stage, again) == [("superseded_by_later_period", "set_aside")]
    told = [fact for fact in said(stage.told) if isinstance(fact, EvaluationSuperseded)]
    assert [fact.predicate for fact in told] == ["GOOD"]


async def findings(stage: Stage, done: dict[str, Any]) -> list[tuple[str, str]]:
    async with stage.officer() as officer:
        shown = (await officer.get(f"/imports/{done['import_id']}/findings")).json()["items"]
    assert all(one["reason"] and one["remedy"] for one in shown)
    return [(one["code"], one["kind"]) for one in shown]

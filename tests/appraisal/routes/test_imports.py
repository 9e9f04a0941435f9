"""Exports handed in over HTTP, and what is said of them."""

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import openpyxl
import pytest

from shared.auth import Role
from tests.services.assembly import staged
from tests.services.exports import RATINGS, made, nip, truth
from tests.services.fixtures import Played
from tests.services.issuer import BUNGO, JAMBI, SOMEBODY, Issuer
from tests.services.lists import pages
from tests.services.stage import Stage


async def test_what_was_found_names_row_column_reason_and_remedy_in_both_languages(
    sample_stage: Stage, played: Played
) -> None:
    path = f"/imports/{played.import_id}/findings"
    async with sample_stage.officer() as indonesian, sample_stage.officer(language="en") as english:
        found, again = await pages(indonesian, path, 7), await pages(english, path, 200)
        rejected = await pages(indonesian, f"{path}?kind=rejected", 5)
    assert [(one["row"], one["code"]) for one in found] == [
        (one["row"], one["code"]) for one in again
    ]
    assert all(one["reason"] and one["remedy"] and one["column"] for one in found)
    assert all(one["reason"] != other["reason"] for one, other in zip(found, again, strict=True))
    expected = Counter((one["row"], one["fault"]) for one in truth(2025)["rejected"])
    assert Counter((one["row"], one["code"]) for one in rejected) == expected
    others = Counter((one["row"], one["code"]) for one in found if one["kind"] != "rejected")
    assert others == Counter((one["row"], one["fault"]) for one in truth(2025)["warned"])


async def test_headcounts_leave_acting_posts_out(sample_stage: Stage, played: Played) -> None:
    async with sample_stage.officer() as officer:
        said = (await officer.get(f"/imports/{played.import_id}/distribution")).json()
        acting = [one for one in await pages(officer, "/evaluations", 200) if one["acting"]]
    assert said["total"] == 588 - len(acting) == sum(unit["total"] for unit in said["units"])
    assert said["total"] == sum(said["predicates"].values())
    assert len(acting) == 3
    units = [unit["root_unit"] for unit in said["units"]]
    assert units == sorted(set(units))
    for unit in said["units"]:
        assert unit["total"] == sum(unit["predicates"].values())


async def test_rejected_rows_come_back_corrected_and_are_imported(
    sample_stage: Stage, played: Played
) -> None:
    async with sample_stage.officer() as officer:
        answer = await officer.get(f"/imports/{played.import_id}/rejected.xlsx")
    assert answer.headers["content-disposition"].startswith("attachment;")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book.active
    assert sheet is not None
    lines = list(sheet.iter_rows())
    [header] = [place for place, line in enumerate(lines) if any(c.value == "nip" for c in line)]
    at = {cell.value: place for place, cell in enumerate(lines[header])}
    assert list(at)[:2] == ["alasan", "perbaikan"]
    rows = [line for line in lines[header + 1 :] if any(cell.value for cell in line)]
    assert len(rows) == 12
    for number, line in enumerate(rows, 500):
        assert line[0].value
        assert line[1].value
        for column in ("hasil_kerja", "perilaku_kerja"):
            if line[at[column]].value not in RATINGS.values():
                line[at[column]].value = RATINGS[2]
        line[at["nip"]].value = nip(number)
    corrected = io.BytesIO()
    book.save(corrected)
    done = await sample_stage.hand_in(corrected.getvalue())
    assert done["counts"] == {
        "finalised": 12, "superseded": 0, "unchanged": 0,
        "rejected": 0, "set_aside": 0, "warned": done["counts"]["warned"],
    }  # fmt: skip
    async with sample_stage.officer() as officer:
        assert len(await pages(officer, f"/evaluations?import_id={done['import_id']}", 5)) == 12
        nothing = await officer.get(f"/imports/{done['import_id']}/rejected.xlsx")
    assert nothing.status_code == 404


async def test_imports_are_listed_newest_first_page_by_page(stage: Stage) -> None:
    handed_in = [(await stage.hand_in(made({"nip": nip(n)})))["import_id"] for n in range(5)]
    async with stage.officer() as officer:
        listed = await pages(officer, "/imports", 2)
    assert [one["import_id"] for one in listed] == handed_in[::-1]


async def test_two_who_hand_in_the_same_file_at_once_start_one_import(stage: Stage) -> None:
    async with stage.officer() as officer:
        answers = await asyncio.gather(
            *(officer.post("/imports", files={"file": ("a.csv", made({}))}) for _ in range(4))
        )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 202]
    assert len({answer.json()["import_id"] for answer in answers}) == 1
    assert len({answer.headers["location"] for answer in answers}) == 1


async def test_an_agencys_system_hands_in_for_its_own_agency_only(stage: Stage) -> None:
    files = {"file": ("a.csv", made({}))}
    async with stage.client("appraisal", Role.AGENCY_SYSTEM, agency_id=JAMBI) as system:
        refused = await system.post(f"/imports?agency_id={BUNGO}", files=files)
        assert (refused.status_code, refused.json()["code"]) == (403, "other_agency")
        assert (await system.post(f"/imports?agency_id={JAMBI}", files=files)).status_code == 202


async def test_an_operator_names_the_agency_an_export_is_of(stage: Stage) -> None:
    files = {"file": ("a.csv", made({}))}
    async with stage.client("appraisal", Role.OPERATOR) as operator:
        for query, code in (("", "agency_missing"), (f"?agency_id={SOMEBODY}", "agency_unknown")):
            answer = await operator.post(f"/imports{query}", files=files)
            assert (answer.status_code, answer.json()["code"]) == (422, code)
            assert answer.json()["field"] == "agency_id"
        answer = await operator.post(f"/imports?agency_id={JAMBI}", files=files)
        assert answer.status_code == 202
        shown = (await operator.get(answer.headers["location"])).json()
    assert shown["agency"] == "Pemerintah Provinsi Jambi"


async def test_an_officer_of_no_agency_is_told_so(stage: Stage) -> None:
    async with stage.client("appraisal", Role.PERSONNEL_OFFICER) as nobodys:
        for answer in (
            await nobodys.get("/imports"),
            await nobodys.post("/imports", files={"file": ("a.csv", made({}))}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "agency_missing")


async def test_rejected_rows_are_for_the_agencys_own_office_whatever_else_somebody_is(
    sample_stage: Stage, played: Played
) -> None:
    path = f"/imports/{played.import_id}/rejected.xlsx"
    async with sample_stage.client("appraisal", Role.OPERATOR, agency_id=JAMBI) as operator:
        assert (await operator.get(path)).status_code == 403
    both = (Role.OPERATOR, Role.PERSONNEL_OFFICER)
    async with sample_stage.client("appraisal", *both, agency_id=BUNGO) as foreign:
        assert (await foreign.get(path)).status_code == 404
        assert (await foreign.get(f"/imports/{played.import_id}")).status_code == 200


async def test_a_form_without_a_file_names_the_field(stage: Stage) -> None:
    async with stage.officer() as officer:
        for wrong in (
            {"files": {"berkas": ("a.csv", b"x")}},
            {"data": {"file": "text"}},
            {"content": b"{}"},
        ):
            answer = await officer.post("/imports", **wrong)
            assert answer.status_code == 422, answer.text
            assert [one["field"] for one in answer.json()["errors"]] == ["file"]
        broken = await officer.post(
            "/imports",
            content=b"--x\r\nno header",
            headers={"Content-Type": "multipart/form-data; boundary=y"},
        )
    assert broken.status_code in {400, 422}


async def test_a_files_name_is_shown_without_folders_and_unprintable_letters(stage: Stage) -> None:
    done = await stage.hand_in(made({}), filename="C:\\Data\\2025\\lap\u202eoran.csv", read=False)
    assert done["filename"] == "laporan.csv"


@pytest.fixture
async def small(tmp_path: Path, empty_databases: Path, issuer: Issuer) -> AsyncIterator[Stage]:
    knobs = {"largest_file": 100_000}
    async with staged(tmp_path / "small", empty_databases, issuer, appraisal=knobs) as found:
        yield found


async def test_a_file_over_the_limit_is_refused_and_nothing_of_it_is_kept(small: Stage) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        for _ in range(300):
            yield bytes(1000)
        yield b"\r\n--x--\r\n"

    chunked = {"Content-Type": "multipart/form-data; boundary=x"}
    async with small.officer() as officer:
        for answer in (
            await officer.post("/imports", files={"file": ("a.csv", bytes(100_001))}),
            await officer.post("/imports", files={"file": ("a.csv", bytes(300_000))}),
            await officer.post("/imports", content=endless(), headers=chunked),
        ):
            assert answer.status_code == 413, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
        assert (await officer.get("/imports")).json()["items"] == []
        largest = await officer.post("/imports", files={"file": ("a.csv", bytes(100_000))})
        assert largest.status_code == 202

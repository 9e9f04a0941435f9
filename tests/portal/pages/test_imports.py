from collections.abc import AsyncIterator

import pytest

from services.portal.settings import Settings
from tests.portal.conftest import Visitor
from tests.portal.markup import Page
from tests.portal.told import (
    IMPORT,
    REFUSED,
    RUNNING,
    an_import,
    page,
)
from tests.portal.town import Town

FORM = {"Content-Type": "multipart/form-data; boundary=x"}


async def test_the_overview_counts_draws_and_names_what_to_correct(visitor: Visitor) -> None:
    answer = await visitor.sign_in("personnel_officer").get(f"/imports/{IMPORT}")
    words = Page(answer.text).words
    for said in (
        "Baris 1.603",
        "Evaluasi final 588",
        "Ditolak 12",
        "Rekomendasi 521",
        "Surel terkirim 1.000",
        "Surel menunggu: 1. Gagal: 8.",
        "median 0,12 detik, paling lama 0,95 detik",
        "Dari 10 pegawai, predikat terbanyak adalah Baik (80,0 %).",
        "Baik 8 · 80,0 %",
        "It says <b>BAGUS</b>.",
        "Semua unit 10 0 8 0 2 0",
    ):
        assert said in words
    assert 'width="80.0%"' in answer.text
    assert f"/imports/{IMPORT}/rejected.xlsx" in Page(answer.text).links
    assert f"/imports/{IMPORT}/findings?kind=rejected" in Page(answer.text).links


async def test_the_guideline_is_told_without_a_judgement(visitor: Visitor) -> None:
    words = Page((await visitor.sign_in("personnel_officer").get(f"/imports/{IMPORT}")).text).words
    assert "SE MenPANRB 3/2023" in words
    assert "bukan kuota" in words
    assert "ditampilkan tanpa penilaian" in words


async def test_an_operator_sees_counts_and_no_rejected_rows(visitor: Visitor) -> None:
    answer = await visitor.sign_in("operator").get(f"/imports/{IMPORT}")
    assert "rejected.xlsx" not in answer.text
    assert "data-upload" not in (await visitor.get("/imports")).text


async def test_a_running_import_shows_how_far_it_is_with_and_without_script(
    visitor: Visitor,
) -> None:
    answer = await visitor.sign_in("personnel_officer").get(f"/imports/{RUNNING}")
    assert '<progress id="progress" max="1603" value="200">' in answer.text
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in answer.text
    progress = (await visitor.get(f"/imports/{RUNNING}/progress")).json()
    assert progress == {"running": True, "rows": 1603, "rows_done": 200}


async def test_a_refused_file_says_why_and_what_to_do(visitor: Visitor) -> None:
    words = Page((await visitor.sign_in("personnel_officer").get(f"/imports/{REFUSED}")).text).words
    assert "It has a <password>. Open it. Tidak ada satu baris pun yang diimpor." in words


async def test_the_rejected_rows_come_as_a_workbook(visitor: Visitor) -> None:
    answer = await visitor.sign_in("personnel_officer").get(f"/imports/{IMPORT}/rejected.xlsx")
    assert answer.content == b"PK"
    assert answer.headers["content-disposition"].startswith("attachment;")


async def test_an_upload_goes_on_as_it_came(visitor: Visitor, town: Town) -> None:
    visitor.sign_in("personnel_officer")
    files = {"file": ("laporan.xlsx", b"PK" * 100)}
    answer = await visitor.post("/imports", files=files)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/imports/{RUNNING}")
    [sent] = town.questions("/imports")
    assert sent.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b"PK" * 100 in sent.content
    told = await visitor.post("/imports", files=files, headers={"Accept": "application/json"})
    assert (told.status_code, told.json()) == (201, {"location": f"/imports/{RUNNING}"})


async def test_an_upload_without_a_file_is_told_what_is_missing(
    visitor: Visitor, town: Town
) -> None:
    visitor.sign_in("personnel_officer")
    assert (await visitor.post("/imports")).status_code == 422
    town.refuse("POST /imports", 422)
    script = {"Accept": "application/json"}
    answer = await visitor.post("/imports", files={"other": b""}, headers=script)
    assert answer.status_code == 422
    assert "pilih satu berkas XLSX atau CSV" in answer.json()["text"]


async def test_a_file_too_large_is_refused_whether_it_says_so_or_not(
    visitor: Visitor, settings: Settings, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.sign_in("personnel_officer")
    monkeypatch.setattr(settings, "largest_upload", 100)
    answer = await visitor.post("/imports", content=b"x" * 101, headers=FORM)
    assert answer.status_code == 413
    assert town.questions("/imports") == []

    async def silent() -> AsyncIterator[bytes]:
        """Parts of a body whose length nobody knows."""
        for _ in range(3):
            yield b"x" * 50

    assert (await visitor.post("/imports", content=silent(), headers=FORM)).status_code == 413


async def test_no_import_yet_offers_to_begin(visitor: Visitor, town: Town) -> None:
    town.answers["GET /imports"] = page()
    answer = await visitor.sign_in("personnel_officer").get("/")
    assert "Belum ada impor." in answer.text


async def test_what_came_of_an_import_is_left_out_where_nobody_knows(
    visitor: Visitor, town: Town
) -> None:
    town.away |= {"training", "notifications"}
    words = Page((await visitor.sign_in("personnel_officer").get(f"/imports/{IMPORT}")).text).words
    assert "Rekomendasi pelatihan sedang tidak dapat diambil." in words
    assert "Pemberitahuan sedang tidak dapat diambil." in words
    assert "Evaluasi final 588" in words


async def test_the_lists_pages_lead_on(visitor: Visitor, town: Town) -> None:
    town.answers["GET /imports"] = page(an_import(), more="a b")
    answer = await visitor.sign_in("personnel_officer").get("/imports?after=x")
    assert {"/imports", "/imports?after=a%20b"} <= set(Page(answer.text).links)


async def test_findings_of_a_kind_nobody_knows_are_not_found(visitor: Visitor) -> None:
    visitor.sign_in("personnel_officer")
    assert (await visitor.get(f"/imports/{IMPORT}/findings?kind=odd")).status_code == 404

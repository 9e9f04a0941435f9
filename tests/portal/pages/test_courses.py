import httpx

from tests.portal.conftest import Visitor
from tests.portal.markup import Page
from tests.portal.told import (
    course,
    page,
)
from tests.portal.town import Town


async def test_courses_are_found_by_any_of_their_words(visitor: Visitor) -> None:
    words = Page((await visitor.sign_in("employee").get("/courses?q=ARSIP bpsdm")).text).words
    assert "Daftar 2 jenis pelatihan" in words
    assert "Ditemukan: 1" in words
    assert "Manajemen Arsip" in words


async def test_what_is_not_found_is_said(visitor: Visitor) -> None:
    words = Page((await visitor.sign_in("employee").get("/courses?q=sulap")).text).words
    assert "Tidak ada yang cocok." in words


async def test_the_whole_catalogue_is_asked_for(visitor: Visitor, town: Town) -> None:
    pages = iter([page(course(), more="next"), page(course("OTHER"))])
    town.answers["GET /courses"] = lambda _: httpx.Response(200, json=next(pages))
    words = Page((await visitor.sign_in("employee").get("/courses")).text).words
    assert "Daftar 2 jenis pelatihan" in words
    assert town.questions("/courses")[1].url.params["after"] == "next"


async def test_a_course_says_for_whom_it_is_and_what_may_stand_in(visitor: Visitor) -> None:
    words = Page((await visitor.sign_in("employee").get("/courses/VALUES-SERVICE")).text).words
    assert "Untuk Pelaksana" in words
    assert "Belum diketahui" not in words
    assert "Kompetensi Pelayanan Publik" in words
    assert "masih perkiraan" in words
    assert "Pilihan lain untuk kebutuhan yang sama" in words
    other = Page((await visitor.get("/courses/OTHER")).text).words
    assert "Untuk semua jabatan" in other

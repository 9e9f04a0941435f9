import time

import httpx
import pytest
from starlette.responses import Response

from services.portal.pages.session import LARGEST, Sessions, TokenUnusable, person_of
from services.portal.pages.site import build
from services.portal.settings import Settings
from tests.portal.conftest import Visitor
from tests.portal.markup import Page, faults
from tests.portal.told import (
    BUDI,
    IMPORT,
    OWN,
    RATNA,
    REFUSED,
    RUNNING,
    an_import,
    page,
    period,
    token,
)
from tests.portal.town import Town


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("KINERJA_PROFILE", "production")
    monkeypatch.setenv("PORTAL_SESSION_KEY", "k" * 40)
    monkeypatch.setenv("PORTAL_PUBLIC_URL", "https://kinerja.example.go.id/")
    return Settings()


async def test_the_samples_are_of_every_role_and_marked_as_development(visitor: Visitor) -> None:
    answer = await visitor.get("/sign-in?next=/inbox")
    assert "hanya untuk percobaan" in answer.text
    for who in (f"employee:{BUDI}", f"reviewer:{RATNA}", "personnel_officer", "operator"):
        assert f'name="who" value="{who}"' in answer.text
    assert 'name="next" value="/inbox"' in answer.text


async def test_samples_are_found_as_the_personnel_office_of_the_sample_agency(
    visitor: Visitor, town: Town, settings: Settings
) -> None:
    await visitor.get("/sign-in")
    [wish] = town.questions("/token")
    assert b"personnel_officer" in wish.content
    assert str(settings.sample_agency).encode() in wish.content
    asked = {str(one.url.params["predicate"]) for one in town.questions("/evaluations")}
    assert asked == {"VERY_GOOD", "GOOD", "NEEDS_IMPROVEMENT", "POOR", "VERY_POOR"}


async def test_samples_are_of_the_newest_periods_largest_import(
    visitor: Visitor, town: Town
) -> None:
    few = {"finalised": 588, "superseded": 8, "unchanged": 580}
    few |= {"rejected": 0, "set_aside": 0, "warned": 0}
    town.answers["GET /imports"] = page(
        an_import(REFUSED, state="refused", period=None),
        an_import(RUNNING, counts=few),
        an_import(IMPORT),
        an_import(OWN, period=period(year=2024)),
    )
    await visitor.get("/sign-in")
    asked = {one.url.params["import_id"] for one in town.questions("/evaluations")}
    assert asked == {str(IMPORT)}


async def test_before_the_first_import_the_office_can_sign_in(visitor: Visitor, town: Town) -> None:
    town.answers["GET /imports"] = page()
    answer = await visitor.get("/sign-in")
    assert "Belum ada hasil evaluasi." in answer.text
    assert 'value="personnel_officer"' in answer.text


async def test_signing_in_begins_a_session_and_leads_on(visitor: Visitor) -> None:
    answer = await visitor.post("/sign-in", data={"who": f"employee:{BUDI}", "next": "/inbox"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert str(BUDI) not in cookie
    visitor.cookies.set("kinerja", answer.cookies["kinerja"])
    assert (await visitor.get("/inbox")).status_code == 200


@pytest.mark.parametrize("onward", ["https://evil.example", "//evil.example", "/\\evil.example"])
async def test_signing_in_never_leads_to_another_site(visitor: Visitor, onward: str) -> None:
    answer = await visitor.post("/sign-in", data={"who": "operator", "next": onward})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("who", ["", "king", "employee:not-an-id"])
async def test_nobody_else_can_be_signed_in(visitor: Visitor, who: str) -> None:
    assert (await visitor.post("/sign-in", data={"who": who})).status_code == 422


async def test_signing_out_forgets_the_person(visitor: Visitor) -> None:
    answer = await visitor.sign_in("employee").post("/sign-out")
    assert answer.headers["location"] == "/sign-in"
    assert 'kinerja=""' in answer.headers["set-cookie"]


async def test_a_spoiled_cookie_is_nobody(visitor: Visitor) -> None:
    visitor.cookies.set("kinerja", "gAAAAA-spoiled")
    assert (await visitor.get("/inbox")).status_code == 303


async def test_a_session_ends_with_its_token(visitor: Visitor) -> None:
    visitor.keep(token("employee", employee=BUDI, expires=int(time.time()) - 1))
    assert (await visitor.get("/inbox")).status_code == 303


async def test_a_token_services_refuse_leads_to_the_sign_in(visitor: Visitor, town: Town) -> None:
    town.refuse("GET /preferences", 401)
    answer = await visitor.sign_in("employee").get("/preferences")
    assert answer.headers["location"] == "/sign-in?next=%2Fpreferences"


def test_a_token_too_long_for_a_cookie_is_refused(settings: Settings) -> None:
    with pytest.raises(TokenUnusable):
        Sessions(settings).begin(Response(), person_of(token("employee", *["x" * 50] * 60), ""))
    assert LARGEST < 4096


@pytest.mark.parametrize("spoiled", ["", "a.b.c", "not a token"])
def test_what_is_no_token_is_told(spoiled: str) -> None:
    with pytest.raises(TokenUnusable):
        person_of(spoiled, "")


async def test_in_production_nobody_is_anybody(production: Settings, town: Town) -> None:
    app = build(production, httpx.MockTransport(town.answer))
    async with Visitor(app, production, "https://kinerja.example.go.id") as visitor:
        answer = await visitor.get("/sign-in")
        assert faults(answer.text) == []
        assert "melalui portal kepegawaian instansi" in Page(answer.text).words
        assert '<button class="sample"' not in answer.text
        assert (await visitor.post("/sign-in", data={"who": "operator"})).status_code == 404
        visitor.sign_in("employee")
        assert "__Host-kinerja" in visitor.cookies
        assert (await visitor.get("/mail")).status_code == 404
        home = await visitor.get("/")
        assert "Surel uji" not in home.text
        assert "max-age=31536000" in home.headers["strict-transport-security"]
        assert town.questions("/token") == []

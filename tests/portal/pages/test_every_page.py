"""What holds for every page, for every role, in both languages."""

import pytest

from services.portal.pages.site import doors as every_door
from shared.i18n import LANGUAGES
from tests.portal.conftest import ROLES, Visitor
from tests.portal.markup import Page, faults
from tests.portal.told import (
    CORRECTED,
    HOSTILE,
    IMPORT,
    NUMERIC,
    OWN,
    REFUSED,
    RUNNING,
)
from tests.portal.town import Town

READERS = ("employee", "reviewer", "personnel_officer")
OFFICE = ("personnel_officer", "operator")
PAGES = {
    "/": tuple(ROLES),
    "/sign-in": ("employee",),
    "/results": READERS,
    "/results?predicate=POOR&root_unit=Dinas+<A>": ("personnel_officer",),
    f"/results/{OWN}": READERS,
    f"/results/{CORRECTED}": READERS,
    f"/results/{NUMERIC}": READERS,
    "/team": ("reviewer",),
    "/inbox": READERS,
    "/inbox?unread=true": READERS,
    "/preferences": READERS,
    "/preferences?saved=true": READERS,
    "/imports": OFFICE,
    f"/imports/{IMPORT}": OFFICE,
    f"/imports/{RUNNING}": OFFICE,
    f"/imports/{REFUSED}": OFFICE,
    f"/imports/{IMPORT}/findings?kind=set_aside": OFFICE,
    "/courses": tuple(ROLES),
    "/courses?q=<arsip>": tuple(ROLES),
    "/courses/VALUES-SERVICE": tuple(ROLES),
    "/courses/OTHER": tuple(ROLES),
    "/mail": tuple(ROLES),
    "/mail/1": tuple(ROLES),
}
every_page = pytest.mark.parametrize(
    ("path", "role"), [(path, role) for path, roles in PAGES.items() for role in roles]
)
every_language = pytest.mark.parametrize("language", LANGUAGES)


@every_language
@every_page
async def test_a_page_is_sound_and_escapes_what_people_wrote(
    visitor: Visitor, path: str, role: str, language: str
) -> None:
    answer = await visitor.sign_in(role, HOSTILE).speak(language).get(path)
    assert answer.status_code == 200
    assert faults(answer.text) == []
    assert Page(answer.text).language == language
    for raw in ("<script>alert", "<b>", "<i>", "<Prima>", "<ready>", "<Arsip>", "<A>", "<arsip>"):
        assert raw not in answer.text


async def test_every_page_is_among_those_looked_at() -> None:
    doors = {door.path for door in every_door() if door.method == "GET"}
    shown = {path.partition("?")[0] for path in PAGES}
    ids = {str(one) for one in (OWN, CORRECTED, NUMERIC, IMPORT, RUNNING, REFUSED)}
    named = {
        "/".join(
            ("{import_id:uuid}" if "/imports" in path else "{evaluation_id:uuid}")
            if part in ids
            else part
            for part in path.split("/")
        )
        for path in shown
    }
    named = {
        path.replace("VALUES-SERVICE", "{code}").replace("/mail/1", "/mail/{number:int}")
        for path in named - {"/courses/OTHER"}
    }
    no_pages = {"/inbox/stream"} | {
        f"/imports/{{import_id:uuid}}/{name}" for name in ("progress", "rejected.xlsx")
    }
    assert doors - no_pages == named


@pytest.mark.parametrize("path", ["/", "/results", "/inbox", f"/imports/{IMPORT}", "/mail"])
async def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(
    visitor: Visitor, path: str
) -> None:
    answer = await visitor.get(path)
    assert answer.status_code == 303
    back = "" if path == "/" else f"?next={path.replace('/', '%2F')}"
    assert answer.headers["location"] == f"/sign-in{back}"


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("employee", "/team"),
        ("employee", "/imports"),
        ("personnel_officer", "/team"),
        ("operator", "/results"),
        ("operator", f"/results/{OWN}"),
        ("operator", "/inbox"),
        ("operator", f"/imports/{IMPORT}/rejected.xlsx"),
    ],
)
async def test_a_page_for_other_roles_says_so_and_helps_on(
    visitor: Visitor, role: str, path: str
) -> None:
    answer = await visitor.sign_in(role).get(path)
    assert answer.status_code == 403
    assert faults(answer.text) == []
    assert "Peran Anda tidak mencakup halaman ini." in answer.text
    assert "/courses" in Page(answer.text).links


@pytest.mark.parametrize(
    "path", ["/nowhere", "/results/none", f"/results/{IMPORT}", f"/imports/{OWN}", "/courses/NONE"]
)
async def test_what_is_foreign_or_absent_is_not_found(visitor: Visitor, path: str) -> None:
    answer = await visitor.sign_in("personnel_officer").get(path)
    assert answer.status_code == 404
    assert faults(answer.text) == []
    assert "Halaman tidak ditemukan" in answer.text


@pytest.mark.parametrize("service", ["appraisal", "training", "notifications", "desk"])
@every_page
async def test_a_service_that_is_away_makes_no_page_fail(
    visitor: Visitor, town: Town, path: str, role: str, service: str
) -> None:
    town.away.add(service)
    answer = await visitor.sign_in(role).get(path)
    assert answer.status_code in {200, 503}
    assert faults(answer.text) == []
    if answer.status_code == 503:
        assert answer.headers["retry-after"] == "10"
        assert "tidak menjawab" in answer.text
        assert "Coba halaman ini lagi" in answer.text


async def test_a_mistake_of_ours_says_so_and_nothing_else(visitor: Visitor, town: Town) -> None:
    def blunder(_: object) -> None:
        raise RuntimeError("NIP 198503152010011999")

    town.answers["GET /preferences"] = blunder  # type: ignore[assignment]  # the blunder itself
    answer = await visitor.sign_in("employee").get("/preferences")
    assert answer.status_code == 500
    assert faults(answer.text) == []
    assert "Ini kesalahan kami" in answer.text
    assert "1985" not in answer.text

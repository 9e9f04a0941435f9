import json

import pytest

from tests.portal.conftest import Visitor
from tests.portal.town import Town


async def test_what_is_chosen_is_kept(visitor: Visitor, town: Town) -> None:
    chosen = {"email": "false", "language": "en"}
    answer = await visitor.sign_in("employee").post("/preferences", data=chosen)
    assert answer.headers["location"] == "/preferences?saved=true"
    [kept] = town.questions("/preferences")
    assert json.loads(kept.content) == {"email": False, "language": "en"}
    assert "Tersimpan." in (await visitor.get("/preferences?saved=true")).text


async def test_a_language_nobody_speaks_is_refused(visitor: Visitor, town: Town) -> None:
    chosen = {"email": "true", "language": "xx"}
    answer = await visitor.sign_in("employee").post("/preferences", data=chosen)
    assert answer.status_code == 422
    assert town.questions("/preferences") == []


async def test_the_language_of_pages_is_switched_where_one_is(visitor: Visitor) -> None:
    data = {"language": "en", "next": "/courses?q=arsip"}
    answer = await visitor.post("/language", data=data)
    assert answer.headers["location"] == "/courses?q=arsip"
    assert "language=en" in answer.headers["set-cookie"]


@pytest.mark.parametrize("language", ["", "xx"])
async def test_pages_speak_no_other_language(visitor: Visitor, language: str) -> None:
    assert (await visitor.post("/language", data={"language": language})).status_code == 422


async def test_pages_are_indonesian_whatever_the_browser_prefers(visitor: Visitor) -> None:
    answer = await visitor.get("/sign-in", headers={"Accept-Language": "en"})
    assert '<html lang="id">' in answer.text

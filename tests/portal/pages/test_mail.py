"""Where the embedded stack's e-mails are shown."""

import httpx

from services.portal.pages.site import build
from services.portal.settings import Settings
from tests.portal.conftest import Road, Visitor
from tests.portal.town import Town

SINK = "http://127.0.0.1:8125/"


async def test_a_mail_sink_with_a_face_of_its_own_is_shown_instead(
    settings: Settings, road: Road, town: Town
) -> None:
    there = settings.model_copy(update={"mail_url": SINK})
    portal = build(there, httpx.MockTransport(road.answer))
    async with Visitor(portal, there) as visitor:
        answer = await visitor.sign_in("operator").get("/mail")
    assert (answer.status_code, answer.headers["location"]) == (303, SINK)
    assert not town.questions("/mail")

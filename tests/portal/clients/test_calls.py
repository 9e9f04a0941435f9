import httpx
import pytest

from services.portal.clients import Calls, Services
from services.portal.clients.trouble import (
    NotAllowed,
    NotThere,
    ServiceAway,
    SignInAgain,
    TooLarge,
    Unfit,
)
from services.portal.settings import Settings
from shared import tracing


def services(settings: Settings, answer: httpx.Response | Exception) -> Services:
    def respond(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Services(Calls(settings, httpx.MockTransport(respond)), "token", "id")


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (401, SignInAgain),
        (403, NotAllowed),
        (404, NotThere),
        (413, TooLarge),
        (422, Unfit),
        (409, Unfit),
        (500, ServiceAway),
        (503, ServiceAway),
        (302, ServiceAway),
    ],
)
async def test_each_refusal_has_its_own_meaning(
    settings: Settings, status: int, trouble: type[Exception]
) -> None:
    with pytest.raises(trouble):
        await services(settings, httpx.Response(status)).preferences()


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("nobody"),
        httpx.ReadTimeout("late"),
        httpx.RemoteProtocolError("cut off"),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, json={"email": "perhaps"}),
    ],
)
async def test_no_answer_and_an_answer_nobody_can_read_are_alike(
    settings: Settings, answer: httpx.Response | Exception
) -> None:
    with pytest.raises(ServiceAway) as told:
        await services(settings, answer).preferences()
    assert told.value.service == "notifications"


async def test_members_nobody_knows_are_ignored(settings: Settings) -> None:
    answer = httpx.Response(200, json={"email": True, "language": "id", "new": 1})
    assert (await services(settings, answer).preferences()).email


async def test_a_call_goes_on_in_the_visits_trace_and_says_no_more_of_it(
    settings: Settings,
) -> None:
    told: list[str | None] = []

    def respond(request: httpx.Request) -> httpx.Response:
        told.append(request.headers.get("traceparent"))
        return httpx.Response(200, json={"email": True, "language": "id"})

    asking = Services(Calls(settings, httpx.MockTransport(respond)), "token", "id")
    with tracing.request("GET", "/preferences", None):
        await asking.preferences()
        here = tracing.here()
    await asking.preferences()
    assert told == [here, None]

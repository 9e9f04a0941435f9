from email.utils import formatdate

import httpx
import pytest

from deploy.cli.doctor import web

URLS = {"training": "http://training.example"}


def codes(answer: httpx.Response | Exception) -> list[str]:
    def reply(request: httpx.Request) -> httpx.Response:
        assert request.url == "http://training.example/readyz"
        if isinstance(answer, Exception):
            raise answer
        return answer

    return [one.code for one in web.check(URLS, transport=httpx.MockTransport(reply))]


def test_a_service_is_asked_whether_it_is_ready() -> None:
    assert codes(httpx.Response(200)) == ["service"]
    assert codes(httpx.Response(503)) == ["service_not_ready"]
    assert codes(httpx.ConnectError("refused")) == ["service_silent"]
    assert [one.code for one in web.check({})] == ["services_unknown"]


def test_a_clock_that_is_hours_off_is_said() -> None:
    assert codes(httpx.Response(200, headers={"date": formatdate(0)})) == ["service", "clock_skew"]


@pytest.mark.parametrize(
    ("told", "skew"),
    [(100, 0), (99, 0), (98, -1), (101, 0), (103, 1), (90, -9), (130, 28)],
)
def test_only_what_the_way_cannot_explain_is_skew(told: int, skew: float) -> None:
    date = formatdate(told, usegmt=True)
    assert web.skew_of(date, began=100, ended=102) == skew


@pytest.mark.parametrize("date", [None, "", "soon"])
def test_a_date_that_is_none_says_nothing(date: str | None) -> None:
    assert web.skew_of(date, 0, 1) == 0

import pytest
from prometheus_client import REGISTRY

from tests.portal.conftest import Visitor
from tests.portal.told import (
    NOTICE,
    OWN,
)
from tests.portal.town import Town

FORMS = [
    ("/sign-in", {"who": "operator"}),
    ("/sign-out", {}),
    ("/language", {"language": "en"}),
    ("/preferences", {"email": "true", "language": "id"}),
    (f"/inbox/{NOTICE}/read", {}),
    ("/imports", {}),
]


@pytest.mark.parametrize(("path", "data"), FORMS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {},
    ],
)
async def test_a_form_from_another_site_changes_nothing(
    visitor: Visitor, town: Town, path: str, data: dict[str, str], headers: dict[str, str]
) -> None:
    visitor.sign_in("personnel_officer")
    request = visitor.build_request("POST", path, data=data)
    del request.headers["Origin"]
    request.headers.update(headers)
    answer = await visitor.send(request)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert town.asked == []


async def test_a_browser_that_names_no_origin_but_the_same_site_is_let_in(visitor: Visitor) -> None:
    request = visitor.build_request("POST", "/sign-out", headers={"Sec-Fetch-Site": "same-origin"})
    del request.headers["Origin"]
    assert (await visitor.send(request)).status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
async def test_other_names_for_this_machine_are_not_served(visitor: Visitor, host: str) -> None:
    assert (await visitor.get("/sign-in", headers={"Host": host})).status_code == 421
    assert (await visitor.get("/healthz", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nowhere", "/static/portal.css"])
async def test_every_answer_has_strict_headers(visitor: Visitor, path: str) -> None:
    headers = (await visitor.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


async def test_pages_are_kept_nowhere_and_files_for_ever(visitor: Visitor) -> None:
    page = await visitor.sign_in("employee").get(f"/results/{OWN}")
    assert page.headers["cache-control"] == "no-store"
    file = await visitor.get("/static/portal.js")
    assert "immutable" in file.headers["cache-control"]
    assert "/static/portal.css?v=" in page.text


async def test_metrics_count_by_page_and_name_nobody(visitor: Visitor) -> None:
    labels = {"method": "GET", "route": "/results/{evaluation_id:uuid}", "status": "200"}
    name = "kinerja_request_seconds_count"
    before = REGISTRY.get_sample_value(name, labels) or 0
    await visitor.sign_in("employee").get(f"/results/{OWN}")
    assert REGISTRY.get_sample_value(name, labels) == before + 1
    assert str(OWN) not in (await visitor.get("/metrics")).text


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_the_portal_is_ready_although_services_are_away(
    visitor: Visitor, town: Town, path: str
) -> None:
    town.away |= {"appraisal", "training", "notifications", "desk"}
    assert (await visitor.get(path)).status_code == 200


async def test_services_are_asked_in_the_persons_name_and_language(
    visitor: Visitor, town: Town
) -> None:
    await visitor.sign_in("employee").speak("en").get(f"/results/{OWN}")
    [asked] = town.questions(f"/evaluations/{OWN}")
    assert asked.headers["accept-language"] == "en"
    assert asked.headers["authorization"].startswith("Bearer ey")

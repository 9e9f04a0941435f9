from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import pytest

from deploy.cli.agencies import agency_id
from deploy.cli.installation import Installation, development_token, is_production, this_stack
from deploy.cli.trouble import Trouble
from tests.deploy.cli.fake import STACK, Fake, body, problem


class Anything(msgspec.Struct):
    sets: int


def test_it_asks_in_the_name_of_an_officer_of_the_samples_agency_and_asks_for_one_token() -> None:
    fake = Fake()
    services = fake.installation()
    for _ in range(2):
        assert services.get("training", "/recommendations/summary", Anything).sets == 3
    tokens = [request for request in fake.asked if request.url.path == "/token"]
    assert [body(request) for request in tokens] == [
        {"roles": ["personnel_officer"], "agency_id": str(agency_id("5500"))}
    ]


def test_it_can_ask_in_the_name_of_another_agency() -> None:
    fake = Fake()
    agency = UUID(int=7)
    services = Installation.embedded(STACK, "operator", agency=agency, transport=fake.transport())
    services.get("training", "/recommendations/summary", Anything)
    assert body(fake.asked[0])["agency_id"] == str(agency)


def test_it_asks_in_the_terminals_language() -> None:
    fake = Fake()
    fake.installation().get("training", "/recommendations/summary", Anything)
    assert fake.asked[-1].headers["accept-language"] == "en"


def test_a_service_that_is_silent_is_named_with_its_address() -> None:
    services = Fake(silent={"training"}).installation()
    with pytest.raises(Trouble, match=r"training.*http://127.0.0.1:9302"):
        services.get("training", "/recommendations/summary", Anything)


def test_a_stack_that_does_not_run_is_said_to_be_started_with_make_run() -> None:
    with pytest.raises(Trouble, match="make run"):
        Fake(silent={"desk"}).installation().get("training", "/x", Anything)


def test_a_problem_says_why() -> None:
    services = Fake().installation()
    with pytest.raises(Trouble, match=r"training refused: Nothing here\."):
        services.get("training", "/nowhere", Anything)


def test_an_error_that_is_no_problem_is_its_status() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(502, text="<html>"))
    services = Installation({"training": "http://x.example"}, lambda: "t", transport=transport)
    with pytest.raises(Trouble, match="502 Bad Gateway"):
        services.get("training", "/x", Anything)


def test_an_answer_of_something_else_is_not_believed() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>"))
    services = Installation({"training": "http://x.example"}, lambda: "t", transport=transport)
    with pytest.raises(Trouble, match="is that Kinerja"):
        services.get("training", "/x", Anything)


def test_ready_is_what_answers_so_and_nothing_else() -> None:
    assert Fake().installation().ready("training")
    assert not Fake(ready=False).installation().ready("training")
    assert not Fake(silent={"training"}).installation().ready("training")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=r"absent\.xlsx"):
        Fake().installation().upload("appraisal", "/imports", tmp_path / "absent.xlsx", Anything)


def test_a_desk_that_refuses_says_why() -> None:
    transport = httpx.MockTransport(lambda _: problem(422, "wish_invalid", "Invalid enum"))
    with pytest.raises(Trouble, match="Invalid enum"):
        development_token(STACK, {"roles": ["king"]}, transport=transport)


def test_a_port_that_is_no_number_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINERJA_PORT_BASE", "many")
    with pytest.raises(Trouble, match="KINERJA_PORT_BASE"):
        this_stack()


def test_only_the_word_production_means_production() -> None:
    assert is_production({"KINERJA_PROFILE": "production"})
    assert not is_production({"KINERJA_PROFILE": "embedded"})
    assert not is_production({})

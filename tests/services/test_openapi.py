"""What the documents of all services say of every route."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.contracts.generate import FOLDER
from shared.http import PROBLEM
from tests.services.stage import SERVICES
from tests.services.test_access import PUBLIC, WHO_MAY

every_service = pytest.mark.parametrize("name", SERVICES)


def operations(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    document = json.loads((FOLDER / f"{name}.openapi.json").read_text())
    for path, item in document["paths"].items():
        if path not in PUBLIC:
            for method, operation in item.items():
                yield f"{method.upper()} {path}", operation


@every_service
def test_every_route_says_who_may_ask(name: str) -> None:
    said = {door: set(operation["x-roles"]) for door, operation in operations(name)}
    assert said == WHO_MAY[name]
    assert all(operation["security"] == [{"bearer": []}] for _, operation in operations(name))


@every_service
def test_every_route_says_how_it_answers_what_goes_wrong(name: str) -> None:
    for door, operation in operations(name):
        answers = operation["responses"]
        needed = {"401", "403", "503"} | ({"404"} if "{" in door else set())
        assert needed <= answers.keys(), door
        for status, answer in answers.items():
            if status >= "400":
                assert list(answer["content"]) == [PROBLEM], (door, status)
            assert answer["description"]
        assert operation.get("description"), f"{door} does not say what it is for"


@every_service
def test_every_list_has_pages(name: str) -> None:
    lists = 0
    for door, operation in operations(name):
        answer = operation["responses"].get("200", {}).get("content", {}).get("application/json")
        if answer and ("Page_" in str(answer) or "InboxOut" in str(answer)):
            parameters = {one["name"] for one in operation["parameters"]}
            assert {"limit", "after"} <= parameters, door
            lists += 1
    assert lists


@every_service
def test_nothing_refers_to_what_is_not_there(name: str) -> None:
    text = (FOLDER / f"{name}.openapi.json").read_text()
    assert "HTTPValidationError" not in text
    document = json.loads(text)
    referred = {part.partition('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}
    assert referred <= document["components"]["schemas"].keys()

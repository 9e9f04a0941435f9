"""The committed contracts say what the code does, and a released fact only ever gains."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.contracts.asyncapi import Canvas
from shared.contracts.generate import FOLDER, PROJECT, canvases
from shared.delivery import Listening
from shared.events import KNOWN, Data, topics
from tests.contracts.changes import breaking

RELEASED = Path(__file__).parent / "released"
MEND = "contracts differ from the code; `make contracts` writes them anew"
every_type = pytest.mark.parametrize("name", KNOWN)
every_asyncapi = pytest.mark.parametrize(
    "file", sorted(FOLDER.glob("*.asyncapi.json")), ids=lambda file: file.name
)


def read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def contracts(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in folder.rglob("*.json")
    }


def generate(folder: Path, seed: str) -> dict[str, str]:
    """As `make contracts` does it; the seed shakes the order of all sets."""
    subprocess.run(
        [sys.executable, "-m", "shared.contracts", str(folder)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
    )
    return contracts(folder)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return generate(tmp_path_factory.mktemp("fresh"), "1")


def test_committed_contracts_are_what_the_code_says(fresh: dict[str, str]) -> None:
    committed = contracts(FOLDER)
    assert committed.keys() == fresh.keys(), MEND
    assert [path for path in fresh if fresh[path] != committed[path]] == [], MEND


def test_contracts_come_out_the_same_every_time_and_what_is_no_more_is_removed(
    fresh: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "gone.openapi.json").write_text("{}")
    assert generate(tmp_path, "2") == fresh


@every_type
def test_a_released_fact_only_ever_gains_optional_fields(name: str) -> None:
    released = RELEASED / f"{name}.json"
    today = FOLDER / "events" / f"{name}.json"
    assert released.exists(), f"a new fact is released by: cp {today} {released}"
    broken = breaking(read(released), read(today))
    assert broken == [], f"tell it as a new version beside {name} instead"


def test_a_fact_once_released_is_known_for_ever() -> None:
    assert {file.stem for file in RELEASED.glob("*.json")} <= KNOWN.keys()


@every_type
def test_a_facts_schema_is_valid_and_stands_alone(name: str) -> None:
    schema = read(FOLDER / "events" / f"{name}.json")
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:kinerja:schema:{name}"
    assert schema["title"]
    assert schema["description"]
    assert set(references(schema)) <= {f"#/$defs/{part}" for part in schema.get("$defs", ())}


def test_every_fact_is_told_by_one_service_and_nobody_waits_for_a_fact_nobody_tells() -> None:
    tellers = Counter(fact.type for canvas in canvases() for fact in canvas.tells)
    assert tellers == dict.fromkeys(KNOWN, 1)
    assert {fact.type for canvas in canvases() for fact in canvas.listens} <= tellers.keys()


@pytest.mark.parametrize("canvas", canvases(), ids=lambda canvas: canvas.name)
def test_a_services_handlers_take_what_its_canvas_says(canvas: Canvas) -> None:
    taken: tuple[type[Data], ...] = ()
    if find_spec(f"services.{canvas.name}.handlers"):
        room = vars(import_module(f"services.{canvas.name}.handlers"))
        [listening] = {id(one): one for one in room.values() if isinstance(one, Listening)}.values()
        taken = listening.types
    assert Counter(taken) == Counter(canvas.listens)


def test_every_fact_has_a_topic_that_is_provisioned_and_a_key_it_carries() -> None:
    for fact in KNOWN.values():
        assert fact.topic in topics.ALL
        assert fact.key_field in fact.__struct_fields__


@every_asyncapi
def test_asyncapi_refers_only_to_what_is_in_it(file: Path) -> None:
    document = read(file)
    assert document["asyncapi"] == "3.0.0"
    for reference in references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert found


@every_asyncapi
def test_asyncapi_shows_both_directions_and_every_topics_settings(file: Path) -> None:
    document = read(file)
    [canvas] = [one for one in canvases() if one.name == file.name.partition(".")[0]]
    said = {
        (operation["action"], message["$ref"].rpartition("/")[2])
        for operation in document["operations"].values()
        for message in operation["messages"]
    }
    assert said == {("send", fact.type) for fact in canvas.tells} | {
        ("receive", fact.type) for fact in canvas.listens
    }
    for fact in (*canvas.tells, *canvas.listens):
        kafka = document["channels"][fact.topic.name]["bindings"]["kafka"]
        assert kafka["partitions"] == fact.topic.partitions
        kept = kafka["topicConfiguration"]
        assert kept["cleanup.policy"] == ["compact" if fact.topic.compacted else "delete"]
        assert fact.topic.compacted or kept["retention.ms"] == fact.topic.retention_ms
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def references(document: Any) -> Iterator[str]:
    """Every `$ref` in it."""
    match document:
        case {"$ref": str() as reference}:
            yield reference
    for part in document.values() if isinstance(document, dict) else document:
        if isinstance(part, dict | list):
            yield from references(part)

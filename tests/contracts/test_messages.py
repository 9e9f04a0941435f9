"""Every message ever released can still be read, and says the same when told again."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from jsonschema import Draft202012Validator

from shared.contracts.generate import FOLDER
from shared.events import KNOWN, Data, Fact, encode, headers

HERE = Path(__file__).parent
MESSAGES = sorted((HERE / "messages").glob("*.json"))
every_message = pytest.mark.parametrize("file", MESSAGES, ids=lambda file: file.stem)


def read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def decode(message: dict[str, Any]) -> Data:
    known = KNOWN[message["headers"]["ce_type"]]
    return msgspec.json.decode(json.dumps(message["data"]).encode(), type=known)


def holds(whole: Any, part: Any) -> bool:
    """Whether the whole says all the part says; fields left out then have their defaults now."""
    match whole, part:
        case dict(), dict():
            return all(key in whole and holds(whole[key], part[key]) for key in part)
        case list(), list():
            return len(whole) == len(part) and all(map(holds, whole, part))
    return bool(whole == part)


@every_message
def test_a_released_message_is_read_and_told_again_with_the_same_meaning(file: Path) -> None:
    message = read(file)
    data = decode(message)
    again = json.loads(encode(data))
    assert holds(again, message["data"])
    assert decode(message | {"data": again}) == data


@every_message
def test_a_released_envelope_is_the_one_we_write(file: Path) -> None:
    said = read(file)["headers"]
    at = datetime.fromisoformat(said["ce_time"])
    fact = Fact(UUID(said["ce_id"]), decode(read(file)), at, said.get("traceparent"))
    assert headers(fact, said["ce_source"]) == said


@every_message
def test_fields_of_tomorrow_do_not_trouble_todays_listener(file: Path) -> None:
    message = read(file)
    grown = message["data"] | {"a_field_of_tomorrow": {"with": ["anything"]}}
    assert decode(message | {"data": grown}) == decode(message)


@every_message
def test_a_released_message_keeps_to_the_schemas(file: Path) -> None:
    message = read(file)
    name = f"{message['headers']['ce_type']}.json"
    formats = Draft202012Validator.FORMAT_CHECKER
    for schema in (FOLDER / "events" / name, HERE / "released" / name):
        Draft202012Validator(read(schema), format_checker=formats).validate(message["data"])
    envelope = read(FOLDER / "headers.json")
    Draft202012Validator(envelope, format_checker=formats).validate(message["headers"])


@pytest.mark.parametrize("name", KNOWN)
def test_every_fact_has_a_message_with_the_least_and_one_with_everything(name: str) -> None:
    kept = {file.stem for file in MESSAGES}
    assert {f"{name}.minimal", f"{name}.full"} <= kept
    fields = KNOWN[name].__struct_fields__
    assert set(read(HERE / f"messages/{name}.full.json")["data"]) == set(fields)


@pytest.mark.parametrize("name", KNOWN)
def test_a_message_without_a_required_field_is_refused(name: str) -> None:
    message = read(HERE / f"messages/{name}.minimal.json")
    for field in message["data"]:
        less = {kept: value for kept, value in message["data"].items() if kept != field}
        with pytest.raises(msgspec.ValidationError, match=field):
            decode(message | {"data": less})

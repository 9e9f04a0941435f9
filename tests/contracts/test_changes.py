"""The judge of changes: what it lets pass and what it stops."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.changes import breaking

Schema = dict[str, Any]

RELEASED: Schema = {
    "title": "Told",
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "rating": {"$ref": "#/$defs/Rating"},
        "score": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None},
        "period": {"$ref": "#/$defs/Period"},
        "courses": {"type": "array", "items": {"$ref": "#/$defs/Course"}},
    },
    "required": ["id", "rating", "period"],
    "$defs": {
        "Rating": {"enum": ["ABOVE", "BELOW", "MEETS"]},
        "Period": {
            "type": "object",
            "properties": {"year": {"type": "integer"}, "number": {"type": "integer"}},
            "required": ["year"],
        },
        "Course": {
            "type": "object",
            "properties": {"code": {"type": "string"}, "next": {"$ref": "#/$defs/Course"}},
            "required": ["code"],
        },
    },
}


def changed(change: Callable[[Schema], object]) -> Schema:
    today = copy.deepcopy(RELEASED)
    change(today)
    return today


def test_nothing_changed_breaks_nothing() -> None:
    assert breaking(RELEASED, RELEASED) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["properties"].update(note={"type": "string", "default": ""}),
        lambda s: s["$defs"]["Period"]["properties"].update(end={"type": "string"}),
        lambda s: s["$defs"]["Course"]["properties"].update(jp={"type": "integer"}),
        lambda s: s.update(title="Told again", description="In other words."),
        lambda s: s["properties"]["id"].update(description="What it is about."),
        lambda s: s["$defs"]["Rating"].update(enum=["MEETS", "BELOW", "ABOVE"]),
        lambda s: s["$defs"].update(Unused={"type": "string"}),
        lambda s: s["properties"].update(rating={"enum": ["ABOVE", "BELOW", "MEETS"]}),
    ],
    ids=[
        "a new optional field",
        "a new optional field of a part",
        "a new optional field of a part in a list",
        "other words",
        "a description",
        "values in another order",
        "a definition nobody uses",
        "a definition written in place",
    ],
)
def test_everybody_can_live_with(change: Callable[[Schema], object]) -> None:
    assert breaking(RELEASED, changed(change)) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda s: s["properties"].pop("score"), "data.score was removed"),
        (
            lambda s: (s["properties"].update(by={}), s["required"].append("by")),
            "data.by is new and required",
        ),
        (lambda s: s["required"].append("courses"), "data.courses became required"),
        (lambda s: s["required"].remove("id"), "data.id became optional"),
        (
            lambda s: s["properties"]["id"].update(type="integer"),
            "data.id: type was 'string', is 'integer'",
        ),
        (
            lambda s: s["properties"]["id"].pop("format"),
            "data.id: format was 'uuid', is None",
        ),
        (
            lambda s: s["$defs"]["Rating"]["enum"].remove("BELOW"),
            "data.rating: the value 'BELOW' was removed",
        ),
        (
            lambda s: s["$defs"]["Rating"]["enum"].append("FAR_ABOVE"),
            "data.rating: the value 'FAR_ABOVE' is new, who listens today cannot read it",
        ),
        (
            lambda s: s["properties"].update(rating={"type": "string"}),
            "data.rating: its values were ['ABOVE', 'BELOW', 'MEETS'], are None",
        ),
        (
            lambda s: s["properties"]["score"]["anyOf"].pop(),
            "data.score: it could be 2 things, now 1",
        ),
        (
            lambda s: s["properties"]["score"]["anyOf"][0].update(type="string"),
            "data.score: type was 'number', is 'string'",
        ),
        (
            lambda s: s["properties"]["score"].update(default=0),
            "data.score: default was None, is 0",
        ),
        (
            lambda s: s["$defs"]["Period"]["properties"].pop("number"),
            "data.period.number was removed",
        ),
        (
            lambda s: s["$defs"]["Course"]["properties"].pop("code"),
            "data.courses[].code was removed",
        ),
        (
            lambda s: s.update(additionalProperties=False),
            "data: additionalProperties was None, is False",
        ),
    ],
)
def test_somebody_would_break_of(change: Callable[[Schema], object], sentence: str) -> None:
    assert sentence in breaking(RELEASED, changed(change))

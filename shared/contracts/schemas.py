"""JSON Schema of facts and of their envelope, with the docstrings' words as descriptions."""

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from shared.events import Data

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

_ATTRIBUTES: Final = re.compile(r"^Attributes:\n((?:    .*(?:\n|\Z)|\n)+)", re.MULTILINE)
_ATTRIBUTE: Final = re.compile(r"^    (\w+(?:, \w+)*): (.*(?:\n     .*)*)", re.MULTILINE)


def event(data: type[Data]) -> Schema:
    """What a fact of this type says: one schema that needs no other file."""
    (_, parts) = msgspec.json.schema_components([data], ref_template="#/$defs/{name}")
    _describe(parts, _structs([data]))
    whole: Schema = parts.pop(data.__name__)
    return {"$schema": DIALECT, "$id": f"urn:kinerja:schema:{data.type}"} | whole | _defs(parts)


def components(types: Iterable[type[Data]]) -> dict[str, Schema]:
    """The schemas of several facts and of all their parts, by name, as AsyncAPI keeps them."""
    types = tuple(types)
    (_, parts) = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    _describe(parts, _structs(types))
    return {name: parts[name] for name in sorted(parts)}


def headers() -> Schema:
    """The envelope: CloudEvents 1.0 in Kafka's binary mode, one header an attribute."""
    said: dict[str, Schema] = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {
            "type": "string",
            "format": "uuid",
            "description": "The fact's id: the same id is the same fact, however often it comes.",
        },
        "ce_type": {
            "type": "string",
            "pattern": r"^[a-z]+(\.[a-z]+)+\.v[1-9][0-9]*$",
            "description": "What the fact says and in which version.",
        },
        "ce_source": {
            "type": "string",
            "minLength": 1,
            "format": "uri-reference",
            "description": "The service that tells it.",
        },
        "ce_time": {
            "type": "string",
            "format": "date-time",
            "description": "When it happened, in UTC.",
        },
        "ce_subject": {
            "type": "string",
            "format": "uuid",
            "description": "The opaque id of what it is about; also the record's key.",
        },
        "ce_dataschema": {
            "type": "string",
            "pattern": "^urn:kinerja:schema:",
            "description": "The `$id` of the data's schema.",
        },
        "content-type": {"const": "application/json"},
        "traceparent": {
            "type": "string",
            "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
            "description": "W3C trace context it was told in.",
        },
    }
    return {
        "$schema": DIALECT,
        "$id": "urn:kinerja:schema:headers",
        "title": "Headers",
        "description": "The envelope of a fact (CloudEvents 1.0, Kafka binding, binary mode).",
        "type": "object",
        "properties": said,
        "required": [name for name in said if name != "traceparent"],
    }


def summary(documented: type) -> str:
    """The first sentences of a docstring, before its sections, on one line."""
    return _one_line(_ATTRIBUTES.sub("", _own_words(documented)))


def _own_words(documented: type) -> str:
    return inspect.cleandoc(documented.__doc__ or "")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _defs(parts: dict[str, Schema]) -> Schema:
    return {"$defs": {name: parts[name] for name in sorted(parts)}} if parts else {}


def _structs(types: Iterable[type]) -> dict[str, type]:
    """The structs a schema is made of, by name: the types and whatever their fields hold."""
    found: dict[str, type] = {}
    waiting = list(types)
    while waiting:
        struct = waiting.pop()
        if struct.__name__ not in found:
            found[struct.__name__] = struct
            for field in msgspec.structs.fields(struct):
                waiting += _structs_in(field.type)
    return found


def _structs_in(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _structs_in(part)


def _describe(parts: dict[str, Schema], structs: dict[str, type]) -> None:
    """Give each property the words its class, or the class it inherits it from, has for it."""
    for part in parts.values():
        part["description"] = _one_line(part.get("description", ""))
    for name, struct in structs.items():
        parts[name]["description"] = summary(struct)
        words: dict[str, str] = {}
        for ancestor in reversed(struct.__mro__):
            words |= _attributes(ancestor)
        for field, schema in parts[name]["properties"].items():
            if field in words:
                schema["description"] = words[field]


def _attributes(struct: type) -> dict[str, str]:
    section = _ATTRIBUTES.search(_own_words(struct))
    return {
        name: _one_line(text)
        for names, text in _ATTRIBUTE.findall(section[1] if section else "")
        for name in names.split(", ")
    }

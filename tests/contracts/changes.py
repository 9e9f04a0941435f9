"""What changed between two schemas of one fact, as far as a listener or a teller would notice.

A released fact may gain optional fields. All else breaks somebody: today's listener reading what
was told yesterday, or yesterday's listener reading what is told today.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

WORDS = {"$schema", "$id", "$defs", "title", "description", "examples"}
"""Keywords that bind nobody, or are followed by reference."""


def breaking(released: Schema, today: Schema) -> list[str]:
    """What breaks, one sentence each; nothing for a change everybody can live with."""
    return sorted(set(_compare(released, today, _Places(released, today), "data")))


class _Places:
    """Both schemas' definitions, and which pairs were compared: definitions may be recursive."""

    def __init__(self, released: Schema, today: Schema) -> None:
        self._defs = (released.get("$defs", {}), today.get("$defs", {}))
        self._seen: set[tuple[str, str]] = set()

    def follow(self, released: Schema, today: Schema) -> tuple[Schema, Schema]:
        old, new = (str(schema.get("$ref", "")) for schema in (released, today))
        if old and (old, new) in self._seen:
            return {}, {}
        self._seen.add((old, new))
        old_defs, new_defs = self._defs
        return self._inline(released, old_defs), self._inline(today, new_defs)

    @staticmethod
    def _inline(schema: Schema, definitions: dict[str, Schema]) -> Schema:
        if "$ref" not in schema:
            return schema
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return definitions[schema["$ref"].rpartition("/")[2]] | beside


def _compare(released: Schema, today: Schema, places: _Places, at: str) -> Iterator[str]:
    released, today = places.follow(released, today)
    yield from _fields(released, today, places, at)
    yield from _values(released, today, at)
    for key in sorted(
        (released.keys() | today.keys()) - WORDS - {"properties", "required", "enum"}
    ):
        old, new = released.get(key), today.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _compare(old, new, places, f"{at}[]")
        elif key == "anyOf" and old and new:
            yield from _choices(old, new, places, at)
        elif old != new:
            yield f"{at}: {key} was {old!r}, is {new!r}"


def _fields(released: Schema, today: Schema, places: _Places, at: str) -> Iterator[str]:
    old, new = released.get("properties", {}), today.get("properties", {})
    needed_then, needed_now = set(released.get("required", ())), set(today.get("required", ()))
    for name in sorted(old.keys() - new.keys()):
        yield f"{at}.{name} was removed"
    for name in sorted((new.keys() - old.keys()) & needed_now):
        yield f"{at}.{name} is new and required"
    for name in sorted(old.keys() & new.keys()):
        if name in needed_now - needed_then:
            yield f"{at}.{name} became required"
        if name in needed_then - needed_now:
            yield f"{at}.{name} became optional"
        yield from _compare(old[name], new[name], places, f"{at}.{name}")


def _values(released: Schema, today: Schema, at: str) -> Iterator[str]:
    old, new = released.get("enum"), today.get("enum")
    if old is None or new is None:
        if old != new:
            yield f"{at}: its values were {old}, are {new}"
        return
    for value in old:
        if value not in new:
            yield f"{at}: the value {value!r} was removed"
    for value in new:
        if value not in old:
            yield f"{at}: the value {value!r} is new, who listens today cannot read it"


def _choices(old: list[Schema], new: list[Schema], places: _Places, at: str) -> Iterator[str]:
    if len(old) != len(new):
        yield f"{at}: it could be {len(old)} things, now {len(new)}"
        return
    for then, now in zip(old, new, strict=True):
        yield from _compare(then, now, places, at)

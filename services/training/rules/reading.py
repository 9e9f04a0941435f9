"""Reading the rules' data: TOML text in, typed values out, errors that name the place."""

import tomllib
from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class DataError(ValueError):
    """The catalogue or a rule file is wrong; the message says where and what."""


def parse(text: str, what: str) -> dict[str, Any]:
    """The text as TOML. Raises DataError when it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{what}: not valid TOML: {error}") from error


def typed(raw: object, shape: type[T], what: str) -> T:
    """The raw value as a `shape`. Raises DataError with the field and what is wrong."""
    try:
        return msgspec.convert(raw, shape)
    except msgspec.ValidationError as error:
        raise DataError(f"{what}: {error}") from error


def each(raw: dict[str, Any], table: str, shape: type[T], name: str) -> tuple[T, ...]:
    """All entries of a TOML array of tables; `name` is the field that tells them apart.

    Raises DataError for a wrong entry, naming it, and for a name used twice.
    """
    entries = raw.get(table, [])
    if not isinstance(entries, list) or not entries:
        raise DataError(f"[[{table}]]: expected at least one")
    labels = [
        str(entry.get(name, f"number {number}")) if isinstance(entry, dict) else f"number {number}"
        for number, entry in enumerate(entries, start=1)
    ]
    for label in twice(labels):
        raise DataError(f"{table} {label!r}: {name} used twice")
    return tuple(
        typed(entry, shape, f"{table} {label!r}")
        for entry, label in zip(entries, labels, strict=True)
    )


def twice(values: Iterable[str]) -> tuple[str, ...]:
    """The values that occur more than once, each told once."""
    return tuple(value for value, times in Counter(values).items() if times > 1)

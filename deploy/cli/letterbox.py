"""Letters as a terminal and as JSON shows them; what a stranger wrote cannot steer the terminal."""

import base64
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from rich.table import Table

from deploy.cli.letters import Letter
from deploy.cli.moments import shown
from deploy.cli.tally import Group, Tally
from deploy.cli.texts import say

SHOWN_BYTES: Final = 4096
"""Of a payload in the terminal; the JSON has all of it."""
LONGEST: Final = 80
"""Characters shown of a word somebody else may have made up."""


def groups(found: Sequence[Group]) -> Iterator[Table]:
    """Counts, a table a topic."""
    for topic in dict.fromkeys(one.topic for one in found):
        table = Table(title=topic, title_justify="left")
        table.add_column(f"{say('dead.count')}\n{say('dead.redriven')}", justify="right")
        table.add_column(f"{say('dead.reason')}\n{say('dead.type')}", overflow="fold")
        table.add_column(say("dead.service"), overflow="fold")
        table.add_column(f"{say('dead.oldest')}\n{say('dead.newest')}", overflow="fold")
        for one in found:
            if one.topic == topic:
                table.add_row(
                    f"{one.count}\n{one.redriven}",
                    f"{plain(one.reason)}\n{plain(one.type)}",
                    plain(one.service),
                    f"{shown(one.oldest)}\n{shown(one.newest)}",
                )
        yield table


def letters(found: Sequence[Letter]) -> Table:
    """A few lines a letter."""
    table = Table(show_lines=True)
    table.add_column(f"{say('dead.id')}\n{say('dead.service')}", overflow="fold")
    words = ("reason", "type", "topic")
    table.add_column("\n".join(say(f"dead.{word}") for word in words), overflow="fold")
    table.add_column(f"{say('dead.time')}\n{say('dead.redriven_at')}", overflow="fold")
    for one in found:
        table.add_row(
            f"{one.id}\n{plain(one.service)}",
            f"{plain(one.reason)}\n{plain(one.type)}\n{one.topic}",
            f"{shown(one.time)}\n{shown(one.redriven)}",
        )
    return table


def details(one: Letter) -> Table:
    """All there is to say of a letter but its payload."""
    table = Table(show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    facts = {
        "id": one.id,
        "reason": one.reason,
        "service": one.service,
        "time": shown(one.time),
        "origin": one.origin,
        "place": one.place,
        "redriven_at": shown(one.redriven),
        "key": "-" if one.key is None else one.key.decode("utf-8", "replace"),
    }
    for name, value in facts.items():
        table.add_row(say(f"dead.{name}"), plain(value, most=None))
    table.add_section()
    for name, told in one.headers:
        table.add_row(plain(name), plain(told.decode("utf-8", "replace"), most=None))
    return table


def plain(text: str, most: int | None = LONGEST) -> str:
    """Somebody else's word, made harmless for a terminal."""
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return safe if most is None or len(safe) <= most else f"{safe[: most - 1]}…"


def readable(value: bytes) -> str:
    """A payload for the terminal: JSON in lines, anything else escaped."""
    try:
        text = msgspec.json.format(value, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = value[:SHOWN_BYTES].decode("utf-8", "backslashreplace")
    lines = [plain(line, most=None) for line in text[:SHOWN_BYTES].split("\n")]
    return "\n".join(lines) + ("\n…" if len(value) > SHOWN_BYTES else "")


def as_json(one: Letter, *, payload: bool) -> dict[str, Any]:
    """All there is to say of a letter; its payload only where it is asked for."""
    found: dict[str, Any] = Tally.letter(one) | {
        "origin": one.origin,
        "place": one.place,
        "key": None if one.key is None else one.key.decode("utf-8", "replace"),
        "envelope": {name: told.decode("utf-8", "replace") for name, told in one.headers},
        "bytes": len(one.value),
    }
    if not payload:
        return found
    try:
        return found | {"payload": one.value.decode()}
    except UnicodeDecodeError:
        return found | {"payload_base64": base64.b64encode(one.value).decode()}

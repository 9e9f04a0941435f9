"""Texts in Indonesian and English, read once, at start, from gettext catalogues.

A service keeps them in `locales/{id,en}/LC_MESSAGES/messages.po`. Ids are dotted keys
(`notice.result_ready.title`), placeholders are `{name}`, Indonesian is the language texts are
written in first and the one that answers where a translation is missing.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Final, Literal

import msgspec
from babel.messages.pofile import PoFileError, read_po

Language = Literal["id", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("id", "en")
DEFAULT: Final[Language] = "id"

_SPOKEN_AS: Final[Mapping[str, Language]] = {"id": "id", "in": "id", "en": "en"}
"""Primary language tags; `in` is what older browsers call Indonesian (ISO 639, until 1989)."""

_LONGEST_HEADER: Final = 1000


class CatalogueUnusable(ValueError):
    """A catalogue cannot be used: a file is missing or broken, or a placeholder is not `{name}`."""


class TextMissing(LookupError):
    """A text was asked for that no language has, or without a value it needs."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """One text in one language.

    Attributes:
        template: the text with its placeholders.
        placeholders: the names in it, which must be given.
    """

    template: str
    placeholders: frozenset[str]


class Catalogue:
    """All texts of one service, in every language."""

    def __init__(self, messages: Mapping[str, Mapping[str, Message]]) -> None:
        self._messages = messages

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages it has, the one written first at the front."""
        return tuple(language for language in LANGUAGES if language in self._messages)

    def ids(self, language: Language) -> frozenset[str]:
        """The ids that have a text in this language itself."""
        return frozenset(self._messages[language])

    def text(self, language: str, msgid: str, /, **params: object) -> str:
        """The text in this language, or in Indonesian where the language lacks it.

        Values the text has no place for are ignored, so one set of them serves several texts.

        Raises:
            TextMissing: no language has the id, or a placeholder has no value.
        """
        message = self._message(language, msgid)
        missing = message.placeholders - params.keys()
        if missing:
            raise TextMissing(f"the text {msgid!r} needs a value for: {', '.join(sorted(missing))}")
        return message.template.format_map(params)

    def differences(self) -> list[str]:
        """What keeps the languages from saying the same, one sentence each; empty when nothing.

        For a service's tests: `assert catalogue(FOLDER).differences() == []`.
        """
        return [
            sentence
            for msgid in sorted(set().union(*self._messages.values()))
            if (sentence := self._difference(msgid))
        ]

    def _message(self, language: str, msgid: str) -> Message:
        for spoken in (language, DEFAULT):
            message = self._messages.get(spoken, {}).get(msgid)
            if message is not None:
                return message
        raise TextMissing(f"no text has the id {msgid!r}")

    def _difference(self, msgid: str) -> str | None:
        said = {
            language: messages[msgid].placeholders
            for language, messages in self._messages.items()
            if msgid in messages
        }
        if silent := [language for language in self._messages if language not in said]:
            return f"{msgid} is missing in: {', '.join(silent)}"
        if len(set(said.values())) > 1:
            return f"{msgid} has other placeholders in: {', '.join(said)}"
        return None


def catalogue(folder: Path) -> Catalogue:
    """Read `<folder>/{id,en}/LC_MESSAGES/messages.po`.

    As gettext does, an empty or fuzzy translation counts as missing.

    Raises:
        CatalogueUnusable: a file is missing or is no catalogue, or a text cannot be filled.
    """
    return Catalogue(
        {
            language: _messages(folder / language / "LC_MESSAGES" / "messages.po", language)
            for language in LANGUAGES
        }
    )


def best_language(accept_language: str | None) -> Language:
    """The language of ours that a reader's `Accept-Language` header likes best (RFC 9110 §12.5.4).

    Indonesian when the header is absent, broken, or asks for neither.
    """
    liked: dict[Language, float] = {}
    for wish in (accept_language or "")[:_LONGEST_HEADER].split(","):
        tag, _, weight = wish.partition(";")
        language = _SPOKEN_AS.get(tag.strip().lower().partition("-")[0])
        if language is not None:
            liked[language] = max(_quality(weight), liked.get(language, 0))
    if not liked or max(liked.values()) == 0:
        return DEFAULT
    return max(liked, key=lambda language: (liked[language], language == DEFAULT))


def _quality(weight: str) -> float:
    """How much a wish weighs, 0-1; a weight that is none weighs nothing."""
    if not weight.strip():
        return 1
    number = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", weight, re.IGNORECASE)
    return min(float(number[1]), 1) if number else 0


def _messages(file: Path, language: Language) -> dict[str, Message]:
    try:
        with file.open("rb") as lines:
            entries = read_po(lines, locale=language, ignore_obsolete=True, abort_invalid=True)
    except (OSError, PoFileError, ValueError) as error:
        raise CatalogueUnusable(f"{file} cannot be read as a catalogue: {error}") from error
    return {
        str(entry.id): _parsed(f"{file}: {entry.id!r}", str(entry.string))
        for entry in entries
        if entry.id and entry.string and not entry.fuzzy
    }


def _parsed(where: str, template: str) -> Message:
    """Take `{name}` only: a template must not reach into the values it is given."""
    try:
        fields = [field for field in Formatter().parse(template) if field[1] is not None]
    except ValueError as error:
        raise CatalogueUnusable(f"{where} has a brace that stands alone: {error}") from error
    for _, name, how, conversion in fields:
        if not str(name).isidentifier() or how or conversion:
            raise CatalogueUnusable(
                f"{where} has a placeholder that is not a plain {{name}}: {name}"
            )
    return Message(template, frozenset(str(name) for _, name, _, _ in fields))

"""What the command says, in the language of its terminal: Indonesian or English."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from shared.i18n import Catalogue, Language, catalogue


def language_of(environ: Mapping[str, str]) -> Language:
    """The language: KINERJA_LANGUAGE, else what the terminal's locale says, else English."""
    asked = ("KINERJA_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    found = next((environ[name] for name in asked if environ.get(name)), "")
    return "id" if found.lower().startswith(("id", "in_")) else "en"


@cache
def _catalogue() -> Catalogue:
    return catalogue(Path(__file__).parent / "locales")


def say(msgid: str, /, **params: object) -> str:
    """A text in the terminal's language."""
    return _catalogue().text(language_of(os.environ), msgid, **params)

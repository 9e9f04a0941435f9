"""From position title and unit to a job family, by the words an edition of the rules lists."""

import re
from collections.abc import Iterable, Sequence

from services.training.rules.needs import Family
from services.training.rules.words import JobFamily
from shared.events.words import PositionKind

_BETWEEN_WORDS = re.compile(r"[\W_]+")

Words = Sequence[tuple[str, JobFamily]]


class Families:
    """The words of one edition, made ready: longest first, so that the first hit is the answer.

    The title comes first because it says what somebody does; a unit says only where. An archivist
    in a health office is an archivist.
    """

    def __init__(self, families: Sequence[Family], title_only: Iterable[PositionKind]) -> None:
        self._titles = _ready((word, one.family) for one in families for word in one.title)
        self._units = _ready((word, one.family) for one in families for word in one.unit)
        self._title_only = frozenset(title_only)

    def of(self, position: PositionKind, title: str, unit: str, root_unit: str) -> JobFamily:
        """The job family; GENERAL when nothing tells."""
        found = _find(title, self._titles)
        if found is None and position not in self._title_only:
            found = _find(unit, self._units) or _find(root_unit, self._units)
        return found or JobFamily.GENERAL


def _ready(words: Iterable[tuple[str, JobFamily]]) -> Words:
    spaced = [(f" {word} ", family) for word, family in words]
    return tuple(sorted(spaced, key=lambda entry: -len(entry[0])))


def _find(text: str, words: Words) -> JobFamily | None:
    """The family of the longest word or phrase that stands in the text, whole words only."""
    spaced = f" {_BETWEEN_WORDS.sub(' ', text.casefold()).strip()} "
    return next((family for word, family in words if word in spaced), None)

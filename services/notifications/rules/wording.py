"""What a notice says, in the reader's language, at the moment it is read."""

from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from shared.events.words import PeriodKind

_IN_A_YEAR: Final[Mapping[object, int]] = {PeriodKind.MONTHLY: 12, PeriodKind.QUARTERLY: 4}


class Texts(Protocol):
    """Where texts come from: a `shared.i18n.Catalogue`, which rules, touching no disk, only use."""

    def text(self, language: str, msgid: str, /, **params: object) -> str:
        """The text in this language, filled; LookupError where it is missing or lacks a value."""
        ...


class Wording(NamedTuple):
    """A notice in words."""

    title: str
    body: str


def render(catalogue: Texts, language: str, kind: str, params: Mapping[str, str | int]) -> Wording:
    """Say a notice of this kind.

    Raises:
        LookupError: the catalogue does not know the kind, or `params` lacks what its text needs.
    """
    words: dict[str, object] = dict(params)
    if "predicate" in params:
        # Each regime has its own names: what is Butuh Perbaikan now was Cukup before 2022.
        named = f"predicate.{params.get('regime')}.{params['predicate']}"
        words["predicate"] = catalogue.text(language, named)
    if "period" in params:
        words["period"] = catalogue.text(language, _period(params), **params)
    return Wording(
        catalogue.text(language, f"notice.{kind}.title", **words),
        catalogue.text(language, f"notice.{kind}.body", **words),
    )


def _period(params: Mapping[str, str | int]) -> str:
    """Months and quarters have names of their own; whatever is no such number reads as a year."""
    kind, number = params["period"], params.get("number", 0)
    if number in range(1, _IN_A_YEAR.get(kind, 0) + 1):
        return f"period.{kind}.{number}"
    return f"period.{PeriodKind.ANNUAL}"

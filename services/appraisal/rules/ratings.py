"""The words of an appraisal as exports spell them: ratings and predicates.

Ratings: PermenPANRB 6/2022. Predicates: PP 30/2019 art. 41 and PermenPANRB 6/2022; the last ones
of PP 46/2011 ("Buruk") too. The number codes are those of BKN's SIASN, where low is good.
A spelling that is not known is a fault of the row, never a default.
"""

from functools import lru_cache
from typing import Final

from services.appraisal.rules.cells import Cell, text_of
from services.appraisal.rules.findings import Code
from shared.events.words import Predicate, Rating

_STEMS: Final = {"diatas": Rating.ABOVE, "sesuai": Rating.MEETS, "dibawah": Rating.BELOW}
_TAILS: Final = ("", "ekspektasi", "espektasi", "ekspetasi", "ekpektasi", "expektasi")
_RATINGS: Final = {stem + tail: rating for stem, rating in _STEMS.items() for tail in _TAILS} | {
    "1": Rating.ABOVE,
    "2": Rating.MEETS,
    "3": Rating.BELOW,
}

_PREDICATES: Final = {
    "sangatbaik": Predicate.VERY_GOOD,
    "baik": Predicate.GOOD,
    "butuhperbaikan": Predicate.NEEDS_IMPROVEMENT,
    "cukup": Predicate.NEEDS_IMPROVEMENT,
    "butuhperbaikancukup": Predicate.NEEDS_IMPROVEMENT,
    "cukupbutuhperbaikan": Predicate.NEEDS_IMPROVEMENT,
    "kurang": Predicate.POOR,
    "kurangmisconduct": Predicate.POOR,
    "misconduct": Predicate.POOR,
    "sangatkurang": Predicate.VERY_POOR,
    "buruk": Predicate.VERY_POOR,
    "1": Predicate.VERY_GOOD,
    "2": Predicate.GOOD,
    "3": Predicate.NEEDS_IMPROVEMENT,
    "4": Predicate.POOR,
    "5": Predicate.VERY_POOR,
}


@lru_cache(maxsize=1024, typed=True)
def rating_of(cell: Cell) -> Rating | Code:
    """The rating a cell names; `missing_rating` where it is empty, `rating_unknown` otherwise."""
    word = _letters(text_of(cell))
    if not word:
        return Code.RATING_UNKNOWN if text_of(cell) else Code.MISSING_RATING
    return _RATINGS.get(word, Code.RATING_UNKNOWN)


@lru_cache(maxsize=1024, typed=True)
def predicate_of(cell: Cell) -> Predicate | Code | None:
    """The predicate a cell names; None where it is empty, `predicate_unknown` otherwise."""
    word = _letters(text_of(cell))
    if not word:
        return Code.PREDICATE_UNKNOWN if text_of(cell) else None
    return _PREDICATES.get(word, Code.PREDICATE_UNKNOWN)


def _letters(word: str) -> str:
    """Only letters and digits, in lower case: spaces, hyphens and slashes do not matter."""
    return "".join(letter for letter in word.casefold() if letter.isalnum())

"""The nine cells of results and behaviour, to be shown (PermenPANRB 6/2022, art. 24-25).

Appraisal decides; this only draws. A test holds the two together.
"""

from typing import Final

from shared.events.words import Predicate, Rating

RESULTS: Final = (Rating.ABOVE, Rating.MEETS, Rating.BELOW)
"""Rows, from the top."""
BEHAVIOUR: Final = (Rating.BELOW, Rating.MEETS, Rating.ABOVE)
"""Columns, from the left."""
_BY_ROW: Final = (
    (Predicate.POOR, Predicate.GOOD, Predicate.VERY_GOOD),
    (Predicate.POOR, Predicate.GOOD, Predicate.GOOD),
    (Predicate.VERY_POOR, Predicate.NEEDS_IMPROVEMENT, Predicate.NEEDS_IMPROVEMENT),
)
CELLS: Final = {
    (result, behaviour): predicate
    for result, row in zip(RESULTS, _BY_ROW, strict=True)
    for behaviour, predicate in zip(BEHAVIOUR, row, strict=True)
}
"""The predicate of each cell, by result and behaviour."""

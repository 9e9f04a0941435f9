"""What a result that comes in means for the one that counts now."""

from enum import StrEnum
from typing import Final

import msgspec

from shared.events import EvaluationFinalized, EvaluationSuperseded, Result


class Kept(StrEnum):
    """Why a result that came in changes nothing."""

    UNCHANGED = "unchanged"
    """It says what is kept already."""
    OLDER = "older"
    """What is kept covers the period further."""
    ACTING = "acting"
    """It is of an acting post, and the employee's own post has a result."""


_IDENTITY: Final = ("evaluation_id", "version", "import_id")


def succeed(before: Result | None, now: EvaluationFinalized) -> Result | Kept:
    """The fact to tell, or why there is none.

    A finalised evaluation is never changed: a correction is a new version beside it. The result
    of the own post goes before an acting one's; of two, the one that covers the period further
    counts, so that a half-year's result handed in late does not take the whole year's place.

    Args:
        before: what counts now for the same employee and period.
        now: what came in, as it would be told if nothing were kept yet.
    """
    if before is None:
        return now
    if now.acting and not before.acting:
        return Kept.ACTING
    if now.acting == before.acting and now.period.end < before.period.end:
        return Kept.OLDER
    said = msgspec.structs.asdict(now)
    if all(getattr(before, name) == said[name] for name in said if name not in _IDENTITY):
        return Kept.UNCHANGED
    said |= {"evaluation_id": before.evaluation_id, "version": before.version + 1}
    return EvaluationSuperseded(
        **said, previous_version=before.version, previous_predicate=before.predicate
    )

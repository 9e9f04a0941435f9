"""What earlier periods add: a second weak period, a recovery, a second very good one."""

from collections.abc import Collection, Sequence

import msgspec

from services.training.rules.words import History
from shared.events.appraisal import Period
from shared.events.words import PeriodKind, Predicate

_PER_YEAR = {PeriodKind.ANNUAL: 1, PeriodKind.QUARTERLY: 4, PeriodKind.MONTHLY: 12}
_BEST_FIRST = {predicate: place for place, predicate in enumerate(Predicate)}


class Past(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One evaluation of the same employee for another period, in the version that counts now."""

    period: Period
    predicate: Predicate
    acting: bool = False


def pattern(
    period: Period,
    predicate: Predicate,
    past: Sequence[Past],
    *,
    weak: Collection[Predicate],
    strong: Collection[Predicate],
) -> History:
    """What the two periods directly before this one add to it.

    Only periods of the same kind count (months with months, years with years), and only without
    a gap: nobody is held to what was years ago. Acting posts do not count. `past` may come in any
    order and hold later or older periods too.
    """
    if not past:
        return History.PLAIN
    before = _at(period, past, back=1)
    if predicate in weak:
        if before not in weak:
            return History.PLAIN
        again = _at(period, past, back=2) in weak
        return History.WEAK_THREE_TIMES if again else History.WEAK_TWICE
    if before in weak:
        return History.RECOVERED
    if predicate in strong and before in strong:
        return History.STRONG_TWICE
    return History.PLAIN


def _at(period: Period, past: Sequence[Past], *, back: int) -> Predicate | None:
    """The predicate so many periods back; of two for one period the better one counts."""
    wanted = _place(period) - back
    found = [
        one.predicate
        for one in past
        if one.period.kind is period.kind and not one.acting and _place(one.period) == wanted
    ]
    return min(found, key=_BEST_FIRST.__getitem__, default=None)


def _place(period: Period) -> int:
    """Where a period stands in the line of all periods of its kind."""
    return period.year * _PER_YEAR[period.kind] + max(period.number - 1, 0)

"""The rulebook: catalogue and need rules, ready to decide about millions of results."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import msgspec

from services.training.rules import catalogue as courses
from services.training.rules import needs
from services.training.rules.families import Families
from services.training.rules.history import Past, pattern
from services.training.rules.reading import DataError
from services.training.rules.selection import ACTING, Selection, could_answer, select
from services.training.rules.situation import Situation, weakest
from services.training.rules.words import JobFamily
from shared.events import derived_id
from shared.events.appraisal import Result
from shared.events.training import Recommendation
from shared.events.words import PositionKind

_REMEMBERED = 1 << 14
"""How many situations, and how many titles with units, are remembered: about 10 MB at most."""


class Decision(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What one result calls for.

    Attributes:
        rule_version: the edition that decided.
        recommendations: 0-3, most urgent first.
        notes: codes of what is worth saying about the whole (`selection.NOTES`): a warning on
            yearly JP never blocks.
    """

    rule_version: str
    recommendations: tuple[Recommendation, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Decides what a result calls for. Made once by `load`; safe to use from several threads.

    What it remembers is only what it would decide again: the answer never depends on it.
    """

    catalogue: courses.Catalogue
    editions: tuple[needs.Rules, ...]
    _starts: tuple[date, ...]
    _family: Callable[[int, PositionKind, str, str, str], JobFamily]
    _select: Callable[[int, Situation], Selection]

    @classmethod
    def load(cls, catalogue_text: str, rule_texts: Iterable[str]) -> "Rulebook":
        """The rulebook in these TOML texts: the catalogue, and one text per edition of the rules.

        Raises:
            DataError: something in them is wrong, or no course gives the help a rule asks for.
        """
        catalogue = courses.load(catalogue_text)
        editions = needs.editions(rule_texts)
        for edition in editions:
            for need in edition.needs:
                if not could_answer(need, catalogue):
                    raise DataError(
                        f"rules {edition.version}: need {need.name!r}: no course answers it"
                    )

        families = [Families(one.families, one.knobs.title_only) for one in editions]

        @lru_cache(_REMEMBERED)
        def family(
            edition: int, position: PositionKind, title: str, unit: str, root_unit: str
        ) -> JobFamily:
            return families[edition].of(position, title, unit, root_unit)

        @lru_cache(_REMEMBERED)
        def selection(edition: int, situation: Situation) -> Selection:
            return select(situation, editions[edition], catalogue)

        starts = tuple(edition.valid_from or date.min for edition in editions)
        return cls(catalogue, editions, starts, family, selection)

    def decide(self, result: Result, history: Sequence[Past] = ()) -> Decision:
        """What this result calls for: the same for the same result and history, always.

        The edition is the one valid on the last day of the evaluated period. An acting post
        calls for nothing: the person's own position has its own result, and that one counts.

        Args:
            result: any valid result, of any regime.
            history: other evaluations of the same employee, in any order; the two periods
                directly before are looked at.
        """
        edition = bisect_right(self._starts, result.period.end) - 1
        rules = self.editions[edition]
        if result.acting:
            return Decision(rule_version=rules.version, notes=(ACTING,))
        picks, notes = self._select(edition, self._situation(edition, result, history))
        return Decision(
            rule_version=rules.version,
            recommendations=tuple(
                [
                    Recommendation(
                        recommendation_id=derived_id(result.evaluation_id, course),
                        course=course,
                        priority=priority,
                        jp=jp,
                        reasons=reasons,
                        alternatives=alternatives,
                    )
                    for course, priority, jp, reasons, alternatives in picks
                ]
            ),
            notes=notes,
        )

    def _situation(self, edition: int, result: Result, history: Sequence[Past]) -> Situation:
        knobs = self.editions[edition].knobs
        return Situation(
            result.predicate,
            result.result_rating,
            result.behaviour_rating,
            result.position_kind,
            self._family(
                edition,
                result.position_kind,
                result.position_title,
                result.unit,
                result.root_unit,
            ),
            result.employment_kind,
            pattern(result.period, result.predicate, history, weak=knobs.weak, strong=knobs.strong),
            weakest(result.behaviours, at_most=knobs.weakest_at_most),
        )

"""Need rules: dated, versioned data that says who needs what kind of help, and why."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Literal

import msgspec

from services.training.rules.reading import DataError, each, parse, twice, typed
from services.training.rules.words import Help, History, JobFamily, Rated
from shared.events.words import EmploymentKind, PositionKind, Predicate

Priority = Annotated[int, msgspec.Meta(ge=1, le=5)]
UpToThree = Annotated[int, msgspec.Meta(ge=0, le=3)]
OneToThree = Annotated[int, msgspec.Meta(ge=1, le=3)]
Words = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+( [a-z0-9]+)*$")]
Reason = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z_]*$", max_length=40)]


class Need(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule: when all conditions hold, this kind of help is needed. Empty means any.

    Attributes:
        name: tells the rule apart in its file.
        help: the kind of help asked for.
        reason: code of the text that explains it.
        priority: 1 urgent … 5 voluntary, before history raises it.
        picks: how many courses answer it at most (for `value = "known"`: how many values).
        jp_budget: the longest course that may answer it, in JP; None: any.
        value: "known": only where a BerAKHLAK value stands out as weakest, and the course must
            teach it; "unknown": only where none does; None: does not matter.
    """

    name: str
    help: Help
    reason: Reason
    priority: Priority
    predicate: Annotated[tuple[Predicate, ...], msgspec.Meta(min_length=1)]
    result: tuple[Rated, ...] = ()
    behaviour: tuple[Rated, ...] = ()
    position: tuple[PositionKind, ...] = ()
    family: tuple[JobFamily, ...] = ()
    employment: tuple[EmploymentKind, ...] = ()
    history: tuple[History, ...] = ()
    value: Literal["known", "unknown"] | None = None
    picks: OneToThree = 1
    jp_budget: int | None = None


class Family(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words or phrases in lower case that tell a job family: in the title, else in the unit."""

    family: JobFamily
    title: tuple[Words, ...] = ()
    unit: tuple[Words, ...] = ()


class Escalation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A history that makes everything more urgent by some steps, and the reason told."""

    history: History
    by: Annotated[int, msgspec.Meta(ge=1, le=4)]
    reason: Reason


class YearlyHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """JP a year by employment: what is due at least, what is allowed at most. It only warns."""

    at_least: int | None = None
    at_most: int | None = None


class Knobs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers and words policy may change.

    Attributes:
        at_most: recommendations by predicate, 0-3; every predicate is named.
        alternatives: how many other courses are offered beside each recommendation.
        weakest_at_most: when more values share the lowest rating, none stands out.
        weak, strong: predicates that history counts as such.
        title_only: position kinds whose job family is read from the title alone.
        level: the competency level a position kind typically asks for, 1-5.
        hours: JP a year, by employment.
    """

    at_most: dict[Predicate, UpToThree]
    alternatives: UpToThree
    weakest_at_most: Annotated[int, msgspec.Meta(ge=1, le=7)]
    weak: frozenset[Predicate]
    strong: frozenset[Predicate]
    title_only: frozenset[PositionKind]
    level: dict[PositionKind, Annotated[int, msgspec.Meta(ge=1, le=5)]]
    hours: dict[EmploymentKind, YearlyHours]


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """One edition of the need rules.

    Attributes:
        version: told with every recommendation decided by it.
        valid_from, valid_to: first and last day a period may end to be decided by it, inclusive;
            the oldest edition has no first day, the newest no last.
        needs: in order of weight: where there is no room for all, the first ones stay.
    """

    version: str
    valid_from: date | None
    valid_to: date | None
    knobs: Knobs
    families: tuple[Family, ...]
    escalations: tuple[Escalation, ...]
    needs: tuple[Need, ...]


def load(text: str) -> Rules:
    """The edition in this TOML text. Raises DataError when it is wrong, naming the rule."""
    raw = parse(text, "rules")
    version = typed(raw.pop("version", None), str, "rules: version")
    what = f"rules {version}"
    rules = Rules(
        version=version,
        valid_from=typed(raw.pop("valid_from", None), date | None, f"{what}: valid_from"),  # type: ignore[arg-type]  # a union is a shape too
        valid_to=typed(raw.pop("valid_to", None), date | None, f"{what}: valid_to"),  # type: ignore[arg-type]  # the same
        families=each(raw, "family", Family, "family"),
        escalations=each(raw, "escalation", Escalation, "history"),
        needs=each(raw, "need", Need, "name"),
        knobs=typed(raw.pop("knobs", {}), Knobs, f"{what}: knobs"),
    )
    if unknown := sorted(raw.keys() - {"family", "escalation", "need"}):
        raise DataError(f"{what}: unknown {', '.join(unknown)}")
    for named, known, knob in (
        (rules.knobs.at_most, Predicate, "at_most"),
        (rules.knobs.level, PositionKind, "level"),
        (rules.knobs.hours, EmploymentKind, "hours"),
    ):
        if missing := sorted(set(known) - set(named)):
            raise DataError(f"{what}: knobs.{knob}: {', '.join(missing)} is missing")
    return rules


def editions(texts: Iterable[str]) -> tuple[Rules, ...]:
    """All editions, oldest first, so that every day belongs to exactly one.

    Raises:
        DataError: none given, a version used twice, a gap or an overlap between two.
    """
    rules = sorted(map(load, texts), key=lambda edition: edition.valid_from or date.min)
    if not rules:
        raise DataError("rules: no edition given")
    for version in twice(edition.version for edition in rules):
        raise DataError(f"rules {version}: version used twice")
    if rules[0].valid_from is not None:
        raise DataError(f"rules {rules[0].version}: the oldest edition has no valid_from")
    if rules[-1].valid_to is not None:
        raise DataError(f"rules {rules[-1].version}: the newest edition has no valid_to")
    for older, newer in pairwise(rules):
        if older.valid_to is None or newer.valid_from != older.valid_to + timedelta(days=1):
            raise DataError(
                f"rules {newer.version}: must begin the day after rules {older.version} end"
            )
    return tuple(rules)

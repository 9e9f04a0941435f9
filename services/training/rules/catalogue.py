"""The course catalogue: kinds of training, what they teach and whom they are for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from services.training.rules.reading import DataError, each, parse
from services.training.rules.words import FORM_CODES, Competency, Form, Help, JobFamily, Mode
from shared.events.words import Behaviour, EmploymentKind, PositionKind

Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)*$", max_length=40)]
Text = Annotated[str, msgspec.Meta(min_length=3)]
Hours = Annotated[int, msgspec.Meta(ge=1, le=2000)]
Level = Annotated[int, msgspec.Meta(ge=1, le=5)]


class Title(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A course's name in both languages."""

    id: Text
    en: Text


class Course(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of training.

    Attributes:
        code: ours: stable, readable, never used again for something else.
        form: SIASN `jenisDiklat`.
        siasn_course: `kodeCepat` in SIASN's `jenisKursus`, None where the list has no such course.
        jp: length in training hours (jam pelajaran, 1 JP = 45 minutes).
        level: the competency level it raises to, 1-5.
        answers: the kinds of help it gives; empty: listed, never recommended by rules.
        values: the BerAKHLAK values it teaches.
        positions, families, employment: whom it is for; empty: everybody.
        alternatives: the courses to offer first in its place.
        provisional: fields that are our assumption until the agency confirms them.
    """

    code: Code
    title: Title
    form: Form
    siasn_course: int | None = None
    jp: Hours
    mode: Mode
    level: Level
    organiser: Text
    answers: tuple[Help, ...]
    competencies: tuple[Competency, ...]
    values: tuple[Behaviour, ...] = ()
    positions: tuple[PositionKind, ...] = ()
    families: tuple[JobFamily, ...] = ()
    employment: tuple[EmploymentKind, ...] = ()
    alternatives: tuple[Code, ...] = ()
    provisional: tuple[Literal["jp", "level", "positions", "organiser", "employment"], ...] = ()
    note: str = ""

    @property
    def siasn_form(self) -> int:
        """SIASN's number of the form, 1-25."""
        return FORM_CODES[self.form]

    @property
    def catalogue_only(self) -> bool:
        """Whether people may look it up but no rule recommends it."""
        return not self.answers

    def suits(self, position: PositionKind, family: JobFamily, employment: EmploymentKind) -> bool:
        """Whether it is for somebody with this position, job family and employment."""
        return (
            (not self.positions or position in self.positions)
            and (not self.families or family in self.families)
            and (not self.employment or employment in self.employment)
        )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All courses, in the file's order: earlier ones are preferred where nothing else decides."""

    version: str
    courses: tuple[Course, ...]
    by_code: dict[str, Course]

    def __iter__(self) -> Iterator[Course]:
        return iter(self.courses)

    def __len__(self) -> int:
        return len(self.courses)

    def __getitem__(self, code: str) -> Course:
        return self.by_code[code]


def load(text: str) -> Catalogue:
    """The catalogue in this TOML text.

    Raises:
        DataError: not TOML, a field missing or unknown, an unknown competency, form, value or
            target, a code used twice, an alternative that does not exist.
    """
    raw = parse(text, "catalogue")
    version = raw.get("version")
    if not isinstance(version, str) or not version:
        raise DataError("catalogue: version is missing")
    courses = each(raw, "course", Course, "code")
    by_code = {course.code: course for course in courses}
    for course in courses:
        _check(course, by_code)
    return Catalogue(version, courses, by_code)


def _check(course: Course, by_code: dict[str, Course]) -> None:
    where = f"course {course.code!r}"
    if not course.competencies and not course.values:
        raise DataError(f"{where}: it teaches nothing: name a competency or a value")
    if Help.VALUES in course.answers and not course.values:
        raise DataError(f"{where}: it answers VALUES but names no value")
    for code in course.alternatives:
        if code == course.code:
            raise DataError(f"{where}: it names itself as an alternative")
        if code not in by_code:
            raise DataError(f"{where}: alternative {code!r} does not exist")
        if by_code[code].catalogue_only:
            raise DataError(f"{where}: alternative {code!r} is never recommended")

"""What can be wrong with a row: codes, and the findings that carry them.

Each pair of code and kind that occurs has a reason and a remedy in this service's catalogue, under
`finding.<code>.<kind>.reason` and `finding.<code>.<kind>.remedy`.
"""

from enum import StrEnum
from typing import Final

import msgspec

LONGEST_VALUE: Final = 40
"""Characters of an unknown word that a finding repeats."""


class Kind(StrEnum):
    """What became of the row."""

    REJECTED = "rejected"
    SET_ASIDE = "set_aside"
    WARNED = "warned"


class Code(StrEnum):
    """Every finding the rules can make. A released code keeps its spelling for ever."""

    NIP_MISSING = "nip_missing"
    NIP_FLOAT = "nip_float"
    NIP_NOT_DIGITS = "nip_not_digits"
    NIP_LENGTH = "nip_length"
    NIP_BAD_DATE = "nip_bad_date"
    NIP_BAD_APPOINTMENT = "nip_bad_appointment"
    NIP_FUTURE_APPOINTMENT = "nip_future_appointment"
    NIP_BAD_SEX = "nip_bad_sex"
    NIP_BAD_SERIAL = "nip_bad_serial"
    NIP_AGE = "nip_age"
    MISSING_RATING = "missing_rating"
    RATING_UNKNOWN = "rating_unknown"
    MISSING_SCORE = "missing_score"
    SCORE_INVALID = "score_invalid"
    SCORE_CONTRADICTS = "score_contradicts"
    ANSWER_UNKNOWN = "answer_unknown"
    PERIOD_MISSING = "period_missing"
    PERIOD_BAD_DATE = "period_bad_date"
    PERIOD_REVERSED = "period_reversed"
    PERIOD_OUTSIDE_EXPORT = "period_outside_export"
    YEAR_CONTRADICTS = "year_contradicts"
    TEXT_TOO_LONG = "text_too_long"
    FORMULA_CELL = "formula_cell"
    PREDICATE_CONTRADICTS = "predicate_contradicts"
    PREDICATE_UNKNOWN = "predicate_unknown"
    PLT = "plt"
    SUPERSEDED_BY_LATER_PERIOD = "superseded_by_later_period"
    DUPLICATE_ROW = "duplicate_row"
    EMPLOYMENT_MISMATCH = "employment_mismatch"
    EMPLOYMENT_UNKNOWN = "employment_unknown"
    REVIEWER_NIP_BAD = "reviewer_nip_bad"
    MISSING_NAME = "missing_name"
    MISSING_UNIT = "missing_unit"
    EMAIL_BAD = "email_bad"


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One thing found in one row.

    Attributes:
        row: the row's number as the spreadsheet shows it, from 1.
        column: the column's name in the export, "" where the row as a whole is meant.
        code: what was found.
        kind: what became of the row because of it.
        value: the word found, for words of a closed list only (ratings, predicates, yes and no),
            shortened. Never a NIP, a name or an address.
    """

    row: int
    column: str
    code: Code
    kind: Kind
    value: str = ""

    @property
    def reason(self) -> str:
        """Message id of why."""
        return f"finding.{self.code}.{self.kind}.reason"

    @property
    def remedy(self) -> str:
        """Message id of what to do."""
        return f"finding.{self.code}.{self.kind}.remedy"

    @property
    def params(self) -> dict[str, str]:
        """What the texts of `reason` and `remedy` may name."""
        return {"column": self.column, "value": self.value}


def shortened(value: object) -> str:
    """A word as a finding may repeat it: one line, at most `LONGEST_VALUE` characters."""
    word = " ".join(str(value).split())
    return word if len(word) <= LONGEST_VALUE else f"{word[: LONGEST_VALUE - 1]}…"

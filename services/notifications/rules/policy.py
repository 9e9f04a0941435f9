"""Numbers of the law that notices mention: dated, so that a notice says what held when it was told.

A new law is a new row; rows already here are never edited.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import msgspec


class Policy(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What holds from a day on.

    Attributes:
        version: its name, for people.
        since: first day it holds.
        objection_days: days an employee has to object, counted from receiving the result.
        source: law and article.
    """

    version: str
    since: date
    objection_days: int
    source: str


POLICIES: Final[tuple[Policy, ...]] = (
    Policy(
        version="2019",
        since=date(2019, 4, 26),
        objection_days=14,
        # Calendar days ("hari"). A training module for PPPK says working days: the shorter
        # reading is told, so nobody objects too late; what is still accepted, appraisal decides.
        source="PP 30/2019, art. 59",
    ),
)
"""Oldest first."""


def in_force(policies: Sequence[Policy], at: datetime) -> Policy:
    """The policy that held at this time; the oldest one for what happened before all of them."""
    day = at.date()
    for policy in reversed(policies):
        if policy.since <= day:
            return policy
    return policies[0]

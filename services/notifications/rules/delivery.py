"""Where a notice's e-mail goes, and when it is tried again."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec


class Backoff(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How patiently an e-mail is tried again.

    The defaults give up after four days, as RFC 5321 §4.5.4.1 advises (4-5 days).

    Attributes:
        first: seconds after the first attempt.
        growth: how many times longer each wait is than the one before.
        longest: seconds no wait exceeds.
        attempts: how many in all; the last one that fails is final.
    """

    first: int = 60
    growth: int = 3
    longest: int = 4 * 3600
    attempts: int = 30


PATIENT: Final = Backoff()

_GROWS_AT_MOST: Final = 30  # times; keeps the power small whatever `attempts` allows


def next_attempt(attempt: int, now: datetime, backoff: Backoff = PATIENT) -> datetime | None:
    """When to try again after an attempt that failed for now; None when it was the last.

    Args:
        attempt: attempts made so far, this one included: 1 after the first.
        now: the present.
        backoff: how patiently.
    """
    if attempt >= backoff.attempts:
        return None
    grown = backoff.growth ** min(max(attempt - 1, 0), _GROWS_AT_MOST)
    return now + timedelta(seconds=min(backoff.first * grown, backoff.longest))


def address_for(recipient_id: UUID, told: str | None, pattern: str | None) -> str | None:
    """Where to write to somebody; None where nowhere is known, and nothing is sent.

    Args:
        recipient_id: the employee or personnel office.
        told: the address the newest workforce fact carries; it wins.
        pattern: for people without one, with `{id}` for the recipient's id
            (`{id}@pegawai.example` in the embedded stack); None in production.
    """
    if told and told.strip():
        return told.strip()
    return pattern.replace("{id}", str(recipient_id)) if pattern else None

"""Points in time as people type and read them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from deploy.cli.texts import say
from deploy.cli.trouble import Trouble

_AGO: Final = re.compile(r"(\d{1,6})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def moment(said: str | None, now: datetime) -> datetime | None:
    """What was typed: `90s`, `30m`, `2h`, `7d` before now, or a date or time (ISO 8601).

    A time without a zone is this machine's.

    Raises:
        Trouble: it is neither.
    """
    if said is None:
        return None
    if ago := _AGO.fullmatch(said.strip()):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        return datetime.fromisoformat(said.strip()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Trouble(say("moment.unread", said=said)) from error


def shown(at: datetime | None) -> str:
    """A time in this machine's zone, to the second."""
    return "-" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def lasting(seconds: float | None) -> str:
    """A duration, short: the two greatest units."""
    if seconds is None:
        return "-"
    left = round(seconds)
    parts: list[str] = []
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])

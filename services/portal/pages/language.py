"""Words, numbers and dates as the reader's language writes them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from starlette.requests import Request

from services.portal.clients.answers import Period
from services.portal.settings import Zone
from shared.i18n import DEFAULT, LANGUAGES, Language, catalogue

TEXTS: Final = catalogue(Path(__file__).parent.parent / "locales")
COOKIE: Final = "language"
YEAR_SECONDS: Final = 365 * 24 * 3600
ZONES: Final[dict[Zone, timezone]] = {
    "WIB": timezone(timedelta(hours=7), "WIB"),
    "WITA": timezone(timedelta(hours=8), "WITA"),
    "WIT": timezone(timedelta(hours=9), "WIT"),
}
"""Indonesia's three; none of them changes its clocks in summer."""

Text = Callable[..., str]


def language_of(request: Request) -> Language:
    """What the reader chose; Indonesian otherwise.

    A browser's own language says little here: many civil servants use one set to English.
    """
    chosen = request.cookies.get(COOKIE)
    return next((language for language in LANGUAGES if language == chosen), DEFAULT)


class Speech:
    """One language at work."""

    def __init__(self, language: Language, zone: Zone) -> None:
        self.language = language
        self._zone = ZONES[zone]

    def text(self, msgid: str, /, **params: object) -> str:
        """A text of the catalogue."""
        return TEXTS.text(self.language, msgid, **params)

    def number(self, value: float, digits: int = 0) -> str:
        """A number with the language's separators: 1.203,5 and 1,203.5."""
        written = f"{value:,.{digits}f}"
        if self.language == "en":
            return written
        return written.translate(str.maketrans(",.", ".,"))

    def percent(self, part: float, whole: float) -> str:
        """A share with one decimal; of nothing, none."""
        return f"{self.number(100 * part / whole if whole else 0, 1)} %"

    def day(self, value: date) -> str:
        """A date with its month in words."""
        if isinstance(value, datetime):
            value = value.astimezone(self._zone)
        return f"{value.day} {self.text(f'month.{value.month}')} {value.year}"

    def moment(self, value: datetime) -> str:
        """A date and a time of day, with the time zone's name."""
        local = value.astimezone(self._zone)
        clock = local.strftime("%H.%M" if self.language == "id" else "%H:%M")
        return f"{self.day(value)}, {clock} {self._zone}"

    def period(self, period: Period) -> str:
        """The stretch of time an evaluation covers."""
        month = self.text(f"month.{period.number}") if period.kind == "MONTHLY" else ""
        return self.text(
            f"period.{period.kind}", number=period.number, month=month, year=period.year
        )

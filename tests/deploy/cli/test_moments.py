from datetime import UTC, datetime, timedelta

import pytest

from deploy.cli.moments import lasting, moment
from deploy.cli.trouble import Trouble

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("30m", NOW - timedelta(minutes=30)),
        ("2h", NOW - timedelta(hours=2)),
        (" 7d ", NOW - timedelta(days=7)),
        ("2026-11-24T08:00:00+07:00", datetime(2026, 11, 24, 1, tzinfo=UTC)),
        ("2026-11-24T08:00Z", datetime(2026, 11, 24, 8, tzinfo=UTC)),
    ],
)
def test_times_are_read(said: str, meant: datetime) -> None:
    assert moment(said, NOW) == meant


def test_a_time_without_a_zone_is_this_machine_s() -> None:
    assert moment("2026-11-24", NOW) == datetime(2026, 11, 24).astimezone()  # that is the point
    assert moment(None, NOW) is None


@pytest.mark.parametrize("said", ["", "yesterday", "2w", "-2h", "12345678s", "24.11.2026"])
def test_what_is_no_time_is_said(said: str) -> None:
    with pytest.raises(Trouble, match="no time"):
        moment(said, NOW)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "-"),
        (0, "0 s"),
        (0.6, "1 s"),
        (59, "59 s"),
        (60, "1 m"),
        (3_725, "1 h 2 m"),
        (90_061, "1 d 1 h"),
        (86_400, "1 d"),
    ],
)
def test_durations_are_short(seconds: float | None, words: str) -> None:
    assert lasting(seconds) == words

"""Where an e-mail goes, and when it is tried again."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.rules import PATIENT, Backoff, address_for, next_attempt

NOW = datetime(2026, 1, 20, 3, 0, tzinfo=UTC)
SOMEBODY = UUID(int=7)
PATTERN = "{id}@pegawai.example"


def minutes(attempt: int) -> float:
    later = next_attempt(attempt, NOW)
    assert later is not None
    return (later - NOW) / timedelta(minutes=1)


def test_waits_grow_up_to_the_longest() -> None:
    assert [minutes(attempt) for attempt in range(1, 8)] == [1, 3, 9, 27, 81, 240, 240]


def test_the_last_attempt_is_final() -> None:
    assert next_attempt(PATIENT.attempts - 1, NOW) is not None
    assert next_attempt(PATIENT.attempts, NOW) is None
    assert next_attempt(PATIENT.attempts + 1, NOW) is None


def test_an_email_is_tried_for_four_to_five_days() -> None:
    """RFC 5321 §4.5.4.1."""
    tried = timedelta(minutes=sum(minutes(attempt) for attempt in range(1, PATIENT.attempts)))
    assert timedelta(days=4) <= tried <= timedelta(days=5)


@given(st.integers(-9, 10**9), st.integers(1, 10**6), st.integers(1, 100))
def test_no_wait_is_shorter_than_the_first_or_longer_than_the_longest(
    attempt: int, first: int, growth: int
) -> None:
    backoff = Backoff(first=first, growth=growth, longest=10**7, attempts=2 * 10**9)
    later = next_attempt(attempt, NOW, backoff)
    assert later is not None
    assert timedelta(seconds=first) <= later - NOW <= timedelta(seconds=10**7)


@pytest.mark.parametrize("pattern", [None, PATTERN])
def test_the_address_the_agency_told_wins(pattern: str | None) -> None:
    assert address_for(SOMEBODY, " siti@agency.example ", pattern) == "siti@agency.example"


@pytest.mark.parametrize("told", [None, "", "  "])
def test_a_pattern_gives_addresses_to_those_without(told: str | None) -> None:
    assert address_for(SOMEBODY, told, PATTERN) == f"{SOMEBODY}@pegawai.example"


@pytest.mark.parametrize("told", [None, "", "  "])
@pytest.mark.parametrize("pattern", [None, ""])
def test_without_address_and_pattern_nothing_is_sent(told: str | None, pattern: str | None) -> None:
    assert address_for(SOMEBODY, told, pattern) is None

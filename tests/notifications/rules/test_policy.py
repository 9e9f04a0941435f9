"""The law of the day."""

from datetime import UTC, date, datetime

import pytest

from services.notifications.rules import POLICIES, Policy, in_force

OLD, NEW = (
    Policy(version=str(year), since=date(year, 5, 1), objection_days=days, source="invented")
    for year, days in ((2020, 10), (2030, 20))
)


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (datetime(2019, 1, 1, tzinfo=UTC), OLD),
        (datetime(2020, 5, 1, tzinfo=UTC), OLD),
        (datetime(2030, 4, 30, 23, 59, tzinfo=UTC), OLD),
        (datetime(2030, 5, 1, tzinfo=UTC), NEW),
        (datetime.max.replace(tzinfo=UTC), NEW),
    ],
)
def test_a_policy_holds_from_its_first_day_until_the_next(day: datetime, holds: Policy) -> None:
    assert in_force((OLD, NEW), day) is holds


def test_objections_are_open_for_fourteen_days() -> None:
    """PP 30/2019, art. 59."""
    assert in_force(POLICIES, datetime(2026, 1, 1, tzinfo=UTC)).objection_days == 14


def test_policies_are_kept_oldest_first() -> None:
    assert list(POLICIES) == sorted(POLICIES, key=lambda policy: policy.since)

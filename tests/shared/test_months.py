from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from shared import months
from shared.events import new_id


def test_a_month_is_that_of_utc_whatever_the_zone() -> None:
    jayapura = timezone(timedelta(hours=9))
    new_year = datetime(2027, 1, 1, 3, tzinfo=jayapura)
    assert months.begin_of(months.month_of(new_year)) == datetime(2026, 12, 1, tzinfo=UTC)


def test_a_partition_s_name_says_its_month() -> None:
    month = months.month_of(datetime(2027, 1, 31, tzinfo=UTC))
    assert months.name_of("told", month) == "told_2027_01"
    assert months.month_in("told_2027_01") == month
    assert months.month_in("told_default") is months.month_in("told_before") is None


def test_an_id_made_now_lies_between_its_month_s_bounds() -> None:
    month = months.month_of(datetime.now(UTC))
    low, high = (UUID(months.bound("inbox", one).strip("'")) for one in (month, month + 1))
    assert low < new_id() < high


def test_numbers_of_facts_fit_their_column_for_as_long_as_there_are_years() -> None:
    last = months.first_parcel(months.month_of(datetime.max.replace(tzinfo=UTC)) + 1)
    assert last * months.ROOM < 2**63

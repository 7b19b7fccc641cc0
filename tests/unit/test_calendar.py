"""Working days with the country's shifted weekends, and the night in which ordinary messages wait."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.calendar import QuietHours, WorkingCalendar

CHINA = WorkingCalendar(country="CN", timezone="Asia/Shanghai")
ZONE = ZoneInfo("Asia/Shanghai")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(0, 334 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes))


def here(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2026-09-30", True),
        ("2026-10-01", False),  # National Day
        ("2026-10-05", False),  # its week
        ("2026-10-07", False),
        ("2026-10-08", True),
        ("2026-10-10", True),  # the Saturday that makes up for it
        ("2026-10-11", False),
        ("2026-10-17", False),  # any other Saturday
    ],
)
def test_the_national_holiday_is_off_and_its_saturday_is_worked(day: str, working: bool) -> None:  # noqa: FBT001
    assert CHINA.is_working(date.fromisoformat(day)) is working


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-10T10:00", 3, "2026-03-13T10:00"),  # inside a week
        ("2026-03-13T16:30", 1, "2026-03-16T16:30"),  # Friday to Monday, same time of day
        ("2026-03-14T10:00", 1, "2026-03-16T10:00"),  # a Saturday counts from Monday
        ("2026-09-30T10:00", 1, "2026-10-08T10:00"),  # across National Day
        ("2026-10-01T23:30", 2, "2026-10-09T23:30"),
        ("2026-10-09T10:00", 1, "2026-10-10T10:00"),  # the shifted working Saturday counts
        ("2026-10-09T10:00", 2, "2026-10-12T10:00"),
        ("2026-03-10T10:00", 0, "2026-03-10T10:00"),
    ],
)
def test_working_days_are_counted_in_the_countys_own_days(start: str, days: int, end: str) -> None:
    assert CHINA.add_working_days(here(start), days) == here(end)


def test_a_moment_in_utc_is_counted_by_the_countys_date_and_stays_in_utc() -> None:
    late_friday_there = datetime(2026, 3, 12, 23, 30, tzinfo=UTC)  # Friday 07:30 in Golog
    found = CHINA.add_working_days(late_friday_there, 1)
    assert found == datetime(2026, 3, 15, 23, 30, tzinfo=UTC)  # Monday 07:30 there
    assert found.tzinfo is UTC


def test_a_countys_own_day_off_counts_as_none() -> None:
    festival = WorkingCalendar(
        country="CN", timezone="Asia/Shanghai", extra_days_off=frozenset({date(2026, 7, 21), date(2026, 7, 22)})
    )
    assert festival.add_working_days(here("2026-07-20T09:00"), 1) == here("2026-07-23T09:00")


@given(moments, st.integers(0, 10))
def test_more_working_days_never_end_earlier(start: datetime, days: int) -> None:
    end = CHINA.add_working_days(start, days)
    assert end - start >= timedelta(days=days)
    assert CHINA.add_working_days(start, days + 1) > end


NIGHT = QuietHours(start=22, end=7)


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        ("2026-03-10T21:59:59", "2026-03-10T21:59:59"),
        ("2026-03-10T22:00:00", "2026-03-11T07:00:00"),
        ("2026-03-10T23:59:59", "2026-03-11T07:00:00"),
        ("2026-03-11T00:00:00", "2026-03-11T07:00:00"),
        ("2026-03-11T06:59:59", "2026-03-11T07:00:00"),
        ("2026-03-11T07:00:00", "2026-03-11T07:00:00"),
        ("2026-12-31T23:00:00", "2027-01-01T07:00:00"),
    ],
)
def test_the_night_lasts_across_midnight(now: str, leaves: str) -> None:
    assert NIGHT.next_allowed(here(now)) == here(leaves)


def test_quiet_hours_inside_one_day_are_kept_too() -> None:
    noon = QuietHours(start=12, end=14)
    assert noon.next_allowed(here("2026-03-10T12:30")) == here("2026-03-10T14:00")
    assert noon.next_allowed(here("2026-03-10T14:30")) == here("2026-03-10T14:30")


def test_equal_hours_mean_that_no_hour_is_quiet() -> None:
    assert QuietHours(start=0, end=0).next_allowed(here("2026-03-10T00:30")) == here("2026-03-10T00:30")


@given(moments)
def test_what_waits_for_the_morning_leaves_by_day_within_nine_hours(now: datetime) -> None:
    leaves = NIGHT.next_allowed(now)
    assert timedelta(0) <= leaves - now <= timedelta(hours=9)
    assert NIGHT.next_allowed(leaves) == leaves
    assert 7 <= leaves.astimezone(ZONE).hour < 22

"""Working days of a country, and the hours in which ordinary messages may leave."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays


@lru_cache(maxsize=8)
def _holidays_of(country: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country)


@lru_cache(maxsize=4096)
def _is_working_day(country: str, day: date) -> bool:
    return _holidays_of(country).is_working_day(day)


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkingCalendar:
    """Which days count, with public holidays and shifted weekends of `country` (ISO 3166) and a county's own days."""

    country: str
    timezone: str
    extra_days_off: Container[date] = frozenset()

    @property
    def zone(self) -> ZoneInfo:
        """The county's time zone."""
        return ZoneInfo(self.timezone)

    def is_working(self, day: date) -> bool:
        """Whether offices are open on a day; shifted working Saturdays count as working."""
        return day not in self.extra_days_off and _is_working_day(self.country, day)

    def add_working_days(self, start: datetime, days: int) -> datetime:
        """The same time of day, `days` working days later; a start on a day off counts from the next working day."""
        moment = start.astimezone(self.zone)
        left = days
        while left > 0:
            moment += timedelta(days=1)
            if self.is_working(moment.date()):
                left -= 1
        return moment.astimezone(start.tzinfo)


@dataclass(frozen=True, kw_only=True, slots=True)
class QuietHours:
    """The night, in whole hours of the county's time; ordinary messages wait for its end."""

    start: int = 22
    end: int = 7
    timezone: str = "Asia/Shanghai"

    def next_allowed(self, now: datetime) -> datetime:
        """`now` when it is day, else the end of the quiet hours."""
        local = now.astimezone(ZoneInfo(self.timezone))
        quiet = (
            local.hour >= self.start or local.hour < self.end
            if self.start > self.end
            else (self.start <= local.hour < self.end)
        )
        if not quiet:
            return now
        end = local.replace(hour=self.end, minute=0, second=0, microsecond=0)
        if end <= local:
            end += timedelta(days=1)
        return end.astimezone(now.tzinfo)

"""Time: the only place that asks the machine what time it is, and a clock that tests and rehearsals move."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Something that knows the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The moment it was last moved to, aware, in UTC."""
        return self._now

    def move_to(self, moment: datetime) -> datetime:
        """Jump to a moment; raises ValueError when that lies in the past, since time never runs back."""
        if moment < self._now:
            message = f"the clock stands at {self._now.isoformat()}, later than {moment.isoformat()}"
            raise ValueError(message)
        self._now = moment.astimezone(UTC)
        return self._now

    def forward(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        """Move on by a span."""
        return self.move_to(self._now + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))

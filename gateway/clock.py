"""Time: the only place that asks the machine what time it is, and clocks that tests and rehearsals move."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

READ_EVERY_SECONDS = 0.5
"""How old a rehearsal's pace may be in a process that goes by it."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Something that knows the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def ago(self, span: timedelta) -> datetime:
        """What the clock showed before a span of the machine's own time, aware, in UTC.

        For what asks whether a process still works: a process does not work faster because a rehearsal's time does.
        """
        ...

    @property
    def pace(self) -> float:
        """Seconds that the clock moves on in a second of the machine's."""
        ...


class SystemClock:
    """The machine's clock."""

    pace = 1.0

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)

    def ago(self, span: timedelta) -> datetime:
        """The moment before a span."""
        return self.now() - span


class ManualClock:
    """A clock that stands still until it is moved."""

    pace = 1.0

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The moment it was last moved to, aware, in UTC."""
        return self._now

    def ago(self, span: timedelta) -> datetime:
        """The moment before a span."""
        return self._now - span

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How a rehearsal's time runs: from `real_at` on, where it shows `shown_at`, `pace` times as fast as real time."""

    real_at: datetime
    shown_at: datetime
    pace: float = 1.0

    def at(self, real: datetime) -> datetime:
        """What is shown at a real moment."""
        return self.shown_at + (real - self.real_at) * self.pace


REAL_TIME = Pace(real_at=_LONG_AGO, shown_at=_LONG_AGO)
"""The pace of a rehearsal whose clock nobody has touched."""


class RehearsalClock:
    """A clock that all processes of a rehearsal share and that its people move.

    `read` gives the pace that was last set, None when it cannot be read: time goes on as it did. A pace is written
    before it begins to hold (`gateway.flow.rehearsal.SETTLING`), so that every process has read it by then and no two
    of them ever show two times.
    """

    def __init__(self, read: Callable[[], Pace | None], real: Clock | None = None) -> None:
        self._read = read
        self._real = real or SystemClock()
        self._lock = threading.Lock()
        self._known: tuple[Pace, ...] = ()  # the one that holds, and where it is known the one before
        self._read_at = 0.0

    def now(self) -> datetime:
        """The moment shown, aware, in UTC."""
        return self._shown(self._real.now())

    def ago(self, span: timedelta) -> datetime:
        """What was shown then; long ago where a jump lies between and this process was not there."""
        real = self._real.now() - span
        known = self._fresh()
        return self._shown(real) if len(known) > 1 or known[0].real_at <= real else _LONG_AGO

    @property
    def pace(self) -> float:
        """Seconds that are shown in a real second."""
        return self._holding(self._real.now()).pace

    def _shown(self, real: datetime) -> datetime:
        return self._holding(real).at(real)

    def _holding(self, real: datetime) -> Pace:
        """The pace of a real moment."""
        known = self._fresh()
        return next((pace for pace in known if pace.real_at <= real), known[-1])

    def _fresh(self) -> tuple[Pace, ...]:
        """The newest paces; read anew by one thread at a time while the others go on with what is known."""
        old = not self._known or time.monotonic() - self._read_at >= READ_EVERY_SECONDS
        if old and self._lock.acquire(blocking=not self._known):
            try:
                self._renew()
            finally:
                self._lock.release()
        return self._known

    def _renew(self) -> None:
        found = self._read()
        self._read_at = time.monotonic()
        if found is None:
            self._known = self._known or (REAL_TIME,)
        elif found not in self._known[:1]:
            self._known = (found, *self._known[:1])

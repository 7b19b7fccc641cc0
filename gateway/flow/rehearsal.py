"""The clock of a rehearsal: all its processes go by one row, which its people move (docs/rehearsal.md)."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gateway.clock import READ_EVERY_SECONDS, Pace
from gateway.store import running

SETTLING = timedelta(seconds=2 * READ_EVERY_SECONDS)
"""A change begins to hold when every process has read it: no two ever show two times."""
FASTEST = 3600.0
MOST_AHEAD = timedelta(days=3653)  # of the real time; beyond it calendars end and dates overflow


class CannotMove(ValueError):
    """The clock cannot be moved like this; the text is one line for whoever tried."""


def read(session: Session) -> Pace:
    """How time runs; what it shows is `Pace.at` of the real moment."""
    return running.rehearsal_pace(session)


def jump(session: Session, to: datetime, real_now: datetime) -> Pace:
    """Show the moment `to` next; time then goes on at the pace it has. Raises CannotMove for a moment that is over."""
    start = real_now + SETTLING
    pace = running.lock_rehearsal_pace(session)
    shown = pace.at(start)
    if to <= shown:
        raise CannotMove(
            f"the clock shows {_stamp(shown.astimezone(to.tzinfo))} already and never runs back to {_stamp(to)}"
        )
    if to > start + MOST_AHEAD:
        raise CannotMove(f"{_stamp(to)} is more than ten years ahead")
    return _set(session, replace(pace, real_at=start, shown_at=to))


def run_at(session: Session, pace: float, real_now: datetime) -> Pace:
    """Let time run `pace` times as fast as the real one, from what it shows; raises CannotMove outside 1 to 3600."""
    if not 1 <= pace <= FASTEST:
        raise CannotMove(f"time runs 1 to {FASTEST:.0f} times as fast, not {pace:g}")
    start = real_now + SETTLING
    shown = running.lock_rehearsal_pace(session).at(start)
    return _set(session, Pace(real_at=start, shown_at=shown, pace=pace))


def _set(session: Session, pace: Pace) -> Pace:
    running.set_rehearsal_pace(session, pace)
    return pace


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S%z}"

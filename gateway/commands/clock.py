"""`gateway clock`: shows and moves the clock of a rehearsal."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from gateway.at_hand import services_at_hand
from gateway.clock import Pace, SystemClock
from gateway.flow import rehearsal
from gateway.flow.rehearsal import CannotMove
from gateway.settings import Settings

_SPAN = re.compile(r"(?:(?P<days>\d{1,4})d)?(?:(?P<hours>\d{1,5})h)?(?:(?P<minutes>\d{1,6})m)?\Z")


def _moment(_context: click.Context, _option: click.Parameter, value: str | None) -> datetime | None:
    """A moment as typed, aware only if an offset was."""
    try:
        return datetime.fromisoformat(value) if value else None
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no moment such as 2026-12-01T08:00") from error


def _span(_context: click.Context, _option: click.Parameter, value: str | None) -> timedelta | None:
    """A span such as `2h`, `90m` or `1d12h`."""
    if value is None:
        return None
    found = _SPAN.match(value)
    if not value or found is None:
        raise click.BadParameter(f"{value!r} is no span such as 2h, 90m or 1d12h")
    return timedelta(**{unit: int(count) for unit, count in found.groupdict(default="0").items()})


@click.command("clock")
@click.option("--to", callback=_moment, help="Jump to a moment: 2026-12-01T08:00, in the county's time.")
@click.option("--plus", callback=_span, help="Jump ahead: 2h, 90m, 1d12h.")
@click.option("--pace", type=float, help="Run so many times as fast as real time, 1 to 3600.")
def command(*, to: datetime | None, plus: timedelta | None, pace: float | None) -> None:
    """Show the clock of a rehearsal; with options, move it. It never runs back."""
    if to is not None and plus is not None:
        raise click.UsageError("--to or --plus, not both")
    with services_at_hand() as services:
        if not services.settings.rehearsing:
            raise click.ClickException("only the clock of a rehearsal is shown and moved; this gateway is in earnest")
        zone, real_now = _zone(services.settings), SystemClock().now()
        if to is not None and to.tzinfo is None:
            to = to.replace(tzinfo=zone)
        try:
            with services.sessions.begin() as session:
                if pace is not None:
                    rehearsal.run_at(session, pace, real_now)
                _jump(session, to, plus, real_now)
                found = rehearsal.read(session)
        except CannotMove as error:
            raise click.ClickException(str(error)) from error
    click.echo(_told(found, real_now, zone))


def _jump(session: Session, to: datetime | None, plus: timedelta | None, real_now: datetime) -> None:
    if plus is not None:
        to = rehearsal.read(session).at(real_now) + plus
    if to is not None:
        rehearsal.jump(session, to, real_now)


def _told(pace: Pace, real_now: datetime, zone: ZoneInfo) -> str:
    """What it shows; for a change that settles yet, what it will show then."""
    shown = pace.at(max(real_now, pace.real_at)).astimezone(zone)
    when = "in a second: " if pace.real_at > real_now else ""
    return f"{when}{shown:%Y-%m-%d %H:%M:%S %Z}, {pace.pace:g} times as fast as real time"


def _zone(settings: Settings) -> ZoneInfo:
    return ZoneInfo(settings.timezone)

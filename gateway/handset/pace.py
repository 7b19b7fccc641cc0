"""The clock on the page: what it shows, and the two ways to move it (`gateway/flow/rehearsal.py` holds the rules)."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gateway.clock import SystemClock
from gateway.flow import rehearsal
from gateway.handset import door
from gateway.wiring import Services


def shown(services: Services, session: Session) -> dict[str, Any]:
    """The moment, how fast time runs, and a sign that changes whenever somebody has moved the clock."""
    set_to, real_now = rehearsal.read(session), SystemClock().now()
    holds = set_to.real_at <= real_now
    return {
        "now": services.clock.now().isoformat(),
        "pace": set_to.pace,
        "sign": f"{set_to.shown_at:%Y%m%d%H%M%S} {set_to.pace:g} {holds}",
    }


def change(services: Services, *, to: str, times: object) -> dict[str, Any]:
    """Jump to a local moment (`2026-12-01T08:00`), or run so many times as fast; ends with 400 where neither can be."""
    real_now = SystemClock().now()
    try:
        with services.sessions.begin() as session:
            if to:
                rehearsal.jump(session, _moment(to, ZoneInfo(services.settings.timezone)), real_now)
            elif isinstance(times, int) and not isinstance(times, bool):
                rehearsal.run_at(session, times, real_now)
            else:
                door.refuse(HTTPStatus.BAD_REQUEST, "unreadable")
    except rehearsal.CannotMove:
        door.refuse(HTTPStatus.BAD_REQUEST, "clock_only_forward")
    except ValueError:
        door.refuse(HTTPStatus.BAD_REQUEST, "unreadable")
    with services.sessions() as session:
        return shown(services, session)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """A local moment as the browser's field gives it; raises ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)

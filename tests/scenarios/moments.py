"""Time in a story: it never leaps over anything that falls due, and every moment is worked off before the next."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select, true

from gateway.clock import ManualClock
from gateway.flow import unfinished
from gateway.jobs import Lane
from gateway.store.base import OutboundState
from gateway.store.cases import Deadline
from gateway.store.dialogue import Question
from gateway.store.drafts import Draft
from gateway.store.outbound import Outbound
from gateway.store.running import CarrierState
from gateway.ussd.steps import RESUMABLE
from gateway.wiring import Services
from tests.scenarios.story import ZONE
from workers import jobs
from workers.tasks import TASKS

_MOST_ROUNDS = 60
_SELDOM = 60.0
_MOST_MOMENTS = 5_000


class NeverQuiet(AssertionError):
    """The gateway keeps finding work at one moment: something feeds itself."""


def pass_time(services: Services, clock: ManualClock, until: datetime, *, listen: Callable[[], None]) -> None:
    """Move the clock to a moment, stopping wherever something falls due; `listen` is called after each stop."""
    for _ in range(_MOST_MOMENTS):
        due = next_due(services, clock.now())
        clock.move_to(until if due is None or due > until else due)
        work(services)
        listen()
        if clock.now() >= until:
            return
    raise NeverQuiet(f"more than {_MOST_MOMENTS} things fall due before {until.astimezone(ZONE)}")


def work(services: Services) -> None:
    """Let the clock and both lanes work until there is nothing left to do at this moment."""
    for round_ in range(_MOST_ROUNDS):
        for task in TASKS:
            if not round_ or task.every_seconds < _SELDOM:  # as often as the clock itself would within a moment
                task.run(services, services.clock.now())
        if not jobs.run(services, Lane.INBOUND) + jobs.run(services, Lane.OUTBOUND) and _none_due(services):
            return
    raise NeverQuiet(f"work without end at {services.clock.now().astimezone(ZONE)}")


def next_due(services: Services, now: datetime) -> datetime | None:
    """The next moment after `now` at which anything is planned to happen; the day's digests are always planned."""
    services.exchange.keeping.settle()
    found = [_next_digest(services, now)]
    queued = Outbound.state.in_((OutboundState.QUEUED, OutboundState.UNKNOWN))
    with services.sessions() as session:
        for column, condition in (
            (Deadline.due_at, Deadline.done_at.is_(None)),
            (Outbound.not_before, queued),
            (Outbound.expires_at, queued),
            (Question.expires_at, Question.answered_at.is_(None)),
            (CarrierState.open_until, CarrierState.open_until.is_not(None)),
            (Draft.touched_at + unfinished.FILED_AFTER, true()),
            (Draft.touched_at + RESUMABLE, true()),
            (Draft.touched_at + unfinished.KEPT_FOR, true()),
            (Draft.hung_up_at + unfinished.TOLD_AFTER_HANGING_UP, true()),
        ):
            found.append(session.scalar(select(func.min(column)).where(condition, column > now)))
    return min((moment for moment in found if moment is not None), default=None)


def _next_digest(services: Services, now: datetime) -> datetime:
    hour = services.settings.digest_hour
    today = now.astimezone(ZONE).replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def _none_due(services: Services) -> bool:
    with services.sessions() as session:
        left = session.scalar(
            select(func.count()).where(Deadline.done_at.is_(None), Deadline.due_at <= services.clock.now())
        )
    return not left

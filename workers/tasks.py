"""What the clock does again and again: the safety net under every nudge (design, section 4)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from gateway.flow import digest, forgotten, proof, unfinished
from gateway.flow.escalate import escalate
from gateway.jobs import Lane
from gateway.logs import get_logger
from gateway.store import cases, inbound, outbound, sending
from gateway.wiring import Services
from workers import jobs

STRANDED = timedelta(seconds=3)  # a row that a nudge should have reached by now
SET = 200
"""Cases whose deadlines are handled together."""
MOST_SECONDS = 10.0
"""A crowd of deadlines makes room for the other tasks after this time, and goes on in the next round."""

log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """Something to do again and again."""

    name: str
    every_seconds: float
    run: Callable[[Services, datetime], object]


def sweep_inbound(services: Services, now: datetime) -> None:
    """Messages that no nudge reached: nudge again, and handle them here when the queue is down."""
    with services.sessions() as session:
        waiting = inbound.waiting(session, now - STRANDED)
    if waiting and not services.nudger.nudge(Lane.INBOUND):
        jobs.run(services, Lane.INBOUND)


def sweep_outbound(services: Services, now: datetime) -> None:
    """Messages whose time to leave has come: quiet hours end, back-off ends, a nudge was lost."""
    with services.sessions() as session:
        waiting = sending.needs_attention(session, now, services.clock.ago(outbound.LEASE))
    if waiting and not services.nudger.nudge(Lane.OUTBOUND):
        jobs.run(services, Lane.OUTBOUND)


def miss_deadlines(services: Services, now: datetime) -> int:
    """Move every case that has a deadline behind it, set by set; returns how many moves were made.

    A set that breaks is tried case by case, and a case that breaks waits for the next round: no case holds up others.
    """
    moves, broken = 0, set[int]()
    end = monotonic() + MOST_SECONDS
    while monotonic() < end:
        with services.sessions() as session:
            due = cases.due(session, now, SET, without=broken)
        moved = _escalate(services, due, now, broken)
        moves += moved
        if moved:
            services.nudger.nudge(Lane.OUTBOUND)
        elif not broken.intersection(due):
            break
    return moves


def _escalate(services: Services, case_ids: Sequence[int], now: datetime, broken: set[int]) -> int:
    """Move some cases; those that cannot be moved are added to `broken`."""
    if not case_ids:
        return 0
    try:
        with services.sets.begin() as session:
            return len(escalate(session, case_ids, now=now))
    except Exception:  # the process loop's own net: one of them is at fault, and is found alone
        log.exception("deadlines_failed", cases=len(case_ids))
    if len(case_ids) == 1:
        broken.update(case_ids)
        return 0
    return sum(_escalate(services, [case_id], now, broken) for case_id in case_ids)


def send_digests(services: Services, now: datetime) -> None:
    """The morning's digests, and the county's week."""
    with services.sessions.begin() as session:
        if digest.due(session, now):
            digest.send_daily(session, now=now)
            digest.send_weekly(session, now=now)


def file_forgotten(services: Services, now: datetime) -> None:
    """Words behind a mistyped number that nobody cleared up become reports."""
    with services.sessions.begin() as session:
        forgotten.file(session, now=now)


def look_after_drafts(services: Services, now: datetime) -> None:
    """Reports that a call broke off: what cannot wait is filed, whoever began any other hears how to finish it."""
    with services.sessions() as session:
        alone = unfinished.left_alone(session, now=now)
    for draft_id in alone:
        with services.sessions.begin() as session:
            unfinished.look_after(session, draft_id, now=now)
    if alone:
        services.nudger.nudge(Lane.INBOUND)
        services.nudger.nudge(Lane.OUTBOUND)


def tell_of_locked_pins(services: Services, now: datetime) -> None:
    """PINs that were locked: the county centre picks up the telephone."""
    with services.sessions.begin() as session:
        told = proof.tell_of_locks(session, now=now)
    if told:
        services.nudger.nudge(Lane.OUTBOUND)


TASKS: tuple[Task, ...] = (
    Task(name="sweep_inbound", every_seconds=2, run=sweep_inbound),
    Task(name="sweep_outbound", every_seconds=2, run=sweep_outbound),
    Task(name="miss_deadlines", every_seconds=2, run=miss_deadlines),
    Task(name="look_after_drafts", every_seconds=5, run=look_after_drafts),
    Task(name="tell_of_locked_pins", every_seconds=5, run=tell_of_locked_pins),
    Task(name="file_forgotten", every_seconds=30, run=file_forgotten),
    Task(name="send_digests", every_seconds=60, run=send_digests),
)

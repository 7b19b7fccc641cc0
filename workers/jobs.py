"""What RQ calls: a job names a lane, the rows are in the database (design, section 3, rule 2)."""

from collections.abc import Callable, Mapping
from time import monotonic

from gateway.jobs import Lane
from gateway.wiring import Services
from workers import booted
from workers.drains import drain_inbound, drain_outbound

DRAIN_SECONDS = 10.0
"""A drain job ends after this time, so that RQ sees the worker often; it nudges again when rows are left."""

_DRAINS: Mapping[Lane, Callable[[Services], int]] = {
    Lane.INBOUND: drain_inbound,
    Lane.OUTBOUND: drain_outbound,
}


def drain(lane: str) -> None:
    """Handle the rows of a lane until none is left or the time is over."""
    services = booted.services()
    services.nudger.took(Lane(lane))
    run(services, Lane(lane))


def run(services: Services, lane: Lane, *, seconds: float = DRAIN_SECONDS) -> int:
    """Drain a lane in this process; returns how many rows were handled."""
    end, handled = monotonic() + seconds, 0
    while monotonic() < end:
        done = _DRAINS[lane](services)
        if not done:
            return handled
        handled += done
    services.nudger.nudge(lane)
    return handled

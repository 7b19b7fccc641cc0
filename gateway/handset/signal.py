"""The simulated network around a phone: out of reach, or its delivery reports fail."""

from http import HTTPStatus

from gateway.handset import door
from gateway.jobs import Lane
from gateway.sms.providers.simulator import Fault
from gateway.store import outbound, running
from gateway.wiring import Services

FAULTS = ("", Fault.UNREACHABLE.value, Fault.UNDELIVERED.value)
"""What can be played: all is well, no signal, taken by the network and then reported as failed."""


def turn(services: Services, number: str, fault: str) -> str:
    """Play a fault for a phone from now on, empty ends it; gives the fault that is played."""
    if fault not in FAULTS:
        door.refuse(HTTPStatus.BAD_REQUEST, "unreadable")
    now = services.clock.now()
    with services.sessions.begin() as session:
        running.set_fault(session, number, fault)
        if fault != Fault.UNREACHABLE:
            outbound.leave_now(session, number, now)  # a phone that is back in the network
    services.nudger.nudge(Lane.OUTBOUND)
    return fault

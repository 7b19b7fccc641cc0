"""The simulated network around a phone: out of reach, or its delivery reports fail."""

from http import HTTPStatus

from sqlalchemy import update

from gateway.domain.messages import Failure
from gateway.handset import door
from gateway.jobs import Lane
from gateway.sms.providers.simulator import Fault
from gateway.store import running
from gateway.store.base import OutboundState
from gateway.store.outbound import Outbound
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
            # A phone that is back in the network gets at once what waited for it, not at the next try.
            session.execute(
                update(Outbound)
                .where(
                    Outbound.recipient == number,
                    Outbound.state == OutboundState.QUEUED,
                    Outbound.failure == Failure.UNREACHABLE,
                    Outbound.not_before > now,
                )
                .values(not_before=now)
            )
    services.nudger.nudge(Lane.OUTBOUND)
    return fault

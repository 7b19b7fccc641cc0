"""A switch beside a phone is about that phone: in a rehearsal, where real numbers are used, all others go on."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.flow.carriers import OPENS_AFTER
from gateway.jobs import Lane
from gateway.sms.providers.simulator import Fault
from gateway.store import running
from gateway.store.base import OutboundState
from gateway.store.outbound import Outbound
from gateway.wiring import Services
from tests.flow.talk import letter
from tests.pages.visiting import demo_of
from workers import jobs

OFF, ON = "+8613800000001", "+8613800000002"


@pytest.fixture
def rehearsal(services: Services, session: Session) -> Services:
    """A rehearsal, whose people have numbers of their own."""
    demo = demo_of(services, session)
    settings = demo.settings.model_copy(update={"lianhu_demo": False, "lianhu_rehearsal": True})
    return replace(demo, settings=settings)


@pytest.mark.parametrize("fault", [Fault.UNREACHABLE, Fault.OUTCOME_UNKNOWN, Fault.THROTTLED])
def test_one_phone_that_is_off_holds_up_nobody_else(rehearsal: Services, session: Session, fault: Fault) -> None:
    now = rehearsal.clock.now()
    running.set_fault(session, OFF, fault)
    session.add_all([letter(OFF, now, body=f"{n}") for n in range(OPENS_AFTER + 1)])
    session.commit()
    for _ in range(OPENS_AFTER + 1):
        jobs.run(rehearsal, Lane.OUTBOUND)
        session.execute(update(Outbound).values(not_before=now))
        session.commit()
    session.add(letter(ON, now))
    session.commit()
    jobs.run(rehearsal, Lane.OUTBOUND)
    states = {row.recipient: row.state for row in session.scalars(select(Outbound))}
    assert states[ON] in {OutboundState.SENT, OutboundState.DELIVERED}
    assert states[OFF] not in {OutboundState.SENT, OutboundState.DELIVERED}
    assert "simulator" not in running.carrier_states(session)

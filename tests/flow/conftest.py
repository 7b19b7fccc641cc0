"""Fixtures of the flow's tests."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
import structlog
from sqlalchemy.orm import Session

from gateway.clock import ManualClock
from gateway.sms.providers.base import SmsProvider
from gateway.turns import Turns
from gateway.wiring import Services
from tests.flow.outbox import Desk, Make
from tests.flow.talk import Talk


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    """Logs as plain lines: structlog's own tracebacks take a second each, and some of these tests break things."""
    before = structlog.get_config()
    processors = structlog.processors
    structlog.configure(
        processors=[processors.add_log_level, processors.format_exc_info, processors.KeyValueRenderer()]
    )
    yield
    structlog.configure(**before)


@pytest.fixture
def bare(services: Services, session: Session, clock: ManualClock) -> Talk:
    """The gateway without any unit or person."""
    return Talk(services=services, session=session, clock=clock)


@pytest.fixture
def talk(bare: Talk) -> Talk:
    """The small county, with every post held."""
    bare.build()
    return bare


@pytest.fixture
def desk(bare: Talk) -> Make:
    """Makes a desk from carriers in the order of fail-over; the simulator is always there, for the demo's numbers."""

    def make(**carriers: SmsProvider) -> Desk:
        every: Mapping[str, SmsProvider] = {**bare.services.carriers, **carriers}
        dispatch = replace(bare.services.dispatch, carriers=every, order=tuple(carriers), turns=Turns("", {}))
        return Desk(talk=bare, dispatch=dispatch)

    return make

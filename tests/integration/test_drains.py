"""The lanes' own nets: what breaks in one place keeps nothing else from being handled."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.flow import receipts
from gateway.jobs import Lane
from gateway.store.base import OutboundState
from gateway.store.outbound import Outbound
from gateway.wiring import Services
from tests.flow.talk import letter
from workers import jobs


def test_a_report_that_cannot_be_applied_keeps_no_text_from_leaving(
    services: Services, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> int:
        raise ValueError("a fault in our own code")

    monkeypatch.setattr(receipts, "apply_pending", break_down)
    session.add(letter("+8619900001234", services.clock.now()))
    session.commit()
    jobs.run(services, Lane.OUTBOUND)
    session.rollback()
    assert session.scalars(select(Outbound.state)).all() == [OutboundState.DELIVERED]

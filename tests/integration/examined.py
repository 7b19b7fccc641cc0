"""What tests of `gateway doctor` share: what it said, and messages that came in some time ago."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gateway.clock import SystemClock
from gateway.domain.messages import Channel, InboundMessage
from gateway.store import arrivals

Doctor = Callable[..., list[dict[str, Any]]]
"""What it finds about some subjects."""


def now() -> datetime:
    """The doctor goes by the machine's clock, and so do the faults made for it."""
    return SystemClock().now()


def said(found: Sequence[dict[str, Any]]) -> str:
    """The one thing that is not well: its verdict and what was seen; every fault comes with something to do."""
    (ill,) = [each for each in found if each["verdict"] != "ok"]
    assert ill["remedy"]
    return f"{ill['verdict']}: {ill['seen']}"


def receive(session: Session, count: int, *, ago: timedelta, sender: str = "+8613900001234") -> None:
    """Messages came in some time ago."""
    for serial in range(count):
        message = InboundMessage(
            channel=Channel.SMS, provider="simulator", provider_id=f"{sender}-{serial}", sender=sender,
            recipient="106900", text="3 房屋倒塌", received_at=now() - ago,
        )  # fmt: skip
        arrivals.store_texts(session.connection(), message)
    session.commit()

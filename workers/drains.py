"""One batch of each lane, with the transactions that belong to it."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from gateway.flow import intake
from gateway.flow.deliver import deliver, tidy
from gateway.jobs import Lane
from gateway.logs import get_logger
from gateway.store import inbound
from gateway.store.base import InboundState
from gateway.store.inbound import Inbound
from gateway.wiring import Services

MOST_ATTEMPTS = 5
_TRANSIENT = (OperationalError, InterfaceError, NoConnection)  # the database was busy or away: worth more tries

log = get_logger(__name__)


def drain_inbound(services: Services, _pool: ThreadPoolExecutor) -> int:
    """Handle one waiting message, in its own transaction; returns 1, or 0 when none waits.

    One message a transaction keeps every lock short: no two workers can wait for each other's cases.
    """
    message_id = None
    try:
        with services.sessions.begin() as session:
            claimed = inbound.claim(session, 1)
            if not claimed:
                return 0
            message_id = claimed[0].id
            intake.take(session, claimed[0], now=services.clock.now())
    except Exception as error:  # the process loop's own net: the row stays, is counted, and is shown after 5 tries
        log.exception("message_failed", inbound=message_id)
        if message_id is None:
            return 0
        _count_failure(services, message_id, error)
    services.nudger.nudge(Lane.OUTBOUND)
    return 1


def _count_failure(services: Services, message_id: int, error: Exception) -> None:
    with services.sessions.begin() as session:
        message = session.get_one(Inbound, message_id, with_for_update=True)
        message.attempts += 1
        message.error = f"{type(error).__name__}: {error}"[:500]
        transient = isinstance(error, _TRANSIENT)
        if message.state is InboundState.NEW and message.attempts >= MOST_ATTEMPTS * (4 if transient else 1):
            message.state = InboundState.FAILED


def drain_outbound(services: Services, pool: ThreadPoolExecutor) -> int:
    """Tidy the outbox and send one batch of it; returns how many messages were taken in hand."""
    try:
        tidy(services.dispatch)
    except Exception:  # the process loop's own net: one report that cannot be applied must not keep texts from leaving
        log.exception("tidying_failed")
    return deliver(services.dispatch, pool)

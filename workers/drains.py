"""One batch of each lane, with the transactions that belong to it."""

from collections.abc import Sequence

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from gateway.flow import intake, sets
from gateway.flow.deliver import tidy
from gateway.jobs import Lane
from gateway.logs import get_logger
from gateway.store import inbound
from gateway.store.base import InboundState
from gateway.store.inbound import Inbound
from gateway.wiring import Services

SET = 200
MOST_APART = 50
"""Messages of a set that are handled one by one before the next set is taken: plain ones must not wait for long."""
MOST_ATTEMPTS = 5
_TRANSIENT = (OperationalError, InterfaceError, NoConnection)  # the database was busy or away: worth more tries

log = get_logger(__name__)


def drain_inbound(services: Services) -> int:
    """Handle a set of waiting messages, at most one of each sender; returns how many were taken in hand.

    The plain reports of a set share a transaction, everything else has one of its own: locks stay short, and no two
    workers wait for each other's cases (decision 12). When a set breaks, each of its messages is on its own.
    """
    claimed: Sequence[int] = ()
    try:
        with services.sets.begin() as session:
            messages = inbound.claim(session, SET)
            claimed = apart = [message.id for message in messages]
            apart = [message.id for message in sets.take_plain(session, messages, now=services.clock.now())]
    except Exception:  # the process loop's own net: one of them is at fault, and will be found alone
        log.exception("set_failed", messages=len(claimed))
        apart = list(claimed)
    for message_id in apart[:MOST_APART]:
        _take_alone(services, message_id)
    if claimed:
        services.nudger.nudge(Lane.OUTBOUND)
    return len(claimed)


def _take_alone(services: Services, message_id: int) -> None:
    """Handle one message in a transaction of its own, unless another worker has it."""
    try:
        with services.sessions.begin() as session:
            message = inbound.claim_one(session, message_id)
            if message is not None:
                intake.take(session, message, intake.read(message), now=services.clock.now())
    except Exception as error:  # the process loop's own net: the row stays, is counted, and is shown after 5 tries
        log.exception("message_failed", inbound=message_id)
        _count_failure(services, message_id, error)


def _count_failure(services: Services, message_id: int, error: Exception) -> None:
    with services.sessions.begin() as session:
        message = session.get_one(Inbound, message_id, with_for_update=True)
        message.attempts += 1
        message.error = f"{type(error).__name__}: {error}"[:500]
        transient = isinstance(error, _TRANSIENT)
        if message.state is InboundState.NEW and message.attempts >= MOST_ATTEMPTS * (4 if transient else 1):
            message.state = InboundState.FAILED


def drain_outbound(services: Services) -> int:
    """Tidy the outbox now and then, and take a turn of the pump; 0 when nothing is due and no call under way."""
    if services.pump.tidying_due():
        try:
            tidy(services.dispatch)
        except Exception:  # the loop's own net: a report that cannot be applied must not keep texts from leaving
            log.exception("tidying_failed")
    return services.pump.turn()

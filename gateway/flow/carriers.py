"""The circuit of each carrier: rest after failures in a row, pause when an operator must look."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gateway.domain.messages import Failure
from gateway.logs import get_logger
from gateway.store import running

OPENS_AFTER = 5  # failures in a row
REST = timedelta(seconds=30)
MOST_REST = timedelta(minutes=10)  # also how long a paused carrier waits for its next try
NEVER_FAILS = "simulator"  # what fails in the simulated network is one phone, for which somebody asked
_DOUBLINGS = 5  # REST doubled this often is over MOST_REST; an outage of hours must not count further

log = get_logger(__name__)


def open_for_traffic(session: Session, order: Sequence[str], now: datetime) -> list[str]:
    """The carriers in fail-over order, less those that rest; all rest: none."""
    resting = running.resting_carriers(session, now)
    return [name for name in order if name not in resting]


def worked(session: Session, providers: Collection[str]) -> None:
    """Messages were taken: the circuits close."""
    for provider in running.close_circuits(session, providers):
        log.info("carrier_works_again", provider=provider)


def failed(session: Session, provider: str, failure: Failure, *, now: datetime, detail: str = "") -> None:
    """A call failed: count, and rest when it was one too many or when the account itself is refused."""
    if provider == NEVER_FAILS:
        return
    state = running.carrier_state(session, provider)
    if state.open_until is not None and state.open_until > now and failure is not Failure.MISCONFIGURED:
        return  # it rests already: calls that were under way beside the one that broke tell nothing new
    state.failures += 1
    state.detail = f"{failure}: {detail}"[:300]
    if failure is Failure.MISCONFIGURED:
        state.paused_since = state.paused_since or now
        state.open_until = now + MOST_REST
        log.error("carrier_paused", provider=provider, detail=state.detail)
    elif state.failures >= OPENS_AFTER:
        state.open_until = now + min(REST * 2 ** min(state.failures - OPENS_AFTER, _DOUBLINGS), MOST_REST)
        log.warning("carrier_rests", provider=provider, failures=state.failures, detail=state.detail)

"""The circuit of each carrier: rest after failures in a row, pause when an operator must look."""

from collections.abc import Sequence
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
    states = running.carrier_states(session)
    working = []
    for name in order:
        state = states.get(name)
        if state is None or state.open_until is None or state.open_until <= now:
            working.append(name)
    return working


def worked(session: Session, provider: str) -> None:
    """A message was taken: the circuit closes."""
    state = running.carrier_states(session).get(provider)
    if state is not None and (state.failures or state.paused_since):
        state = running.carrier_state(session, provider)
        state.failures, state.open_until, state.paused_since, state.detail = 0, None, None, ""
        log.info("carrier_works_again", provider=provider)


def failed(session: Session, provider: str, failure: Failure, *, now: datetime, detail: str = "") -> None:
    """A call failed: count, and rest when it was one too many or when the account itself is refused."""
    if provider == NEVER_FAILS:
        return
    state = running.carrier_state(session, provider)
    state.failures += 1
    state.detail = f"{failure}: {detail}"[:300]
    if failure is Failure.MISCONFIGURED:
        state.paused_since = state.paused_since or now
        state.open_until = now + MOST_REST
        log.error("carrier_paused", provider=provider, detail=state.detail)
    elif state.failures >= OPENS_AFTER:
        state.open_until = now + min(REST * 2 ** min(state.failures - OPENS_AFTER, _DOUBLINGS), MOST_REST)
        log.warning("carrier_rests", provider=provider, failures=state.failures, detail=state.detail)

"""From the outbox to a carrier: claim, commit, call, record (design, section 3, rule 5)."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session, sessionmaker

from gateway.clock import Clock
from gateway.domain.messages import Accepted, Failure, OutboundMessage, SendError
from gateway.domain.phone import is_demo
from gateway.flow import carriers, receipts, telling
from gateway.logs import get_logger
from gateway.sms.providers.base import SmsProvider
from gateway.store import outbound
from gateway.store.base import OutboundState
from gateway.store.outbound import Outbound

LOOK_UP_AFTER = timedelta(seconds=10)
REPEAT_AFTER = timedelta(minutes=2)  # where nothing can be looked up: a report may still come and settle it
NO_CARRIER_WAIT = timedelta(seconds=15)
_BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (5, 20, 60, 180, 600))
_SWITCH_AFTER = 2  # failures to reach one carrier before the next one is tried
_BATCH_PER_THREAD = 4

log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispatch:
    """What sending needs: carriers in fail-over order, how fast each may go, how many calls side by side."""

    sessions: sessionmaker[Session]
    carriers: Mapping[str, SmsProvider]
    order: Sequence[str]
    wait_for_turn: Callable[[str], None]  # blocks until the carrier's rate allows one more message
    clock: Clock
    threads: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Errand:
    """A claimed message on its way, free of any session."""

    message: OutboundMessage
    provider: str
    look_up: bool
    attempts: int


def tidy(dispatch: Dispatch) -> None:
    """Apply reports, give up what has expired, take back what a dead process held."""
    now = dispatch.clock.now()
    with dispatch.sessions.begin() as session:
        receipts.apply_pending(session, now=now)
        for row in outbound.expire(session, now):
            row.state, row.changed_at = OutboundState.EXPIRED, now
            telling.not_told(session, row, now=now)
        for row in outbound.abandoned(session, dispatch.clock.ago(outbound.LEASE)):
            _set_unknown(dispatch, row)


def deliver(dispatch: Dispatch, pool: ThreadPoolExecutor) -> int:
    """Send one batch of what is due; returns how many messages were taken in hand, 0 when nothing is due."""
    errands = _claim(dispatch)
    for _ in pool.map(lambda errand: _run(dispatch, errand), errands):
        pass
    return len(errands)


def _claim(dispatch: Dispatch) -> list[_Errand]:
    now = dispatch.clock.now()
    errands = []
    with dispatch.sessions.begin() as session:
        open_ = carriers.open_for_traffic(session, dispatch.order, now)
        for row in outbound.claim_unknown(session, now, dispatch.threads):
            if row.provider not in dispatch.carriers:
                row.state = OutboundState.QUEUED  # a carrier that we have left: nobody to ask
                continue
            errands.append(_errand(row, row.provider, look_up=True))
            row.not_before = now + outbound.LEASE
        for row in outbound.claim(session, now, dispatch.threads * _BATCH_PER_THREAD):
            provider = _choose(row, open_)
            if provider is None:
                row.not_before = now + NO_CARRIER_WAIT
                continue
            row.state, row.provider, row.changed_at = OutboundState.SENDING, provider, now
            row.attempts += 1
            errands.append(_errand(row, provider, look_up=False))
    return errands


def _choose(row: Outbound, open_: Sequence[str]) -> str | None:
    """The first carrier that works; demo numbers only ever leave through the simulator."""
    if is_demo(row.recipient):
        return "simulator"
    if not open_:
        return None
    turns = row.attempts // _SWITCH_AFTER
    return open_[turns % len(open_)]


def _errand(row: Outbound, provider: str, *, look_up: bool) -> _Errand:
    message = OutboundMessage(
        id=row.id, recipient=row.recipient, body=row.body, purpose=row.purpose.value, expires_at=row.expires_at
    )
    return _Errand(message=message, provider=provider, look_up=look_up, attempts=row.attempts)


def _run(dispatch: Dispatch, errand: _Errand) -> None:
    """One call, outside any transaction, and its record."""
    carrier = dispatch.carriers[errand.provider]
    try:
        if errand.look_up:
            accepted = carrier.look_up(errand.message, dispatch.clock.now() - timedelta(hours=1))
        else:
            dispatch.wait_for_turn(errand.provider)
            accepted = carrier.send(errand.message)
    except SendError as error:
        _record_failure(dispatch, errand, error)
        return
    if accepted is None:
        _send_again(dispatch, errand)
    else:
        _record_success(dispatch, errand, accepted)


def _record_success(dispatch: Dispatch, errand: _Errand, accepted: Accepted) -> None:
    now = dispatch.clock.now()
    with dispatch.sessions.begin() as session:
        row = session.get_one(Outbound, errand.message.id, with_for_update=True)
        row.provider_id, row.cost = accepted.provider_id, accepted.cost
        if row.state in {OutboundState.SENDING, OutboundState.UNKNOWN}:
            row.state, row.changed_at = OutboundState.SENT, now
        carriers.worked(session, errand.provider)
        for receipt in accepted.receipts:
            receipts.apply_to(session, row, receipts.stored(session, receipt, now=now), now=now)


def _send_again(dispatch: Dispatch, errand: _Errand) -> None:
    """The carrier never had it."""
    now = dispatch.clock.now()
    with dispatch.sessions.begin() as session:
        row = session.get_one(Outbound, errand.message.id, with_for_update=True)
        if row.state is OutboundState.UNKNOWN:
            row.state, row.changed_at, row.not_before = OutboundState.QUEUED, now, now


def _record_failure(dispatch: Dispatch, errand: _Errand, error: SendError) -> None:
    now = dispatch.clock.now()
    log.warning("send_failed", provider=errand.provider, outbound=errand.message.id, failure=error.failure.value)
    with dispatch.sessions.begin() as session:
        row = session.get_one(Outbound, errand.message.id, with_for_update=True)
        if row.state not in {OutboundState.SENDING, OutboundState.UNKNOWN}:
            return  # a report has settled it meanwhile
        row.failure, row.detail = error.failure, error.detail[:300]
        row.changed_at = now
        match error.failure:
            case Failure.REJECTED | Failure.OPTED_OUT:
                receipts.fail(session, row, now=now)
            case Failure.OUTCOME_UNKNOWN if errand.look_up and not dispatch.carriers[errand.provider].can_look_up:
                row.state, row.not_before = OutboundState.QUEUED, now  # no report came either: rather twice than never
            case Failure.OUTCOME_UNKNOWN:  # of a look-up too: it is asked again until it answers or the message expires
                carriers.failed(session, errand.provider, error.failure, now=now)
                _set_unknown(dispatch, row)
            case Failure.MISCONFIGURED | Failure.THROTTLED | Failure.UNREACHABLE:
                carriers.failed(session, errand.provider, error.failure, now=now, detail=error.detail)
                row.state = OutboundState.UNKNOWN if errand.look_up else OutboundState.QUEUED
                row.not_before = now + _wait(error, row.attempts)


def _wait(error: SendError, attempts: int) -> timedelta:
    if error.retry_after is not None:
        return timedelta(seconds=min(error.retry_after, _BACK_OFF[-1].total_seconds()))
    return _BACK_OFF[min(max(attempts, 1), len(_BACK_OFF)) - 1]


def _set_unknown(dispatch: Dispatch, row: Outbound) -> None:
    now = dispatch.clock.now()
    carrier = dispatch.carriers.get(row.provider)
    row.state, row.changed_at = OutboundState.UNKNOWN, now
    row.not_before = now + (LOOK_UP_AFTER if carrier is not None and carrier.can_look_up else REPEAT_AFTER)

"""What became of calls to carriers, recorded: what was taken all at once, everything else one by one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gateway.domain.messages import Accepted, DeliveryStatus, Failure, SendError
from gateway.flow import carriers, receipts
from gateway.flow.deliver import Dispatch, Errand, Outcome, set_unknown
from gateway.logs import get_logger
from gateway.store import people, sending
from gateway.store.base import OutboundState
from gateway.store.outbound import Outbound
from gateway.store.sending import Taken

_BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (5, 20, 60, 180, 600))

log = get_logger(__name__)


def record(dispatch: Dispatch, outcomes: Sequence[Outcome]) -> None:
    """Record outcomes of errands, in transactions of this function's own; what was recorded before may come again."""
    plain = [outcome for outcome in outcomes if _is_plain(outcome)]
    if plain:
        _record_taken(dispatch, plain)
    for outcome in outcomes:
        if not outcome.lost and not _is_plain(outcome):
            _record_odd(dispatch, outcome)


def _is_plain(outcome: Outcome) -> bool:
    """Taken, and no report came with the answer that says anything but "delivered"."""
    accepted = outcome.accepted
    return accepted is not None and all(report.status is DeliveryStatus.DELIVERED for report in accepted.receipts)


def _record_taken(dispatch: Dispatch, outcomes: Sequence[Outcome]) -> None:
    now = dispatch.clock.now()
    answers = [(outcome.errand, outcome.accepted) for outcome in outcomes if outcome.accepted is not None]
    with dispatch.sessions.begin() as session:
        sending.record(session, [_taken(errand, accepted) for errand, accepted in answers], now)
        carriers.worked(session, {errand.provider for errand, _ in answers})
        delivered = [(errand, accepted) for errand, accepted in answers if accepted.receipts]
        if delivered:
            reports = [(errand.message.id, report) for errand, accepted in delivered for report in accepted.receipts]
            receipts.keep_applied(session, reports, now=now)
            people.reached(session, [errand.message.recipient for errand, _ in delivered])


def _taken(errand: Errand, accepted: Accepted) -> Taken:
    return Taken(
        id=errand.message.id,
        provider_id=accepted.provider_id,
        cost=accepted.cost,
        delivered=bool(accepted.receipts),
    )


def _record_odd(dispatch: Dispatch, outcome: Outcome) -> None:
    now = dispatch.clock.now()
    errand = outcome.errand
    with dispatch.sessions.begin() as session:
        if outcome.too_late:
            sending.put_back(session, errand.message.id, errand.attempts, now)
            log.warning("call_came_too_late", provider=errand.provider, outbound=errand.message.id)
            return
        row = session.get_one(Outbound, errand.message.id, with_for_update=True)
        if outcome.error is not None:
            _record_failure(dispatch, session, row, errand, outcome.error)
        elif outcome.accepted is None:
            _send_again(row, now)
        else:
            _record_reported(session, row, errand, outcome.accepted, now)


def _record_reported(session: Session, row: Outbound, errand: Errand, accepted: Accepted, now: datetime) -> None:
    """Taken, and the answer itself says more: not delivered, or not yet."""
    row.provider_id, row.cost = accepted.provider_id, accepted.cost
    if row.state in {OutboundState.SENDING, OutboundState.UNKNOWN}:
        row.state, row.changed_at = OutboundState.SENT, now
    carriers.worked(session, [errand.provider])
    for receipt in accepted.receipts:
        receipts.apply_to(session, row, receipts.stored(session, receipt, now=now), now=now)


def _send_again(row: Outbound, now: datetime) -> None:
    """The carrier never had it."""
    if row.state is OutboundState.UNKNOWN:
        row.state, row.changed_at, row.not_before = OutboundState.QUEUED, now, now


def _record_failure(dispatch: Dispatch, session: Session, row: Outbound, errand: Errand, error: SendError) -> None:
    now = dispatch.clock.now()
    log.warning("send_failed", provider=errand.provider, outbound=row.id, failure=error.failure.value)
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
            set_unknown(dispatch, row, now)
        case Failure.MISCONFIGURED | Failure.THROTTLED | Failure.UNREACHABLE:
            carriers.failed(session, errand.provider, error.failure, now=now, detail=error.detail)
            row.state = OutboundState.UNKNOWN if errand.look_up else OutboundState.QUEUED
            row.not_before = now + _wait(error, row.attempts)


def _wait(error: SendError, attempts: int) -> timedelta:
    if error.retry_after is not None:
        return timedelta(seconds=min(error.retry_after, _BACK_OFF[-1].total_seconds()))
    return _BACK_OFF[min(max(attempts, 1), len(_BACK_OFF)) - 1]

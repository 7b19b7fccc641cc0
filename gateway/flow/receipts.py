"""Delivery reports: kept as they come, matched when they can be, never turning the clock back on a message."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gateway.domain.messages import DeliveryReceipt, DeliveryStatus, Failure
from gateway.flow import telling
from gateway.store import outbound, people
from gateway.store.base import OutboundState
from gateway.store.outbound import Outbound, Receipt

GIVE_UP_AFTER = timedelta(days=1)  # a report for a message that we never sent
_BATCH = 500
_ON_ITS_WAY = frozenset({OutboundState.SENDING, OutboundState.SENT, OutboundState.UNKNOWN})
_RETRY = frozenset({Failure.THROTTLED, Failure.UNREACHABLE})
_MOST_ATTEMPTS = 4


def stored(session: Session, receipt: DeliveryReceipt, *, now: datetime) -> Receipt:
    """Keep a report as a row."""
    row = Receipt(
        message_id=receipt.message_id,
        provider=receipt.provider,
        provider_id=receipt.provider_id,
        status=receipt.status,
        word=receipt.word,
        final=receipt.final,
        failure=receipt.failure,
        detail=receipt.detail,
        raw=dict(receipt.raw),
        received_at=now,
    )
    session.add(row)
    return row


def apply_pending(session: Session, *, now: datetime) -> int:
    """Apply every report that waits; returns how many found their message."""
    found = 0
    for receipt in outbound.unapplied_receipts(session, now - GIVE_UP_AFTER, _BATCH):
        if apply(session, receipt, now=now):
            found += 1
        else:
            receipt.applied_at = now
    return found


def apply(session: Session, receipt: Receipt, *, now: datetime) -> bool:
    """Move the message that a report is about; False when it is not known (yet)."""
    row = outbound.of_receipt(session, receipt)
    if row is None:
        return False
    apply_to(session, row, receipt, now=now)
    return True


def apply_to(session: Session, row: Outbound, receipt: Receipt, *, now: datetime) -> None:
    """Move a message, which the caller has locked, by a report about it."""
    receipt.outbound_id, receipt.applied_at = row.id, now
    if receipt.provider != row.provider and receipt.status is not DeliveryStatus.DELIVERED:
        return  # a late word of the carrier that it first left through; another one has it now
    row.provider_id = row.provider_id or receipt.provider_id
    if row.state not in _ON_ITS_WAY and receipt.status is not DeliveryStatus.DELIVERED:
        return  # settled, taken back, or about to leave once more: only a delivery changes that
    match receipt.status:
        case DeliveryStatus.DELIVERED:
            row.state, row.changed_at, row.failure = OutboundState.DELIVERED, now, None
            people.reached(session, row.recipient)
        case DeliveryStatus.FAILED:
            row.failure, row.detail = receipt.failure or Failure.REJECTED, (receipt.detail or receipt.word)[:300]
            _failed_delivery(session, row, now)
        case DeliveryStatus.SENT | DeliveryStatus.BUFFERED:
            if row.state in {OutboundState.SENDING, OutboundState.UNKNOWN}:
                row.state, row.changed_at = OutboundState.SENT, now
        case DeliveryStatus.UNKNOWN:
            row.detail = receipt.word[:300]


def fail(session: Session, row: Outbound, *, now: datetime) -> None:
    """A message is lost for good: an alert goes to somebody else, a refusing phone is remembered."""
    row.state, row.changed_at = OutboundState.FAILED, now
    if row.failure is Failure.OPTED_OUT:
        phone = people.phone_of(session, row.recipient)
        if phone is not None:
            phone.opted_out_at = phone.opted_out_at or now
    telling.not_told(session, row, now=now)


def _failed_delivery(session: Session, row: Outbound, now: datetime) -> None:
    if row.failure in _RETRY and row.attempts < _MOST_ATTEMPTS and now < row.expires_at:
        row.state, row.changed_at, row.not_before = OutboundState.QUEUED, now, now + timedelta(seconds=30)
    else:
        fail(session, row, now=now)

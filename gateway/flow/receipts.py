"""Delivery reports: kept as they come, matched when they can be, never turning the clock back on a message."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session, sessionmaker

from gateway.domain.messages import DeliveryReceipt, DeliveryStatus, Failure
from gateway.flow import telling
from gateway.store import people
from gateway.store import receipts as store
from gateway.store.base import OutboundState
from gateway.store.outbound import Outbound, Receipt

GIVE_UP_AFTER = timedelta(days=1)  # a report for a message that we never sent
_BATCH = 500
_ON_ITS_WAY = frozenset({OutboundState.SENDING, OutboundState.SENT, OutboundState.UNKNOWN})
_RETRY = frozenset({Failure.THROTTLED, Failure.UNREACHABLE})
_MOST_ATTEMPTS = 4


def stored(session: Session, receipt: DeliveryReceipt, *, now: datetime) -> Receipt:
    """Keep a report as a row."""
    row = Receipt(**_columns(receipt), received_at=now)
    session.add(row)
    return row


def _columns(receipt: DeliveryReceipt) -> dict[str, Any]:
    return {
        "message_id": receipt.message_id,
        "provider": receipt.provider,
        "provider_id": receipt.provider_id,
        "status": receipt.status,
        "word": receipt.word,
        "final": receipt.final,
        "failure": receipt.failure,
        "detail": receipt.detail,
        "raw": dict(receipt.raw),
    }


def keep_applied(session: Session, reports: Sequence[tuple[int, DeliveryReceipt]], *, now: datetime) -> None:
    """Keep reports that came with the answer to a send, each with the id of its message, which they have moved."""
    rows = [
        {**_columns(report), "outbound_id": message_id, "received_at": now, "applied_at": now}
        for message_id, report in reports
    ]
    session.execute(insert(Receipt), rows)


def apply_pending(sessions: sessionmaker[Session], *, now: datetime) -> int:
    """Apply reports that wait, plain ones all at once and odd ones each by itself; returns how many."""
    with sessions.begin() as session:
        plain = store.apply_plain(session, now, _BATCH)
        if plain.reached:
            people.reached(session, plain.reached)
        store.give_up(session, now - GIVE_UP_AFTER, now, _BATCH)
        odd = store.odd(session, _BATCH)
    if odd:
        with sessions.begin() as session:
            for receipt in store.waiting(session, odd):
                apply(session, receipt, now=now)
    return plain.found + len(odd)


def apply(session: Session, receipt: Receipt, *, now: datetime) -> bool:
    """Move the message that a report is about; False when it is not known (yet)."""
    row = store.message_of(session, receipt)
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
            people.reached(session, [row.recipient])
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

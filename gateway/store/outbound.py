"""The outbox: every message to send, its delivery reports, and what is due to leave."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, exists, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, relationship

from gateway.domain.messages import Channel, DeliveryStatus, Failure
from gateway.domain.terms import Language, Purpose
from gateway.store.base import OutboundState, Row
from gateway.store.people import Person

LEASE = timedelta(seconds=60)  # a claim older than this lost its process


class Outbound(Row):
    """A message to send; `reply_to_id` is unique, so that a message received is answered at most once."""

    __tablename__ = "outbound"
    __table_args__ = (
        Index("uq_outbound_reply_to", "reply_to_id", unique=True, postgresql_where="reply_to_id IS NOT NULL"),
        Index("ix_outbound_due", "urgent", "id", postgresql_where="state = 'queued'"),
        Index("ix_outbound_leaves", "not_before", postgresql_where="state IN ('queued', 'unknown')"),
        Index("ix_outbound_expires", "expires_at", postgresql_where="state IN ('queued', 'unknown')"),
        Index("ix_outbound_in_hand", "recipient", "id", postgresql_where="state IN ('queued', 'sending', 'unknown')"),
        Index("ix_outbound_provider_id", "provider", "provider_id", postgresql_where="provider_id <> ''"),
        Index("ix_outbound_recipient_created", "recipient", "created_at"),
        Index("ix_outbound_state_changed", "state", "changed_at"),
    )

    channel: Mapped[Channel] = mapped_column(default=Channel.SMS)
    recipient: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    body: Mapped[str]
    template: Mapped[str]  # key of the catalogue
    language: Mapped[Language]
    segments: Mapped[int]
    purpose: Mapped[Purpose]
    urgent: Mapped[bool] = mapped_column(default=False)  # overtakes, and leaves in quiet hours
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))  # whose duty an alert is
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"))
    state: Mapped[OutboundState] = mapped_column(default=OutboundState.QUEUED)
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    provider: Mapped[str] = mapped_column(default="")
    provider_id: Mapped[str] = mapped_column(default="")
    cost: Mapped[str] = mapped_column(default="")
    failure: Mapped[Failure | None]
    detail: Mapped[str] = mapped_column(default="")

    person: Mapped[Person | None] = relationship()


class Receipt(Row):
    """A delivery report as it came, also for messages that we do not know (yet)."""

    __tablename__ = "receipts"
    __table_args__ = (
        Index("ix_receipts_unmatched", "id", postgresql_where="outbound_id IS NULL AND applied_at IS NULL"),
    )

    outbound_id: Mapped[int | None] = mapped_column(ForeignKey("outbound.id"), index=True)
    message_id: Mapped[int | None]  # our id as the carrier repeated it, unchecked
    provider: Mapped[str]
    provider_id: Mapped[str] = mapped_column(index=True)
    status: Mapped[DeliveryStatus]
    word: Mapped[str]
    final: Mapped[bool]
    failure: Mapped[Failure | None]
    detail: Mapped[str] = mapped_column(default="")
    raw: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]


def claim(session: Session, now: datetime, limit: int) -> Sequence[Outbound]:
    """Lock up to `limit` messages that may leave now, urgent ones first, and one recipient's in their order."""
    other = aliased(Outbound)
    comes_first = or_(other.urgent > Outbound.urgent, and_(other.urgent == Outbound.urgent, other.id < Outbound.id))
    ahead = exists().where(
        other.recipient == Outbound.recipient,
        other.id != Outbound.id,
        or_(
            other.state == OutboundState.SENDING,
            and_(other.state == OutboundState.QUEUED, other.not_before <= now, comes_first),
        ),
    )
    return session.scalars(
        select(Outbound)
        .where(Outbound.state == OutboundState.QUEUED, Outbound.not_before <= now, ~ahead)
        .order_by(Outbound.urgent.desc(), Outbound.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Outbound)
    ).all()


def claim_unknown(session: Session, now: datetime, limit: int) -> Sequence[Outbound]:
    """Lock messages that must be looked up now, because their call broke off."""
    return session.scalars(
        select(Outbound)
        .where(Outbound.state == OutboundState.UNKNOWN, Outbound.not_before <= now)
        .order_by(Outbound.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Outbound)
    ).all()


def abandoned(session: Session, claimed_before: datetime) -> Sequence[Outbound]:
    """Lock messages whose sender died between claim and record: the carrier may or may not have them.

    `claimed_before` lies the machine's LEASE back, as in `needs_attention`.
    """
    return session.scalars(
        select(Outbound)
        .where(Outbound.state == OutboundState.SENDING, Outbound.changed_at < claimed_before)
        .with_for_update(skip_locked=True, of=Outbound)
    ).all()


def expire(session: Session, now: datetime) -> Sequence[Outbound]:
    """Lock messages whose time has passed before they left, or before anybody could say whether they did."""
    return session.scalars(
        select(Outbound)
        .where(Outbound.state.in_((OutboundState.QUEUED, OutboundState.UNKNOWN)), Outbound.expires_at <= now)
        .with_for_update(skip_locked=True, of=Outbound)
    ).all()


def cancel_for_case(session: Session, case_id: int, purposes: Sequence[Purpose], now: datetime) -> None:
    """Take back what still waits for a case and asks for something that has passed."""
    session.execute(
        update(Outbound)
        .where(Outbound.case_id == case_id, Outbound.state == OutboundState.QUEUED, Outbound.purpose.in_(purposes))
        .values(state=OutboundState.CANCELLED, changed_at=now)
    )


def answers_since(session: Session, recipient: str, since: datetime) -> int:
    """How many automatic answers to a phone were written since a moment, suppressed ones not counted."""
    return (
        session.scalar(
            select(func.count()).where(
                Outbound.recipient == recipient,
                Outbound.created_at >= since,
                Outbound.reply_to_id.is_not(None),
                Outbound.state != OutboundState.SUPPRESSED,
            )
        )
        or 0
    )


def told_since(session: Session, recipient: str, template: str, since: datetime) -> bool:
    """Whether a template went to a phone since a moment."""
    return (
        session.scalar(
            select(
                exists().where(
                    Outbound.recipient == recipient, Outbound.created_at >= since, Outbound.template == template
                )
            )
        )
        is True
    )


def of_receipt(session: Session, receipt: Receipt) -> Outbound | None:
    """The message that a report is about: by our own id where the carrier repeats it, else by the carrier's."""
    if receipt.message_id is not None:
        return session.get(Outbound, receipt.message_id, with_for_update=True)
    if not receipt.provider_id:
        return None
    return session.scalar(
        select(Outbound)
        .where(Outbound.provider == receipt.provider, Outbound.provider_id == receipt.provider_id)
        .with_for_update()
        .limit(1)
    )


def _matched() -> ColumnElement[bool]:
    """Whether a report's message is known by now; the same rule as in `of_receipt`."""
    by_carrier = and_(
        Receipt.message_id.is_(None),
        Outbound.provider == Receipt.provider,
        Outbound.provider_id == Receipt.provider_id,
        Outbound.provider_id != "",
    )
    return or_(exists().where(Outbound.id == Receipt.message_id), exists().where(by_carrier))


def unapplied_receipts(session: Session, give_up_before: datetime, limit: int) -> Sequence[Receipt]:
    """Lock reports that can be applied now, oldest first, and those whose message never came.

    Reports of messages that are not ours wait aside: however many there are, they hold up no other.
    """
    return session.scalars(
        select(Receipt)
        .where(
            Receipt.applied_at.is_(None),
            Receipt.outbound_id.is_(None),
            or_(_matched(), Receipt.received_at < give_up_before),
        )
        .order_by(Receipt.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def leave_now(session: Session, recipient: str, now: datetime) -> None:
    """A phone can be reached again: it gets at once what waited for that, not at the next try."""
    session.execute(
        update(Outbound)
        .where(
            Outbound.recipient == recipient,
            Outbound.state == OutboundState.QUEUED,
            Outbound.failure == Failure.UNREACHABLE,
            Outbound.not_before > now,
        )
        .values(not_before=now)
    )


def stuck(session: Session, due_before: datetime) -> int:
    """How many messages should have left before a moment and have not."""
    return (
        session.scalar(
            select(func.count()).where(Outbound.state == OutboundState.QUEUED, Outbound.not_before < due_before)
        )
        or 0
    )


def needs_attention(session: Session, now: datetime, claimed_before: datetime) -> bool:
    """Whether anything is due to leave, to be looked up, to be given up, or to be matched with its report."""
    due = select(Outbound.id).where(
        Outbound.state.in_((OutboundState.QUEUED, OutboundState.UNKNOWN)), Outbound.not_before <= now
    )
    held = select(Outbound.id).where(Outbound.state == OutboundState.SENDING, Outbound.changed_at < claimed_before)
    reports = select(Receipt.id).where(Receipt.applied_at.is_(None), Receipt.outbound_id.is_(None), _matched())
    return session.scalar(select(or_(due.exists(), held.exists(), reports.exists()))) is True

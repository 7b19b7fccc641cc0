"""The outbox: every message to send, its delivery reports, and what is due to leave."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, exists, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from gateway.domain.messages import Channel, DeliveryStatus, Failure
from gateway.domain.terms import Language, Purpose
from gateway.store.ahead import foreseen
from gateway.store.base import OutboundState, Row
from gateway.store.people import Person

LEASE = timedelta(seconds=60)  # a claim older than this lost its process


class Outbound(Row):
    """A message to send; `reply_to_id` is unique, so that a message received is answered at most once."""

    __tablename__ = "outbound"
    __table_args__ = (
        Index("uq_outbound_reply_to", "reply_to_id", unique=True, postgresql_where="reply_to_id IS NOT NULL"),
        Index("ix_outbound_due", text("urgent DESC"), "id", "not_before", postgresql_where="state = 'queued'"),
        Index("ix_outbound_again", text("urgent DESC"), "id", postgresql_where="state = 'queued' AND attempts >= 2"),
        Index("ix_outbound_first", "recipient", text("urgent DESC"), "id", postgresql_where="state = 'queued'"),
        Index("ix_outbound_sending", "recipient", "changed_at", postgresql_where="state = 'sending'"),
        Index("ix_outbound_leaves", "not_before", postgresql_where="state IN ('queued', 'unknown')"),
        Index("ix_outbound_expires", "expires_at", postgresql_where="state IN ('queued', 'unknown')"),
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


def cancel_for_case(session: Session, case_id: int, purposes: Sequence[Purpose], now: datetime) -> None:
    """Take back what still waits for a case and asks for something that has passed."""
    session.execute(
        update(Outbound)
        .where(Outbound.case_id == case_id, Outbound.state == OutboundState.QUEUED, Outbound.purpose.in_(purposes))
        .values(state=OutboundState.CANCELLED, changed_at=now)
    )


def answers_since(session: Session, recipient: str, since: datetime) -> int:
    """How many automatic answers to a phone were written since a moment, suppressed ones not counted."""

    def ask() -> int:
        found = session.scalar(
            select(func.count()).where(
                Outbound.recipient == recipient,
                Outbound.created_at >= since,
                Outbound.reply_to_id.is_not(None),
                Outbound.state != OutboundState.SUPPRESSED,
            )
        )
        return found or 0

    return foreseen(session, ("answers_since", recipient), ask)


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

"""Messages received: one row each, whoever sent it and however often the carrier delivers it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, func, literal, select
from sqlalchemy.orm import Mapped, Session, aliased, defer, mapped_column, relationship

from gateway.domain.messages import Channel
from gateway.domain.terms import Proof
from gateway.store.ahead import foreseen
from gateway.store.base import InboundState, Row
from gateway.store.people import Person


class Inbound(Row):
    """A message received; identity numbers are masked before it gets here."""

    __tablename__ = "inbound"
    __table_args__ = (
        Index("uq_inbound_provider_id", "provider", "provider_id", unique=True),
        Index("ix_inbound_waiting", "sender", "id", postgresql_where="state = 'new'"),
        Index("ix_inbound_waiting_id", "id", postgresql_where="state = 'new'"),
        Index("ix_inbound_sender_received", "sender", "received_at"),
        Index("uq_inbound_reserved", "reserved", unique=True, postgresql_where="reserved IS NOT NULL"),
    )

    channel: Mapped[Channel]
    provider: Mapped[str]
    provider_id: Mapped[str]
    sender: Mapped[str]
    recipient: Mapped[str]
    text: Mapped[str]
    masked: Mapped[int] = mapped_column(default=0)  # identity numbers that were masked
    opt_out: Mapped[bool | None]
    raw: Mapped[dict[str, Any]]
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[InboundState] = mapped_column(default=InboundState.NEW)
    attempts: Mapped[int] = mapped_column(default=0)
    handled_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(default="")  # what it was taken for: report, follow_up, command, …
    error: Mapped[str] = mapped_column(default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", use_alter=True), index=True)
    reading: Mapped[dict[str, Any] | None]  # USSD: what the menus understood; a text is read by the parser
    reserved: Mapped[str | None]  # USSD: the case number that the screen has named already
    proof: Mapped[Proof] = mapped_column(default=Proof.NONE)
    unfinished: Mapped[bool] = mapped_column(default=False)  # filed by the clock after the call had broken off

    person: Mapped[Person | None] = relationship()


_NEW = literal(InboundState.NEW, Inbound.state.type, literal_execute=True)
"""As a constant: with a parameter in its place PostgreSQL cannot know that the indexes of waiting messages fit."""


def claim_one(session: Session, message_id: int) -> Inbound | None:
    """Lock one message; None when somebody else has it in hand or has handled it."""
    return session.scalar(
        select(Inbound)
        .where(Inbound.id == message_id, Inbound.state == InboundState.NEW)
        .with_for_update(skip_locked=True, of=Inbound)
    )


def claim(session: Session, limit: int) -> Sequence[Inbound]:
    """Lock the oldest unhandled message of each of up to `limit` senders.

    Only a sender's oldest can be claimed, so messages of one sender are handled in order by any number of workers.
    """
    other = aliased(Inbound)
    theirs = select(other.id).where(other.sender == Inbound.sender, other.state == _NEW).order_by(other.id).limit(1)
    return session.scalars(
        select(Inbound)
        .where(Inbound.state == _NEW, Inbound.id == theirs.scalar_subquery())
        .order_by(Inbound.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Inbound)
        .options(defer(Inbound.raw))  # kept for people who look into a fault
    ).all()


def same_text_before(session: Session, message: Inbound, since: datetime) -> Inbound | None:
    """An earlier report of the same words from the same phone that was received after `since`."""

    def ask() -> Inbound | None:
        return session.scalar(
            select(Inbound)
            .where(
                Inbound.sender == message.sender,
                Inbound.received_at >= since,
                Inbound.id < message.id,
                Inbound.text == message.text,
                Inbound.case_id.is_not(None),
                Inbound.result.in_(("report", "follow_up")),
            )
            .order_by(Inbound.id.desc())
            .limit(1)
        )

    return foreseen(session, ("same_text_before", message.id), ask)


def failures_in_a_row(session: Session, message: Inbound) -> int:
    """How many of this sender's messages just before this one were not understood."""
    results = session.scalars(
        select(Inbound.result)
        .where(Inbound.sender == message.sender, Inbound.id < message.id)
        .order_by(Inbound.id.desc())
        .limit(5)
    ).all()
    count = 0
    for result in results:
        if result != "not_understood":
            break
        count += 1
    return count


def waiting(session: Session, received_before: datetime) -> int:
    """How many messages received before a moment are still unhandled."""
    return (
        session.scalar(
            select(func.count()).where(Inbound.state == InboundState.NEW, Inbound.received_at < received_before)
        )
        or 0
    )


def failed(session: Session) -> int:
    """How many messages broke their handler for good and wait for a person."""
    return session.scalar(select(func.count()).where(Inbound.state == InboundState.FAILED)) or 0

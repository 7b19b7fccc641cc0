"""Outbox rows: who is told what, when it may leave, and when it has gone stale (design, sections 4 and 7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gateway.domain.messages import Channel
from gateway.domain.terms import Language, Purpose
from gateway.flow.scene import rules_of
from gateway.store import outbound
from gateway.store.base import OutboundState
from gateway.store.cases import Case
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound
from gateway.store.people import Person, Phone, Post, best_phone, phone_of
from gateway.wording import Said, say

BRAKE_WINDOW = timedelta(minutes=10)

_EXPIRY: Mapping[Purpose, timedelta] = {
    Purpose.CONFIRMATION: timedelta(hours=24),
    Purpose.ANSWER: timedelta(hours=2),
    Purpose.ALERT: timedelta(hours=24),
    Purpose.COPY: timedelta(hours=24),
    Purpose.REMINDER: timedelta(hours=12),  # a night longer than the quiet hours
    Purpose.ASK: timedelta(days=3),
    Purpose.RESULT: timedelta(hours=48),
    Purpose.DIGEST: timedelta(hours=12),
    Purpose.NOTICE: timedelta(hours=72),
}
_URGENT_EXPIRY: Mapping[Purpose, timedelta] = {
    Purpose.ALERT: timedelta(hours=2),
    Purpose.REMINDER: timedelta(minutes=30),
}
# The answer to somebody who has just written wakes nobody; everything else that is not urgent waits for the morning.
_AT_ANY_HOUR = frozenset({Purpose.CONFIRMATION, Purpose.ANSWER})


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """What a message is about, beside its words."""

    case: Case | None = None
    post: Post | None = None  # whose duty an alert is
    urgent: bool = False
    reply_to: Inbound | None = None


def tell(session: Session, person: Person, said: Said, about: About, *, now: datetime) -> Outbound | None:
    """Queue a message to a person's best phone; None when the person has no phone at all."""
    phone = best_phone(person, now)
    if phone is None:
        return None
    row = _row(session, phone.number, said, about, now)
    row.person_id = person.id
    if phone.opted_out_at is not None:
        row.state = OutboundState.SUPPRESSED
    session.add(row)
    return row


def answer(session: Session, message: Inbound, said: Said, *, now: datetime, case: Case | None = None) -> Outbound:
    """Queue the one answer to a message received, to the number that it came from; braked against reply loops.

    What came by menu is never braked: no machine answers a text by dialling.
    """
    about = About(case=case, urgent=case.urgent if case else False, reply_to=message)
    row = _row(session, message.sender, said, about, now)
    row.person_id = message.person_id
    phone = _phone_of_sender(session, message)
    if phone is not None and phone.opted_out_at is not None and said.key != "opted_out":
        row.state, row.detail = OutboundState.SUPPRESSED, "opted out"
    elif message.channel is Channel.SMS and _too_many(session, message, now):
        row.state, row.detail = OutboundState.SUPPRESSED, "reply-loop brake"
        _say_paused(session, message, said.language, now)
    session.add(row)
    return row


def _too_many(session: Session, message: Inbound, now: datetime) -> bool:
    answered = outbound.answers_since(session, message.sender, now - BRAKE_WINDOW)
    return answered >= rules_of(session).answers_per_window


def _phone_of_sender(session: Session, message: Inbound) -> Phone | None:
    """The sender's phone; a known person's phones are loaded already."""
    if message.person is None:
        return phone_of(session, message.sender)
    return next((phone for phone in message.person.phones if phone.number == message.sender), None)


def _say_paused(session: Session, message: Inbound, language: Language, now: datetime) -> None:
    if outbound.told_since(session, message.sender, "paused", now - BRAKE_WINDOW):
        return
    said = say("paused", language, phone=rules_of(session).centre_phone)
    session.add(_row(session, message.sender, said, About(urgent=True), now))
    session.flush()


def _row(session: Session, recipient: str, said: Said, about: About, now: datetime) -> Outbound:
    held = not about.urgent and said.purpose not in _AT_ANY_HOUR
    leave = rules_of(session).quiet.next_allowed(now) if held else now
    life = (_URGENT_EXPIRY if about.urgent else {}).get(said.purpose, _EXPIRY[said.purpose])
    return Outbound(
        recipient=recipient,
        body=said.text,
        template=said.key,
        language=said.language,
        segments=said.segments,
        purpose=said.purpose,
        urgent=about.urgent,
        case_id=about.case.id if about.case else None,
        post_id=about.post.id if about.post else None,
        reply_to_id=about.reply_to.id if about.reply_to else None,
        created_at=now,
        not_before=leave,
        expires_at=leave + life,
        changed_at=now,
    )

"""How a county's traffic and its people stand: the questions of `gateway doctor`, each answered from an index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from gateway.domain.lifecycle import ENDED, State
from gateway.domain.terms import Role, UnitKind
from gateway.store.base import InboundState, OutboundState
from gateway.store.cases import Case, Deadline
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound, Receipt
from gateway.store.people import Phone, Post
from gateway.store.running import Heartbeat
from gateway.store.units import Unit


@dataclass(frozen=True, kw_only=True, slots=True)
class Talker:
    """The phone that wrote most in a span of time."""

    sender: str
    texts: int
    waiting: int


def oldest_waiting(session: Session) -> datetime | None:
    """When the oldest message that is not handled came in."""
    return session.scalar(select(func.min(Inbound.received_at)).where(Inbound.state == InboundState.NEW))


def ahead_of(session: Session, moment: datetime) -> timedelta:
    """How far the newest message received and the newest heartbeat lie ahead of a moment; 0 when they do not."""
    newest = session.scalar(select(func.max(Inbound.received_at))), session.scalar(select(func.max(Heartbeat.at)))
    return max((each - moment for each in newest if each is not None and each > moment), default=timedelta(0))


def busiest(session: Session, since: datetime) -> Talker | None:
    """The phone that wrote most since a moment."""
    texts, waiting = func.count(), func.count().filter(Inbound.state == InboundState.NEW)
    row = session.execute(
        select(Inbound.sender, texts, waiting)
        .where(Inbound.received_at >= since)
        .group_by(Inbound.sender)
        .order_by(texts.desc())
        .limit(1)
    ).one_or_none()
    return Talker(sender=row[0], texts=row[1], waiting=row[2]) if row else None


def lost_since(session: Session, since: datetime) -> Mapping[OutboundState, int]:
    """Messages that ended without leaving since a moment: failed, and expired."""
    rows = session.execute(
        select(Outbound.state, func.count())
        .where(Outbound.state.in_((OutboundState.FAILED, OutboundState.EXPIRED)), Outbound.changed_at >= since)
        .group_by(Outbound.state)
    )
    return {row[0]: row[1] for row in rows}


def unknown(session: Session) -> int:
    """Messages whose call broke off and that wait to be looked up."""
    return session.scalar(select(func.count()).where(Outbound.state == OutboundState.UNKNOWN)) or 0


def unmatched_reports(session: Session, received_before: datetime) -> int:
    """Delivery reports, received before a moment, whose message is not ours."""
    waiting = Receipt.outbound_id.is_(None), Receipt.applied_at.is_(None)
    return session.scalar(select(func.count()).where(*waiting, Receipt.received_at < received_before)) or 0


def late_deadlines(session: Session, due_before: datetime) -> int:
    """Deadlines that passed before a moment and moved nothing yet."""
    return session.scalar(select(func.count()).where(Deadline.done_at.is_(None), Deadline.due_at < due_before)) or 0


def ownerless(session: Session, opened_before: datetime) -> int:
    """Live cases, opened before a moment, that nobody is responsible for."""
    nobody = or_(Case.state == State.NEW, Case.owner_id.is_(None))
    return (
        session.scalar(select(func.count()).where(Case.state.not_in(ENDED), nobody, Case.opened_at < opened_before))
        or 0
    )


def holders(session: Session, day: date) -> Mapping[Role, int]:
    """How many posts of each role are held on a day."""
    rows = session.execute(select(Post.role, func.count()).where(*_held(day)).group_by(Post.role))
    return {row[0]: row[1] for row in rows}


def vacant(session: Session, kind: UnitKind, role: Role, day: date) -> Sequence[str]:
    """Codes of the units of a kind at which nobody holds a role on a day."""
    held = select(Post.id).where(Post.unit_id == Unit.id, Post.role == role, *_held(day)).exists()
    return session.scalars(select(Unit.code).where(Unit.kind == kind, ~held).order_by(Unit.code)).all()


def without_phone(session: Session, day: date) -> Sequence[int]:
    """Persons who hold a post on a day and have no number that may be written to."""
    reached = select(Phone.id).where(Phone.person_id == Post.person_id, Phone.opted_out_at.is_(None)).exists()
    return session.scalars(
        select(Post.person_id).where(*_held(day), ~reached).distinct().order_by(Post.person_id)
    ).all()


def _held(day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Post.from_day <= day, or_(Post.to_day.is_(None), Post.to_day >= day)

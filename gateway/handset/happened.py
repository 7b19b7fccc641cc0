"""What came of the steps, read from the database: what each told whom, and how its case stood afterwards."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from gateway.domain.messages import Channel
from gateway.domain.terms import Purpose
from gateway.handset.cast import Cast
from gateway.handset.record import Call, Moved, Step, Text
from gateway.store.base import InboundState, OutboundState
from gateway.store.cases import TOLD, Case
from gateway.store.dialogue import ReplyCode
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound

_ENDED = {
    OutboundState.SENT: "delivered",
    OutboundState.DELIVERED: "delivered",
    OutboundState.FAILED: "failed",
    OutboundState.SUPPRESSED: "suppressed",
}
"""What of a message's states a story claims; others pass."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """So many messages of a kind to somebody; `number` is their case's."""

    role: str
    template: str
    purpose: str
    status: str
    number: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Stood:
    """How a case stood."""

    number: str
    state: str
    level: str
    owner: str  # role; empty where stories do not know the person
    opened: Mapping[str, object] = field(default_factory=dict)  # where the step opened it: what it was taken for


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of one step."""

    step: Step
    told: Sequence[Told] = ()
    stood: Stood | None = None
    codes: Sequence[str] = ()  # the sender's reply codes for the case


@dataclass(frozen=True, kw_only=True, slots=True)
class _Handled:
    """A step with its message and the moment at which it was handled."""

    step: Step
    message: Inbound | None
    at: datetime


def outcomes(session: Session, steps: Sequence[Step], cast: Cast, now: datetime) -> Sequence[Outcome]:
    """What came of each step; messages that time alone brought, since the step before, count to the next one."""
    handled = [_handled(session, step) for step in steps]
    ends = [each.at for each in handled]
    sent = _sent(session, cast, since=handled[0].at if handled else now)
    exact = _exact(handled)
    found = []
    for place, each in enumerate(handled):
        begun = ends[place - 1] if place else None
        own = [row for row in sent if _arrived(row) == each.at]
        timely = [row for row in sent if begun is not None and begun < _arrived(row) < each.at]
        rows = own + (timely if exact[place] else [])
        found.append(
            Outcome(
                step=each.step,
                told=_counted(session, rows, cast),
                stood=_stood(session, each, cast),
                codes=_codes(session, each.message),
            )
        )
    return found


def is_under_way(session: Session, steps: Sequence[Step], now: datetime) -> bool:
    """Whether a message of these steps is not handled yet, or a text that is due has not been tried."""
    since = min(step.at for step in steps)
    senders = {step.number for step in steps if isinstance(step, Text | Call)}
    waits = exists().where(Inbound.state == InboundState.NEW, Inbound.sender.in_(senders), Inbound.received_at >= since)
    leaves = exists().where(
        Outbound.state.in_((OutboundState.QUEUED, OutboundState.SENDING)),
        Outbound.attempts <= 1,
        Outbound.created_at >= since,
        Outbound.not_before <= now,
    )
    return bool(session.scalar(select(or_(waits, leaves))))


def _handled(session: Session, step: Step) -> _Handled:
    message = None
    if isinstance(step, Text):
        message = session.scalar(
            select(Inbound).where(Inbound.provider == step.carrier, Inbound.provider_id == step.id)
        )
    elif isinstance(step, Call) and step.session:
        message = session.scalar(
            select(Inbound)
            .where(
                Inbound.channel == Channel.USSD,
                Inbound.sender == step.number,
                ~Inbound.unfinished,  # that one the clock filed, later
                Inbound.provider_id.startswith(f"{step.session}:", autoescape=True),
            )
            .order_by(Inbound.id.desc())
            .limit(1)
        )
    at = message.handled_at if message and message.handled_at else step.at
    return _Handled(step=step, message=message, at=at)


def _exact(handled: Sequence[_Handled]) -> Sequence[bool]:
    """Whether the clock ran as in life up to each step; where it leapt, nobody can say which minute brought a text."""
    moved = [isinstance(each.step, Moved) for each in handled]
    return [not any(moved[: place + 1]) for place in range(len(handled))]


def _sent(session: Session, cast: Cast, *, since: datetime) -> Sequence[Outbound]:
    """Messages to the cast that came to an end at the first try; a digest is another story."""
    return session.scalars(
        select(Outbound)
        .where(
            Outbound.recipient.in_(cast.phones),
            Outbound.created_at >= since,
            Outbound.state.in_(_ENDED),
            Outbound.attempts <= 1,
            Outbound.purpose != Purpose.DIGEST,
        )
        .order_by(Outbound.id)
    ).all()


def _arrived(row: Outbound) -> datetime:
    """When a message left; what was not held back leaves in the moment that wrote it."""
    return max(row.created_at, row.not_before)


def _counted(session: Session, rows: Sequence[Outbound], cast: Cast) -> Sequence[Told]:
    kinds = Counter((row.recipient, row.template, row.purpose, row.state, _named(session, row)) for row in rows)
    return [
        Told(
            role=cast.who(recipient)[0],
            template=template,
            purpose=purpose.value,
            status=_ENDED[state],
            number=number,
            count=count,
        )
        for (recipient, template, purpose, state, number), count in kinds.items()
    ]


def _named(session: Session, row: Outbound) -> str:
    """The number of the case that a message names; empty where it names none."""
    number = session.get_one(Case, row.case_id).number if row.case_id else ""
    return number if number in row.body else ""


def _stood(session: Session, each: _Handled, cast: Cast) -> Stood | None:
    """How the step's case stood when the step was over."""
    if each.message is None or each.message.case_id is None:
        return None
    case = session.get_one(Case, each.message.case_id)
    events = [event for event in case.events if event.at <= each.at]
    rungs = [rung for rung in case.rungs if rung.at <= each.at and rung.why != TOLD]
    if not events or not rungs:
        return None
    last = len(events) == len(case.events)
    owner = case.owner_id if last else None
    opens = case.inbound_id == each.message.id
    return Stood(
        number=case.number,
        state=events[-1].target.value,
        level=rungs[-1].level.value if not last else case.level.value,
        owner=cast.posts.get(owner, "") if owner else "",
        opened=_opening(case) if opens else {},
    )


def _opening(case: Case) -> Mapping[str, object]:
    return {
        "category": case.category,
        "urgent": case.urgent,
        "household": case.household.ordinal if case.household else 0,
    }


def _codes(session: Session, message: Inbound | None) -> Sequence[str]:
    if message is None or message.person_id is None or message.case_id is None:
        return ()
    return session.scalars(
        select(ReplyCode.code).where(ReplyCode.person_id == message.person_id, ReplyCode.case_id == message.case_id)
    ).all()


def cases_of(session: Session, steps: Sequence[Step]) -> Iterator[Case]:
    """The cases that the steps were about, in the order in which they came up."""
    seen: set[int] = set()
    for step in steps:
        message = _handled(session, step).message
        if message is not None and message.case_id is not None and message.case_id not in seen:
            seen.add(message.case_id)
            yield session.get_one(Case, message.case_id)

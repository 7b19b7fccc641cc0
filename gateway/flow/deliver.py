"""From the outbox to a carrier: claim, commit, call (design, section 3, rule 5); `outcomes` records, `pump` does it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Row as Found
from sqlalchemy.orm import Session, sessionmaker

from gateway.clock import Clock
from gateway.domain.messages import Accepted, OutboundMessage, SendError
from gateway.domain.phone import is_demo
from gateway.flow import carriers, receipts, telling
from gateway.sms.providers.base import SmsProvider
from gateway.store import outbound, sending
from gateway.store.base import OutboundState
from gateway.store.outbound import Outbound
from gateway.turns import Turns

LOOK_UP_AFTER = timedelta(seconds=10)
REPEAT_AFTER = timedelta(minutes=2)  # where nothing can be looked up: a report may still come and settle it
TOO_LATE_SECONDS = 15.0
"""A call that has not begun so long after its claim must not begin: its process stood still, others will take it."""
_LOOK_BACK = timedelta(hours=1)
_MOST_AT_ONCE = 500  # rows that one transaction gives up or takes back
_FOR_DEMO_NUMBERS = "simulator"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispatch:
    """What sending needs: carriers in fail-over order, how fast each may go, how many calls of one side by side."""

    sessions: sessionmaker[Session]
    carriers: Mapping[str, SmsProvider]
    order: Sequence[str]
    turns: Turns
    clock: Clock
    threads: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """A claimed message on its way, free of any session; moments as time.monotonic counts."""

    message: OutboundMessage
    provider: str
    urgent: bool
    look_up: bool
    attempts: int  # this one included
    claimed_at: float
    begins_at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of an errand: taken, refused, or (neither) a look-up that found nothing.

    `too_late`: nobody was called. `lost`: the call itself broke; the message's lease says what is done then.
    """

    errand: Errand
    accepted: Accepted | None = None
    error: SendError | None = None
    too_late: bool = False
    lost: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """How many more messages a carrier may be given: ordinary ones, and urgent ones."""

    ordinary: int
    urgent: int


def tidy(dispatch: Dispatch) -> None:
    """Apply reports, give up what has expired, take back what a dead process held."""
    now = dispatch.clock.now()
    receipts.apply_pending(dispatch.sessions, now=now)
    with dispatch.sessions.begin() as session:
        sending.expire_quietly(session, now, _MOST_AT_ONCE)
        for row in sending.expired(session, now, _MOST_AT_ONCE):
            row.state, row.changed_at = OutboundState.EXPIRED, now
            telling.not_told(session, row, now=now)
        for row in sending.abandoned(session, dispatch.clock.ago(outbound.LEASE), _MOST_AT_ONCE):
            set_unknown(dispatch, row, now)


def take_in_hand(dispatch: Dispatch, room: Callable[[str, Sequence[Errand]], Room], *, look_ups: bool) -> list[Errand]:
    """Claim what may leave now, as much as each carrier has room for behind those already claimed; then commit.

    With `look_ups` what must be looked up comes first.
    """
    now = dispatch.clock.now()
    with dispatch.sessions.begin() as session:
        errands = _to_look_up(dispatch, session, room, now) if look_ups else []
        open_ = carriers.open_for_traffic(session, dispatch.order, now)
        for number, name in enumerate(open_):
            free = room(name, errands)
            most = free.ordinary or free.urgent
            if most:
                place = (number, len(open_))
                rows = sending.claim(session, now, most, urgent_only=not free.ordinary, place=place)
                errands += _for_calls(dispatch, session, rows, name, now)
    return errands


def call(dispatch: Dispatch, errand: Errand) -> Outcome:
    """One call in its turn, outside any transaction."""
    sleep(max(errand.begins_at - monotonic(), 0.0))
    if monotonic() - errand.claimed_at > TOO_LATE_SECONDS:
        return Outcome(errand=errand, too_late=True)
    carrier = dispatch.carriers[errand.provider]
    try:
        if errand.look_up:
            accepted = carrier.look_up(errand.message, dispatch.clock.now() - _LOOK_BACK)
        else:
            accepted = carrier.send(errand.message)
    except SendError as error:
        return Outcome(errand=errand, error=error)
    return Outcome(errand=errand, accepted=accepted)


def set_unknown(dispatch: Dispatch, row: Outbound, now: datetime) -> None:
    """Nobody knows whether the carrier has it: it is asked first, or given time to report."""
    carrier = dispatch.carriers.get(row.provider)
    row.state, row.changed_at = OutboundState.UNKNOWN, now
    row.not_before = now + (LOOK_UP_AFTER if carrier is not None and carrier.can_look_up else REPEAT_AFTER)


def _to_look_up(
    dispatch: Dispatch, session: Session, room: Callable[[str, Sequence[Errand]], Room], now: datetime
) -> list[Errand]:
    free = {name: room(name, ()).ordinary for name in dispatch.carriers}
    errands: list[Errand] = []
    for row in sending.claim_unknown(session, now, max(free.values())):
        if row.provider not in free:
            row.state = OutboundState.QUEUED  # a carrier that we have left: nobody to ask
        elif free[row.provider]:
            free[row.provider] -= 1
            row.not_before = now + outbound.LEASE
            errands.append(_errand(row, row.provider, monotonic(), look_up=True))
    session.flush()
    return errands


def _for_calls(
    dispatch: Dispatch, session: Session, rows: Sequence[Found[Any]], name: str, now: datetime
) -> list[Errand]:
    """Take claimed rows in hand, each with its turn; what got none is let go and stays as it was."""
    by_provider: dict[str, list[Found[Any]]] = {}
    for row in rows:  # demo numbers only ever leave through the simulator
        provider = name if name == _FOR_DEMO_NUMBERS or not is_demo(row.recipient) else _FOR_DEMO_NUMBERS
        by_provider.setdefault(provider, []).append(row)
    errands = [
        _errand(row, provider, begins_at)
        for provider, its in by_provider.items()
        for row, begins_at in zip(its, dispatch.turns.take(provider, len(its)), strict=False)
    ]
    if errands:
        ids = [errand.message.id for errand in errands]
        sending.take_in_hand(session, ids, [errand.provider for errand in errands], now)
    return errands


def _errand(row: Any, provider: str, begins_at: float, *, look_up: bool = False) -> Errand:  # noqa: ANN401 - a row of either kind
    message = OutboundMessage(
        id=row.id, recipient=row.recipient, body=row.body, purpose=str(row.purpose), expires_at=row.expires_at
    )
    return Errand(
        message=message,
        provider=provider,
        urgent=row.urgent,
        look_up=look_up,
        attempts=row.attempts if look_up else row.attempts + 1,
        claimed_at=monotonic(),
        begins_at=begins_at,
    )

"""What every step of a case sees: the session, the case, what happened, who did it, and when."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from gateway.domain.lifecycle import Move, State, Trigger
from gateway.domain.rules import Rules
from gateway.store.cases import Case
from gateway.store.inbound import Inbound
from gateway.store.people import Person, Post


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happens to a case; what a trigger does not need stays empty."""

    trigger: Trigger
    text: str = ""  # the actor's words
    days: int = 0  # EXTENDED
    other: Case | None = None  # MERGED: the case that it lives on in
    slug: str = ""  # FORWARDED: the department
    post: Post | None = None  # HANDED_OVER: the next holder; UNREACHABLE: whom the alert did not reach
    inbound: Inbound | None = None  # the message that said so; it is answered once


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """One move being made."""

    session: Session
    case: Case
    event: Event
    move: Move
    actor: Person | None  # nobody: the clock
    now: datetime

    @property
    def fresh(self) -> bool:
        """Whether the case is being opened: nobody else can know of it, and nothing hangs on it yet."""
        return self.move.source is State.NEW

    @property
    def rules(self) -> Rules:
        """The county's rules."""
        return rules_of(self.session)

    @property
    def today(self) -> date:
        """The day in the county."""
        return local_day(self.session, self.now)


def rules_of(session: Session) -> Rules:
    """The rules that wiring put on the sessions."""
    rules: Rules = session.info["rules"]
    return rules


def local_day(session: Session, now: datetime) -> date:
    """The county's calendar day at a moment."""
    return rules_of(session).day(now)

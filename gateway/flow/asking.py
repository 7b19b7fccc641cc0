"""Open questions: what a bare digit from a phone will mean (design, section 5)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gateway.domain.ladder import limits
from gateway.sms.reading import Verb
from gateway.store.cases import Case
from gateway.store.dialogue import Question, QuestionKind, close_passing
from gateway.store.inbound import Inbound
from gateway.store.people import Person

PASSING = timedelta(minutes=15)  # how long "which one did you mean?" waits for its digit
_ACCEPTABLE = timedelta(days=7)

Option = Mapping[str, Any]


def ask_accept(session: Session, person: Person, case: Case, *, now: datetime) -> None:
    """A bare 1 accepts the case."""
    options = {"1": command(Verb.ACCEPT, case.number)}
    _ask(session, person, QuestionKind.ALERT, options, now=now, life=_ACCEPTABLE, case=case)


def ask_fixed(session: Session, person: Person, case: Case, *, now: datetime) -> None:
    """A bare 1 says fixed, a bare 2 says not."""
    options = {"1": command(Verb.FIXED, case.number), "2": command(Verb.NOT_FIXED, case.number)}
    _ask(session, person, QuestionKind.FIXED, options, now=now, life=limits().confirm, case=case)


def ask_passing(
    session: Session, person: Person, kind: QuestionKind, options: Mapping[str, Option], *, now: datetime,
    about: Inbound | None = None,
) -> None:  # fmt: skip
    """Ask something that only the next message can answer; an older such question is forgotten."""
    close_passing(session, person, now)
    _ask(session, person, kind, options, now=now, life=PASSING, inbound=about)


def command(verb: Verb, number: str, **rest: Any) -> dict[str, Any]:
    """A command as an option; `rest` holds text, days, other."""
    return {"verb": verb.value, "number": number, **rest}


def choices(pairs: Sequence[tuple[str, str]]) -> str:
    """Digits and what they stand for, for a text."""
    return " ".join(f"{digit}={label}" for digit, label in pairs)


def _ask(
    session: Session, person: Person, kind: QuestionKind, options: Mapping[str, Option], *, now: datetime,
    life: timedelta, case: Case | None = None, inbound: Inbound | None = None,
) -> None:  # fmt: skip
    session.add(
        Question(
            person_id=person.id,
            kind=kind,
            case_id=case.id if case else None,
            inbound_id=inbound.id if inbound else None,
            options=dict(options),
            asked_at=now,
            expires_at=now + life,
        )
    )
    session.flush()

"""Open questions: what a bare digit from a phone will mean (design, section 5)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gateway.domain.ladder import limits
from gateway.domain.terms import Language
from gateway.flow.scene import Scene
from gateway.flow.turn import Turn
from gateway.sms.reading import Verb
from gateway.store.dialogue import Question, QuestionKind, close_draft, close_passing, close_standing
from gateway.store.people import Person
from gateway.wording import part

PASSING = timedelta(minutes=15)  # how long "which one did you mean?" waits for its digit
_ACCEPTABLE = timedelta(days=7)

Option = Mapping[str, Any]


def ask_accept(scene: Scene, person: Person) -> None:
    """A bare 1 accepts the case."""
    _ask_about(scene, person, QuestionKind.ALERT, {"1": Verb.ACCEPT}, _ACCEPTABLE)


def ask_fixed(scene: Scene, person: Person) -> None:
    """A bare 1 says fixed, a bare 2 says not."""
    _ask_about(scene, person, QuestionKind.FIXED, {"1": Verb.FIXED, "2": Verb.NOT_FIXED}, limits().confirm)


def ask_draft(session: Session, person: Person, draft_id: int, *, now: datetime, until: datetime) -> None:
    """A bare 1 files the report that a call broke off."""
    close_draft(session, person.id, now)
    question = Question(
        person_id=person.id,
        kind=QuestionKind.DRAFT,
        options={"1": {"draft": draft_id}},
        asked_at=now,
        expires_at=until,
    )
    session.add(question)


def ask_passing(turn: Turn, kind: QuestionKind, options: Mapping[str, Option]) -> None:
    """Ask something that only the next message can answer; an older such question is forgotten."""
    close_passing(turn.session, turn.person, turn.now)
    question = Question(
        person_id=turn.person.id,
        kind=kind,
        inbound_id=turn.message.id,
        options=dict(options),
        asked_at=turn.now,
        expires_at=turn.now + PASSING,
    )
    turn.session.add(question)
    turn.session.flush()


def command(verb: Verb, number: str, **rest: str | list[int]) -> dict[str, Any]:
    """A command as an option; `rest` holds text, days, other."""
    return {"verb": verb.value, "number": number, **rest}


def choices(pairs: Sequence[tuple[str, str]], language: Language) -> str:
    """Digits and what they stand for, for a text."""
    return " ".join(part("part_choice", language, digit=digit, label=label) for digit, label in pairs)


def _ask_about(scene: Scene, person: Person, kind: QuestionKind, verbs: Mapping[str, Verb], life: timedelta) -> None:
    question = Question(
        person_id=person.id,
        kind=kind,
        case_id=scene.case.id,
        options={digit: command(verb, scene.case.number) for digit, verb in verbs.items()},
        asked_at=scene.now,
        expires_at=scene.now + life,
    )
    close_standing(scene.session, person, scene.case, scene.now)
    scene.session.add(question)
    scene.session.flush()

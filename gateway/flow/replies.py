"""A bare digit or reply code: which open question does it answer? (design, section 5)"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from gateway.flow import asking, notify
from gateway.flow.resolve import Command, resolve
from gateway.flow.scene import rules_of
from gateway.sms.reading import Verb
from gateway.store.dialogue import Question, QuestionKind, close_passing, open_questions
from gateway.store.inbound import Inbound
from gateway.store.people import Person

MOST_CHOICES = 5  # what one segment can list


def reply(session: Session, person: Person, digits: str, *, message: Inbound, now: datetime) -> bool:
    """Answer the open question that the digits can mean; False when nothing is open for them."""
    questions = open_questions(session, person, now)
    fitting = [question for question in questions if digits in question.options]
    if len(fitting) == 1:
        _take(session, person, fitting[0], digits, message=message, now=now)
        return True
    if fitting:
        _choose(session, person, fitting, digits, message=message, now=now)
        return True
    coded = [question for question in questions if question.kind is QuestionKind.CODE]
    if coded and len(digits) == len(next(iter(coded[0].options))):
        _take(session, person, coded[0], digits, message=message, now=now)
        return True
    return False


def verb_alone(session: Session, person: Person, verb: Verb, *, message: Inbound, now: datetime) -> bool:
    """A word such as OK or 好 typed alone answers the one open question that it fits."""
    for digits in ("1", "2"):
        questions = [
            question
            for question in open_questions(session, person, now)
            if question.options.get(digits, {}).get("verb") == verb.value
        ]
        if len(questions) == 1:
            _take(session, person, questions[0], digits, message=message, now=now)
            return True
        if questions:
            _choose(session, person, questions, digits, message=message, now=now)
            return True
    return False


def _take(
    session: Session, person: Person, question: Question, digits: str, *, message: Inbound, now: datetime
) -> None:
    """Do what an option says: a command, or a request to be called."""
    option = question.options.get(digits) or next(iter(question.options.values()))
    message.result = "reply"
    if question.kind is not QuestionKind.CODE or digits in question.options:
        question.answered_at = now
    if option.get("call"):
        notify.answer_with(session, message, person, "call_promised", now=now)
        return
    command = Command(
        verb=Verb(option["verb"]),
        number=option["number"],
        text=option.get("text", ""),
        values=tuple(option.get("values", ())),
        code=digits if question.kind is QuestionKind.CODE else option.get("code", ""),
    )
    resolve(session, person, command, message=message, now=now)


def _choose(
    session: Session, person: Person, questions: Sequence[Question], digits: str, *, message: Inbound, now: datetime
) -> None:
    """Several things are open: list them, urgent ones first, and let a digit pick one."""
    ordered = sorted(questions, key=lambda each: (not (each.case and each.case.urgent), each.id))[:MOST_CHOICES]
    options, pairs = {}, []
    for place, question in enumerate(ordered, start=1):
        options[str(place)] = question.options[digits]
        pairs.append((str(place), question.options[digits]["number"]))
    close_passing(session, person, now)
    asking.ask_passing(session, person, QuestionKind.CHOOSE, options, now=now, about=message)
    message.result = "reply"
    notify.answer_with(session, message, person, "choose", now=now, choices=asking.choices(pairs))


def nothing_open(session: Session, person: Person, *, message: Inbound, now: datetime) -> None:
    """A digit that answers nothing."""
    message.result = "not_understood"
    notify.answer_with(session, message, person, "nothing_open", now=now, phone=rules_of(session).centre_phone)

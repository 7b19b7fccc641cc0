"""Answers read ahead: a set of messages asks the database once for each kind of question, not once for each message.

A query function that may be asked many times in one transaction goes through `foreseen`; who handles a set puts
answers there first (`foresee`). Without a set every function asks for itself, with the same answer. Building a
statement costs more than looking an answer up: it belongs into `ask`.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar, cast

from sqlalchemy.orm import Session

_ANSWERS = "foreseen"
_Answer = TypeVar("_Answer")

Question = tuple[Hashable, ...]
"""What is asked and about whom, such as `("phone_of", "+8619900000331")`."""


def foreseen(session: Session, question: Question, ask: Callable[[], _Answer]) -> _Answer:
    """The answer that was read ahead in this session, else what `ask` finds."""
    answers: Mapping[Question, object] = session.info.get(_ANSWERS, {})
    return cast("_Answer", answers[question]) if question in answers else ask()


def foresee(session: Session, answers: Mapping[Question, object]) -> None:
    """Keep answers for the rest of this session's transaction."""
    session.info.setdefault(_ANSWERS, {}).update(answers)


def is_foreseen(session: Session, question: Question) -> bool:
    """Whether an answer was read ahead."""
    return question in session.info.get(_ANSWERS, {})

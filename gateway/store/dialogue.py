"""What a phone has been asked: open questions, and the reply codes that our own alerts printed."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from gateway.domain.lifecycle import State
from gateway.store.ahead import foreseen
from gateway.store.base import Row, stored_as_text
from gateway.store.cases import Case
from gateway.store.people import Person


class QuestionKind(StrEnum):
    """Why a bare digit from this person can mean something."""

    ALERT = "alert"  # 1 accepts
    FIXED = "fixed"  # 1 yes, 2 no
    NEAR = "near"  # which number did you mean
    CODE = "code"  # send the printed code to confirm an action
    CHOOSE = "choose"  # which of several cases
    HOUSEHOLD = "household"  # what happened at this household; 1 call me back
    CALL = "call"  # 1 call me back
    DRAFT = "draft"  # 1 files a report that a call broke off


PASSING = (QuestionKind.NEAR, QuestionKind.CODE, QuestionKind.CHOOSE, QuestionKind.HOUSEHOLD, QuestionKind.CALL)


class Question(Row):
    """An open question; `options` maps what may be typed to what it does.

    An option is {"verb": …, "number": …} with the rest of the command as `text`, `days`, `other`, or {"report": text},
    {"call": True}, {"draft": id}.
    """

    __tablename__ = "questions"
    __table_args__ = (Index("ix_questions_open", "person_id", "id", postgresql_where="answered_at IS NULL"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    kind: Mapped[QuestionKind] = mapped_column(stored_as_text(QuestionKind))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"))
    options: Mapped[dict[str, Any]]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
    case: Mapped[Case | None] = relationship()


class ReplyCode(Row):
    """Three digits that a person's own alert about a case printed; proof that the sender reads that phone."""

    __tablename__ = "reply_codes"
    __table_args__ = (Index("uq_reply_codes_person_case", "person_id", "case_id", unique=True),)

    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    code: Mapped[str]
    wrong: Mapped[int] = mapped_column(default=0)
    locked_at: Mapped[datetime | None]


def open_questions(session: Session, person: Person, now: datetime) -> Sequence[Question]:
    """Questions that a bare digit may answer: the newest passing one alone, else every standing one, oldest first."""

    def ask() -> Sequence[Question]:
        return session.scalars(
            select(Question)
            .where(Question.person_id == person.id, Question.answered_at.is_(None), Question.expires_at > now)
            .order_by(Question.id)
        ).all()

    found = foreseen(session, ("questions", person.id), ask)
    passing = [question for question in found if question.kind in PASSING]
    return passing[-1:] or [question for question in found if question.kind not in PASSING]


def close_passing(session: Session, person: Person, now: datetime, *, cleared_up: bool = False) -> None:
    """Forget passing questions: a newer one or another message has taken their place.

    Words that wait behind one are not forgotten: unless this message has `cleared_up` which number was meant, their
    time is over at once and the clock files them (`forgotten_reports`).
    """
    if foreseen(session, ("never asked", person.id), lambda: False):
        return
    mine = (Question.person_id == person.id, Question.answered_at.is_(None), Question.kind.in_(PASSING))
    if not cleared_up:
        held = (Question.kind == QuestionKind.NEAR, Question.options.has_key("report"), Question.expires_at > now)
        session.execute(update(Question).where(*mine, *held).values(expires_at=now))
    wordless = or_(Question.kind != QuestionKind.NEAR, ~Question.options.has_key("report"))
    session.execute(update(Question).where(*mine, *(() if cleared_up else (wordless,))).values(answered_at=now))


def close_standing(session: Session, person: Person, case: Case, now: datetime) -> None:
    """Forget what this person was asked about a case: it is being asked anew."""
    if case.state is State.NEW:  # it is being opened: nobody was asked anything yet
        return
    asked: Sequence[Question] | None = foreseen(session, ("asked about", case.id), lambda: None)
    if asked is not None:
        for question in asked:
            if question.person_id == person.id:
                question.answered_at = now
        return
    session.execute(
        update(Question)
        .where(Question.person_id == person.id, Question.case_id == case.id, Question.answered_at.is_(None))
        .values(answered_at=now)
    )


def close_draft(session: Session, person_id: int, now: datetime) -> None:
    """Forget what was asked about a kept report: it is filed, begun anew, or being asked anew."""
    session.execute(
        update(Question)
        .where(Question.person_id == person_id, Question.kind == QuestionKind.DRAFT, Question.answered_at.is_(None))
        .values(answered_at=now)
    )


def close_for_case(session: Session, case: Case, now: datetime) -> None:
    """Forget what was asked about a case, because it has moved on."""
    session.execute(
        update(Question).where(Question.case_id == case.id, Question.answered_at.is_(None)).values(answered_at=now)
    )


def forgotten_reports(session: Session, now: datetime) -> Sequence[Question]:
    """Lock expired questions that hold words which would otherwise be lost: they become reports."""
    return session.scalars(
        select(Question)
        .where(
            Question.answered_at.is_(None),
            Question.expires_at <= now,
            Question.kind == QuestionKind.NEAR,
            Question.options.has_key("report"),
        )
        .with_for_update(skip_locked=True)
    ).all()


def reply_code(session: Session, person: Person, case: Case) -> ReplyCode:
    """The code of a person for a case, made at the first call; the same one is printed in every alert."""
    codes: dict[int, ReplyCode] | None = foreseen(session, ("codes", case.id), lambda: None)
    found = _printed_code(session, person, case) if codes is None else codes.get(person.id)
    if found is None:
        found = ReplyCode(person_id=person.id, case_id=case.id, code=f"{secrets.randbelow(900) + 100}")
        session.add(found)
        session.flush()
        if codes is not None:
            codes[person.id] = found
    return found


def _printed_code(session: Session, person: Person, case: Case) -> ReplyCode | None:
    """The code that an earlier alert printed; a case that is being opened has none."""
    if case.state is State.NEW:
        return None
    query = select(ReplyCode).where(ReplyCode.person_id == person.id, ReplyCode.case_id == case.id)
    return session.scalar(query.with_for_update())


def unlock(session: Session, person: Person) -> int:
    """Forget wrong codes of a person; returns how many cases were locked."""
    locked = session.scalars(
        select(ReplyCode).where(ReplyCode.person_id == person.id, ReplyCode.locked_at.is_not(None)).with_for_update()
    ).all()
    for code in locked:
        code.locked_at, code.wrong = None, 0
    return len(locked)

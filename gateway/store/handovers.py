"""What hangs on a post and on its holder's phone, for the day on which somebody else takes over."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from gateway.domain.lifecycle import ENDED
from gateway.domain.terms import Purpose, Role
from gateway.store.base import OutboundState
from gateway.store.cases import Case, Rung
from gateway.store.dialogue import Question
from gateway.store.outbound import Outbound
from gateway.store.people import Person, Post

_ASKING = (Purpose.ALERT, Purpose.REMINDER, Purpose.ASK)


def live_cases(session: Session, post: Post) -> Sequence[Case]:
    """Cases that are not over and that a post owns, answers for or, as a liaison's, has reported; oldest first."""
    laid = or_(Case.owner_id == post.id, Case.rungs.any(Rung.post_id == post.id))
    if post.role is Role.LIAISON:
        laid = or_(laid, and_(Case.reporter_id == post.person_id, Case.unit_id == post.unit_id))
    return session.scalars(select(Case).where(Case.state.not_in(ENDED), laid).order_by(Case.id)).all()


def withdraw_asks(session: Session, person: Person, case: Case, now: datetime) -> None:
    """Take back what one person was asked about a case: the open questions, and the texts that have not left."""
    session.execute(
        update(Question)
        .where(Question.case_id == case.id, Question.person_id == person.id, Question.answered_at.is_(None))
        .values(answered_at=now)
    )
    session.execute(
        update(Outbound)
        .where(
            Outbound.case_id == case.id,
            Outbound.person_id == person.id,
            Outbound.state == OutboundState.QUEUED,
            Outbound.purpose.in_(_ASKING),
        )
        .values(state=OutboundState.CANCELLED, changed_at=now)
    )

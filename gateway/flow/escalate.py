"""A missed deadline becomes an event of its case: remind, climb, close unconfirmed (design, section 7)."""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway.domain.ladder import DeadlineKind
from gateway.domain.lifecycle import Trigger
from gateway.flow.advance import advance
from gateway.flow.scene import Event
from gateway.store import cases
from gateway.store.cases import Deadline

_EVENT_OF = {
    DeadlineKind.ACCEPT: Trigger.ACCEPT_DUE,
    DeadlineKind.REMIND: Trigger.REMIND_DUE,
    DeadlineKind.STAGE: Trigger.STAGE_DUE,
    DeadlineKind.OVERALL: Trigger.OVERALL_DUE,
    DeadlineKind.OVERDUE: Trigger.OVERDUE_DUE,
    DeadlineKind.CONFIRM: Trigger.CONFIRM_DUE,
}


def escalate(session: Session, deadline_id: int, *, now: datetime) -> bool:
    """Make the move of one deadline that has passed; False when an earlier move has settled it."""
    deadline = session.get_one(Deadline, deadline_id)
    case = cases.lock(session, deadline.case_id)  # the case first: every move locks in this order
    session.refresh(deadline)
    if deadline.done_at is not None or deadline.due_at > now:
        return False
    deadline.done_at, deadline.missed = now, True
    session.flush()
    advance(session, case.id, Event(trigger=_EVENT_OF[deadline.kind]), actor=None, now=now)
    return True

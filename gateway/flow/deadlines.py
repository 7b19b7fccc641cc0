"""Deadline rows follow from the facts of a case: after every move the standing ones are made to fit."""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway.domain.ladder import plan
from gateway.flow.scene import rules_of
from gateway.store.cases import Case, Deadline, pending_deadlines


def fit(session: Session, case: Case, now: datetime) -> None:
    """Add, move and end deadlines until exactly the planned ones stand."""
    wanted = plan(case.facts(), rules_of(session).calendar)
    standing = pending_deadlines(session, case)
    for kind, deadline in standing.items():
        if kind not in wanted:
            deadline.done_at = now
        elif deadline.due_at != wanted[kind]:
            deadline.due_at = wanted[kind]
    session.add_all(
        Deadline(case_id=case.id, kind=kind, due_at=due) for kind, due in wanted.items() if kind not in standing
    )

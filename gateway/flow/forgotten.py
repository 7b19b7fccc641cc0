"""Words that waited behind "which number did you mean?" and were never cleared up: they become reports."""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway.flow import reports
from gateway.flow.turn import Turn
from gateway.sms.reading import Parsed
from gateway.store.dialogue import forgotten_reports
from gateway.store.inbound import Inbound


def file(session: Session, *, now: datetime) -> int:
    """File every such message as a report; returns how many there were."""
    questions = forgotten_reports(session, now)
    for question in questions:
        question.answered_at = now
        if question.inbound_id is not None:
            message = session.get_one(Inbound, question.inbound_id, with_for_update=True)
            turn = Turn(session=session, message=message, person=question.person, now=now)
            reports.file_late(turn, Parsed(text=message.text, urgent=question.options["report"]["urgent"]))
    return len(questions)

"""Missed deadlines become events of their cases: remind, climb, close unconfirmed (design, section 7).

A county's deadlines fall due in crowds: a storm's two hundred reports of one evening are two hundred climbs of the same
minute. They are handled in sets as plain reports are (decision 12).
"""

from collections.abc import Sequence
from datetime import datetime

from gateway.domain.ladder import DeadlineKind
from gateway.domain.lifecycle import Trigger
from gateway.flow.advance import advance
from gateway.flow.owners import foresee_places
from gateway.flow.scene import Event
from gateway.store import cases, foresight
from gateway.store.ahead import foresee
from gateway.store.sets import SetSession

_EVENT_OF = {
    DeadlineKind.ACCEPT: Trigger.ACCEPT_DUE,
    DeadlineKind.REMIND: Trigger.REMIND_DUE,
    DeadlineKind.STAGE: Trigger.STAGE_DUE,
    DeadlineKind.OVERALL: Trigger.OVERALL_DUE,
    DeadlineKind.OVERDUE: Trigger.OVERDUE_DUE,
    DeadlineKind.CONFIRM: Trigger.CONFIRM_DUE,
}


def escalate(session: SetSession, case_ids: Sequence[int], *, now: datetime) -> list[int]:
    """Make the move of the earliest deadline that has passed in each of some cases, and write them.

    Returns the cases that moved. One that another process has locked is left for the next round.
    """
    locked = cases.lock_all(session, case_ids)
    standing = cases.standing_deadlines(session, locked)
    foresee_places(session, {case.unit_id for case in locked}, now)
    foresee(session, foresight.dialogue(session, [case.id for case in locked]))
    moved = []
    for case in locked:
        pending = standing[case.id]
        foresee(session, {("lock", case.id): case, ("deadlines", case.id): pending})
        due = min((each for each in pending.values() if each.due_at <= now), key=lambda each: each.due_at, default=None)
        if due is None:
            continue  # an earlier move has settled it
        due.done_at, due.missed = now, True
        del pending[due.kind]
        advance(session, case.id, Event(trigger=_EVENT_OF[due.kind]), actor=None, now=now)
        moved.append(case.id)
    session.write()
    return moved

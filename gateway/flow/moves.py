"""What somebody may do to a case just now: the lifecycle's table, who may, and its windows of time (design, 5, 7)."""

from collections.abc import Mapping
from datetime import datetime

from gateway.domain.ladder import limits
from gateway.domain.lifecycle import WHO, Effect, Party, State, Trigger, move_for
from gateway.sms.reading import Verb
from gateway.store.cases import Case

TRIGGERS: Mapping[Verb, Trigger] = {
    Verb.ACCEPT: Trigger.ACCEPTED,
    Verb.DONE: Trigger.DONE,
    Verb.PASS_UP: Trigger.PASSED_UP,
    Verb.NOT_MINE: Trigger.BOUNCED,
    Verb.EXTEND: Trigger.EXTENDED,
    Verb.NOTE: Trigger.NOTED,
    Verb.FIXED: Trigger.FIXED,
    Verb.NOT_FIXED: Trigger.DISPUTED,
    Verb.UNDO: Trigger.UNDONE,
    Verb.FORWARD: Trigger.FORWARDED,
    Verb.MERGE: Trigger.MERGED,
}
"""What a verb behind a case number causes."""


def open_to(case: Case, mine: frozenset[Party], now: datetime) -> tuple[Verb, ...]:
    """The verbs that would change something now for somebody who is all of `mine` to the case."""
    return tuple(
        verb
        for verb, trigger in TRIGGERS.items()
        if mine & WHO[trigger]
        and Effect.TELL_LATE not in move_for(case.state, trigger).effects
        and _in_time(case, verb, now)
        and not (verb is Verb.ACCEPT and case.state is State.ACCEPTED and Party.OWNER in mine)
    )


def days_left(case: Case, now: datetime) -> int:
    """By how many days the case may still be extended; none once its time is over."""
    return limits().extend_days - case.extended_days if now < case.due_at else 0


def in_undo_window(case: Case, moment: datetime) -> bool:
    """Whether the reporter may still take the case back."""
    return moment <= case.opened_at + limits().undo


def _in_time(case: Case, verb: Verb, now: datetime) -> bool:
    if verb is Verb.UNDO:
        return in_undo_window(case, now)
    return verb is not Verb.EXTEND or days_left(case, now) > 0

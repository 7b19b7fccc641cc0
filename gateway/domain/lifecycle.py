"""The life of a case as a table of moves: source, event, target, effects (design, section 7).

Late and double events are rows of the table, so every event has exactly one row in every state.
`flow/advance.py` is the one reader that writes; `docs/state-table.md` is printed from here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a case stands."""

    NEW = "new"
    OPEN = "open"  # owned, not yet accepted
    ACCEPTED = "accepted"
    RESOLVED = "resolved"  # said to be done, the reporter is asked
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class Trigger(StrEnum):
    """What can happen to a case."""

    OPENED = "opened"
    FOLLOWED_UP = "followed_up"
    NOTED = "noted"
    ACCEPTED = "accepted"
    DONE = "done"
    PASSED_UP = "passed_up"
    BOUNCED = "bounced"  # "not mine"
    EXTENDED = "extended"
    FORWARDED = "forwarded"
    MERGED = "merged"
    FIXED = "fixed"
    DISPUTED = "disputed"  # "not fixed"
    UNDONE = "undone"
    HANDED_OVER = "handed_over"
    UNREACHABLE = "unreachable"  # the owner's phones did not take the alert
    REMIND_DUE = "remind_due"
    ACCEPT_DUE = "accept_due"
    STAGE_DUE = "stage_due"
    OVERALL_DUE = "overall_due"
    OVERDUE_DUE = "overdue_due"
    CONFIRM_DUE = "confirm_due"


class Party(StrEnum):
    """What somebody is to a case."""

    REPORTER = "reporter"  # who reported it, and the household's present liaison
    OWNER = "owner"
    RESPONSIBLE = "responsible"  # an earlier or added rung, or told as responder
    COUNTY = "county"  # the county centre of the case's county


class Effect(StrEnum):
    """What a move does besides changing the state; `flow/effects.py` has one function for each."""

    NAME_OWNER = "name_owner"  # route, the first owner
    CONFIRM_REPORTER = "confirm_reporter"
    ALERT_OWNER = "alert_owner"
    TELL_RESPONDERS = "tell_responders"  # urgent: township commander and second responder
    COPY_COUNTY = "copy_county"
    TELL_FORMER = "tell_former"  # the owner from whom somebody else takes it
    TAKE = "take"  # whoever accepts is the owner
    NEXT_RUNG_OWNS = "next_rung_owns"
    RUNG_OR_CENTRE_OWNS = "rung_or_centre_owns"  # bounce: next rung, the second time the county centre
    DEPARTMENT_OWNS = "department_owns"
    STAND_IN_OWNS = "stand_in_owns"  # deputy, else next rung
    HAND_OVER = "hand_over"  # the post's next holder takes the owner's place
    CLIMB = "climb"  # add a rung, keep the owner
    CLIMB_TO_COUNTY = "climb_to_county"
    REMIND = "remind"
    EXTEND_CLOCK = "extend_clock"
    ASK_REPORTER = "ask_reporter"
    TELL_REPORTER = "tell_reporter"
    TELL_OWNER = "tell_owner"
    CALL_OFF = "call_off"  # whoever was told of a case hears that it was taken back
    CANCEL_STALE = "cancel_stale"  # what is queued and asks for something that has passed
    TELL_LATE = "tell_late"  # the actor hears where the case stands
    ACKNOWLEDGE = "acknowledge"  # the actor's one answer


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table."""

    source: State
    event: Trigger
    target: State
    effects: tuple[Effect, ...] = ()


_LIVE = (State.OPEN, State.ACCEPTED)
_ENDED = (State.CLOSED, State.WITHDRAWN, State.MERGED)
_TIMERS = (
    Trigger.REMIND_DUE,
    Trigger.ACCEPT_DUE,
    Trigger.STAGE_DUE,
    Trigger.OVERALL_DUE,
    Trigger.OVERDUE_DUE,
    Trigger.CONFIRM_DUE,
)
_E = Effect


def _rows() -> Iterable[Move]:
    yield Move(
        State.NEW,
        Trigger.OPENED,
        State.OPEN,
        (_E.NAME_OWNER, _E.CONFIRM_REPORTER, _E.ALERT_OWNER, _E.TELL_RESPONDERS, _E.COPY_COUNTY),
    )
    for state in _LIVE:
        yield from _live_rows(state)
    yield from _resolved_rows()
    yield Move(State.CLOSED, Trigger.DISPUTED, State.OPEN, (_E.TELL_OWNER, *_REOPEN))
    yield Move(State.CLOSED, Trigger.FIXED, State.CLOSED, (_E.ACKNOWLEDGE,))


_TAKEN = (_E.TELL_FORMER, _E.TAKE)
_CANCEL_AND_ALERT = (_E.CANCEL_STALE, _E.ALERT_OWNER)
_REOPEN = (_E.NEXT_RUNG_OWNS, *_CANCEL_AND_ALERT, _E.COPY_COUNTY, _E.ACKNOWLEDGE)


def _live_rows(state: State) -> Iterable[Move]:
    open_, here = State.OPEN, state
    yield Move(here, Trigger.FOLLOWED_UP, here, (_E.CONFIRM_REPORTER, _E.TELL_OWNER))
    yield Move(here, Trigger.NOTED, here, (_E.TELL_OWNER, _E.ACKNOWLEDGE))
    yield Move(here, Trigger.ACCEPTED, State.ACCEPTED, (*_TAKEN, _E.CANCEL_STALE, _E.TELL_REPORTER, _E.ACKNOWLEDGE))
    yield Move(here, Trigger.DONE, State.RESOLVED, (*_TAKEN, _E.CANCEL_STALE, _E.ASK_REPORTER, _E.ACKNOWLEDGE))
    for trigger, owner in (
        (Trigger.PASSED_UP, _E.NEXT_RUNG_OWNS),
        (Trigger.BOUNCED, _E.RUNG_OR_CENTRE_OWNS),
        (Trigger.FORWARDED, _E.DEPARTMENT_OWNS),
    ):
        yield Move(here, trigger, open_, (owner, *_CANCEL_AND_ALERT, _E.TELL_REPORTER, _E.ACKNOWLEDGE))
    yield Move(here, Trigger.EXTENDED, here, (_E.EXTEND_CLOCK, _E.TELL_REPORTER, _E.ACKNOWLEDGE))
    yield Move(here, Trigger.MERGED, State.MERGED, (_E.CANCEL_STALE, _E.TELL_OWNER, _E.TELL_REPORTER, _E.ACKNOWLEDGE))
    yield Move(here, Trigger.FIXED, State.CLOSED, (_E.CANCEL_STALE, _E.TELL_OWNER, _E.ACKNOWLEDGE))
    yield Move(here, Trigger.DISPUTED, here, (_E.TELL_OWNER, _E.ACKNOWLEDGE))
    yield Move(here, Trigger.UNDONE, State.WITHDRAWN, (_E.CANCEL_STALE, _E.TELL_OWNER, _E.CALL_OFF, _E.ACKNOWLEDGE))
    yield Move(here, Trigger.HANDED_OVER, here, (_E.HAND_OVER,))
    yield Move(here, Trigger.UNREACHABLE, here if here is State.ACCEPTED else open_, _stand_in(here))
    yield Move(here, Trigger.REMIND_DUE, here, (_E.REMIND,))
    yield Move(here, Trigger.ACCEPT_DUE, here, (_E.CLIMB,) if here is open_ else ())
    yield Move(here, Trigger.STAGE_DUE, here, (_E.CLIMB,))
    yield Move(here, Trigger.OVERALL_DUE, here, (_E.CLIMB_TO_COUNTY,))
    yield Move(here, Trigger.OVERDUE_DUE, here, (_E.REMIND,))


def _stand_in(state: State) -> tuple[Effect, ...]:
    """Only an alert that nobody has accepted needs somebody else; after acceptance the owner knows."""
    return (_E.STAND_IN_OWNS, *_CANCEL_AND_ALERT) if state is State.OPEN else ()


def _resolved_rows() -> Iterable[Move]:
    here = State.RESOLVED
    yield Move(here, Trigger.NOTED, here, (_E.TELL_OWNER, _E.ACKNOWLEDGE))
    yield Move(here, Trigger.FIXED, State.CLOSED, (_E.CANCEL_STALE, _E.TELL_OWNER, _E.ACKNOWLEDGE))
    yield Move(here, Trigger.DISPUTED, State.OPEN, (_E.TELL_OWNER, *_REOPEN))
    yield Move(here, Trigger.CONFIRM_DUE, State.CLOSED, (_E.CANCEL_STALE, _E.TELL_REPORTER))
    yield Move(here, Trigger.MERGED, State.MERGED, (_E.CANCEL_STALE, _E.TELL_OWNER, _E.TELL_REPORTER, _E.ACKNOWLEDGE))
    yield Move(here, Trigger.UNDONE, State.WITHDRAWN, (_E.CANCEL_STALE, _E.TELL_OWNER, _E.CALL_OFF, _E.ACKNOWLEDGE))
    yield Move(here, Trigger.HANDED_OVER, here, (_E.HAND_OVER,))


def _build() -> Mapping[tuple[State, Trigger], Move]:
    table = {(move.source, move.event): move for move in _rows()}
    for state in State:
        for trigger in Trigger:
            silent = trigger in _TIMERS or trigger in {Trigger.HANDED_OVER, Trigger.UNREACHABLE}
            late = Move(state, trigger, state, () if silent else (_E.TELL_LATE,))
            table.setdefault((state, trigger), late)
    return table


_OFFICIALS = frozenset({Party.OWNER, Party.RESPONSIBLE, Party.COUNTY})
_ANYONE = frozenset(Party)
WHO: Mapping[Trigger, frozenset[Party]] = {
    Trigger.NOTED: _ANYONE,
    Trigger.ACCEPTED: _OFFICIALS,
    Trigger.DONE: _OFFICIALS,
    Trigger.PASSED_UP: _OFFICIALS,
    Trigger.BOUNCED: _OFFICIALS,
    Trigger.EXTENDED: _OFFICIALS,
    Trigger.FORWARDED: frozenset({Party.COUNTY}),
    Trigger.MERGED: frozenset({Party.COUNTY}),
    Trigger.FIXED: frozenset({Party.REPORTER}),
    Trigger.DISPUTED: frozenset({Party.REPORTER}),
    Trigger.UNDONE: frozenset({Party.REPORTER}),
}
"""Who may cause what; triggers that are absent come from the gateway itself."""

TABLE: Mapping[tuple[State, Trigger], Move] = _build()
ENDED = frozenset(_ENDED)


def move_for(state: State, trigger: Trigger) -> Move:
    """The one row for an event in a state; every pair has one."""
    return TABLE[state, trigger]

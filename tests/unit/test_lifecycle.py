"""The table of moves: every event has one row in every state, and only the rows meant change a state."""

import inspect
from collections import Counter

import pytest

from gateway.domain import lifecycle
from gateway.domain.lifecycle import ENDED, TABLE, WHO, Effect, Move, Party, State, Trigger, move_for
from gateway.flow.effects import EFFECTS

TIMERS = {
    Trigger.REMIND_DUE,
    Trigger.ACCEPT_DUE,
    Trigger.STAGE_DUE,
    Trigger.OVERALL_DUE,
    Trigger.OVERDUE_DUE,
    Trigger.CONFIRM_DUE,
}
NEW_OWNER = {
    Effect.NEXT_RUNG_OWNS,
    Effect.RUNG_OR_CENTRE_OWNS,
    Effect.DEPARTMENT_OWNS,
    Effect.STAND_IN_OWNS,
}
WHOLE_WAY = {
    (State.NEW, State.OPEN),
    (State.OPEN, State.ACCEPTED),
    (State.OPEN, State.RESOLVED),
    (State.OPEN, State.CLOSED),
    (State.OPEN, State.WITHDRAWN),
    (State.OPEN, State.MERGED),
    (State.ACCEPTED, State.OPEN),
    (State.ACCEPTED, State.RESOLVED),
    (State.ACCEPTED, State.CLOSED),
    (State.ACCEPTED, State.WITHDRAWN),
    (State.ACCEPTED, State.MERGED),
    (State.RESOLVED, State.OPEN),
    (State.RESOLVED, State.CLOSED),
    (State.RESOLVED, State.WITHDRAWN),
    (State.RESOLVED, State.MERGED),
    (State.CLOSED, State.OPEN),
}
"""Every change of state that may ever happen."""


def moves() -> list[Move]:
    return list(TABLE.values())


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("trigger", Trigger)
def test_every_event_has_its_row_in_every_state(state: State, trigger: Trigger) -> None:
    move = move_for(state, trigger)
    assert (move.source, move.event) == (state, trigger)


def test_no_row_is_written_twice() -> None:
    written = Counter((move.source, move.event) for move in lifecycle._rows())
    assert [pair for pair, times in written.items() if times > 1] == []


def test_a_case_changes_only_along_the_ways_meant() -> None:
    assert {(move.source, move.target) for move in moves() if move.source is not move.target} == WHOLE_WAY


def test_what_is_over_stays_over_unless_the_reporter_says_not_fixed() -> None:
    leaving = {(move.source, move.event) for move in moves() if move.source in ENDED and move.target not in ENDED}
    assert leaving == {(State.CLOSED, Trigger.DISPUTED)}


def test_nothing_becomes_new_again() -> None:
    assert [move for move in moves() if move.target is State.NEW and move.source is not State.NEW] == []


@pytest.mark.parametrize("move", [move for move in moves() if move.source in ENDED and move.event in TIMERS], ids=str)
def test_a_timer_that_rings_late_does_nothing(move: Move) -> None:
    assert (move.target, move.effects) == (move.source, ())


@pytest.mark.parametrize("trigger", sorted(WHO))
@pytest.mark.parametrize("state", sorted(set(State) - {State.NEW}))
def test_whoever_sends_a_command_hears_one_answer_in_every_state(state: State, trigger: Trigger) -> None:
    answers = {Effect.ACKNOWLEDGE, Effect.TELL_LATE, Effect.CONFIRM_REPORTER}
    assert len([effect for effect in move_for(state, trigger).effects if effect in answers]) == 1


@pytest.mark.parametrize(
    "move", [move for move in moves() if move.target in ENDED and move.source not in ENDED], ids=str
)
def test_the_end_of_a_case_takes_back_what_still_asks_for_something(move: Move) -> None:
    assert Effect.CANCEL_STALE in move.effects


@pytest.mark.parametrize("move", [move for move in moves() if NEW_OWNER & set(move.effects)], ids=str)
def test_a_new_owner_is_alerted_after_the_old_questions_are_taken_back(move: Move) -> None:
    order = [move.effects.index(effect) for effect in (Effect.CANCEL_STALE, Effect.ALERT_OWNER)]
    owner = min(move.effects.index(effect) for effect in NEW_OWNER & set(move.effects))
    assert owner < order[0] < order[1]
    assert move.target is State.OPEN  # somebody new has accepted nothing yet


def test_a_climb_never_changes_the_state() -> None:
    climbs = {Effect.CLIMB, Effect.CLIMB_TO_COUNTY, Effect.REMIND}
    assert {move.target is move.source for move in moves() if climbs & set(move.effects)} == {True}


def test_only_the_reporter_says_fixed_or_not_fixed_or_undoes() -> None:
    for trigger in (Trigger.FIXED, Trigger.DISPUTED, Trigger.UNDONE):
        assert WHO[trigger] == {Party.REPORTER}


def test_only_the_county_forwards_and_merges() -> None:
    for trigger in (Trigger.FORWARDED, Trigger.MERGED):
        assert WHO[trigger] == {Party.COUNTY}


def test_nobody_can_send_what_only_the_gateway_knows() -> None:
    own = {Trigger.OPENED, Trigger.FOLLOWED_UP, Trigger.HANDED_OVER, Trigger.UNREACHABLE, *TIMERS}
    assert set(Trigger) - set(WHO) == own


def test_every_effect_is_done_by_one_function_and_used_by_the_table() -> None:
    assert set(EFFECTS) == set(Effect)
    used = {effect for move in moves() for effect in move.effects}
    assert used == set(Effect)
    assert all(list(inspect.signature(function).parameters) == ["scene"] for function in EFFECTS.values())

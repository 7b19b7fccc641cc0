"""Makes state-table.md from the lifecycle's table of moves and the ladder's times."""

from collections.abc import Iterator

from gateway.domain.ladder import limits, pace
from gateway.domain.lifecycle import TABLE, WHO, Effect, Move, State

PAGE = "state-table.md"
HEAD = """# The life of a case

Made from `gateway/domain/lifecycle.py` and `ladder.toml` by `make docs`: do not edit.

Every event has one row in every state. `gateway/flow/advance.py` looks it up, runs the effects in order, writes the new
state and one line of history, and makes the deadlines fit the facts. Design, section 7.

"""


def render() -> str:
    """The page."""
    return HEAD + "".join([*_states(), *_who(), *_late(), *_times()])


def _states() -> Iterator[str]:
    for state in State:
        rows = [move for move in TABLE.values() if move.source is state and not _is_late(move)]
        if not rows:
            continue
        yield f"## {state}\n\n| event | becomes | effects, in order |\n|---|---|---|\n"
        for move in rows:
            target = "" if move.target is state else f"**{move.target}**"
            yield f"| {move.event} | {target} | {', '.join(move.effects) or 'history only'} |\n"
        yield "\n"


def _is_late(move: Move) -> bool:
    return move.source is move.target and move.effects in {(), (Effect.TELL_LATE,)}


def _who() -> Iterator[str]:
    yield "## Who may cause what\n\n| event | who |\n|---|---|\n"
    for trigger, parties in WHO.items():
        yield f"| {trigger} | {', '.join(sorted(parties))} |\n"
    yield "\nEvents that are not listed come from the gateway itself: reports, deadlines, deliveries, a handover.\n\n"


def _late() -> Iterator[str]:
    yield (
        "## Late and double events\n\nEvery pair that no table above lists leaves the state alone. Whoever wrote is "
        "told where the case stands\n(`tell_late`); a deadline or delivery that comes too late does nothing. What is "
        "late by state:\n\n"
    )
    for state in State:
        late = [move.event for move in TABLE.values() if move.source is state and move.effects == (Effect.TELL_LATE,)]
        yield f"- **{state}**: {', '.join(late)}\n"
    yield "\n"


def _times() -> Iterator[str]:
    yield "## Times\n\n| | ordinary | urgent |\n|---|---|---|\n"
    ordinary, urgent = pace(urgent=False), pace(urgent=True)
    yield f"| whole time | {ordinary.overall} | {urgent.overall} |\n"
    yield f"| to accept, on each rung | {ordinary.accept} | {urgent.accept} |\n"
    yield f"| reminder before that | {ordinary.remind or 'none'} | {urgent.remind} |\n"
    yield f"| reminder where nobody stands above | {ordinary.top_remind} | {urgent.top_remind} |\n"
    stages = ", ".join(f"{level} {days}" for level, days in ordinary.stage_days.items())
    yield f"| working days on each rung | {stages} | none |\n\n"
    rule = limits()
    yield (
        f"Undo within {rule.undo}; silence after `done` closes as unconfirmed after {rule.confirm}; not fixed reopens "
        f"within {rule.reopen};\nextensions {rule.extend_days} working days in all; a follow-up joins its case within "
        f"{rule.follow_up}; the same text within {rule.same_text}\nis one report; bounce number "
        f"{rule.bounces_to_county} lands at the county centre; past its time a case is called every "
        f"{rule.overdue_again}.\n"
    )

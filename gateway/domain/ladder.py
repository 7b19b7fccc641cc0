"""The rungs of the ladder and the deadlines of a case: arithmetic over facts, no rows (design, section 7)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources

from gateway.domain.calendar import WorkingCalendar
from gateway.domain.lifecycle import State
from gateway.domain.terms import Level, Light, Role

_ROLES: Mapping[Level, tuple[Role, ...]] = {
    Level.VILLAGE: (Role.GRID_LEADER,),
    Level.TOWNSHIP: (Role.TOWNSHIP_COMMANDER, Role.TOWNSHIP_DESK),
    Level.COUNTY: (Role.COUNTY_OPERATOR, Role.COUNTY_COMMANDER),
    Level.DEPARTMENT: (Role.DEPARTMENT_OFFICER,),
}
_YELLOW_SHARE = 4  # the last quarter of the time is yellow


class DeadlineKind(StrEnum):
    """What falls due; every kind is an event of the lifecycle when it does."""

    ACCEPT = "accept"  # the owner has not said "mine"
    REMIND = "remind"
    STAGE = "stage"  # this rung's share of the time is over
    OVERALL = "overall"  # the case's whole time is over
    OVERDUE = "overdue"  # once more, each day after that
    CONFIRM = "confirm"  # the reporter has not answered "is it fixed?"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """Times of one urgency, in seconds as timedelta and in working days."""

    overall: timedelta
    accept: timedelta
    remind: timedelta
    top_remind: timedelta
    stage_days: Mapping[Level, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """The windows and counts of the lifecycle that are not stages."""

    undo: timedelta
    confirm: timedelta
    reopen: timedelta
    extend_days: int
    follow_up: timedelta
    same_text: timedelta
    bounces_to_county: int
    overdue_again: timedelta
    wrong_codes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What the deadlines of a case follow from."""

    state: State
    urgent: bool
    level: Level
    opened_at: datetime  # when the county received the message; never restarts
    due_at: datetime
    alerted_at: datetime  # when the present rung was asked
    stage_from: datetime
    reminders: int = 0  # since alerted_at
    stage_misses: int = 0  # at this level
    stage_extra_days: int = 0
    climbs: int = 0  # rungs missed since the report
    at_top: bool = False  # no rung above
    overdue_told_at: datetime | None = None
    resolved_at: datetime | None = None


@cache
def paces() -> tuple[Pace, Pace, Limits]:
    """Ordinary pace, urgent pace and limits, from ladder.toml."""
    data = tomllib.loads(resources.files("gateway.domain").joinpath("ladder.toml").read_text("utf-8"))
    limits = data["limits"]
    return (
        _pace(data["ordinary"]),
        _pace(data["urgent"]),
        Limits(
            undo=timedelta(minutes=limits["undo_minutes"]),
            confirm=timedelta(days=limits["confirm_days"]),
            reopen=timedelta(days=limits["reopen_days"]),
            extend_days=limits["extend_days"],
            follow_up=timedelta(hours=limits["follow_up_hours"]),
            same_text=timedelta(minutes=limits["same_text_minutes"]),
            bounces_to_county=limits["bounces_to_county"],
            overdue_again=timedelta(hours=limits["overdue_again_hours"]),
            wrong_codes=limits["wrong_codes"],
        ),
    )


def pace(*, urgent: bool) -> Pace:
    """The times that a case of this urgency runs by."""
    ordinary, fast, _ = paces()
    return fast if urgent else ordinary


def limits() -> Limits:
    """The windows and counts that hold for every case."""
    return paces()[2]


def _pace(table: dict[str, object]) -> Pace:
    stages = table["stage_working_days"]
    if not isinstance(stages, dict):
        raise TypeError("stage_working_days must be a table")
    return Pace(
        overall=timedelta(hours=float(str(table["overall_hours"]))),
        accept=timedelta(minutes=float(str(table["accept_minutes"]))),
        remind=timedelta(minutes=float(str(table["remind_minutes"]))),
        top_remind=timedelta(minutes=float(str(table["top_remind_minutes"]))),
        stage_days={Level(name): int(days) for name, days in stages.items()},
    )


def roles_at(level: Level) -> tuple[Role, ...]:
    """Roles that answer for a level, the one asked first in front."""
    return _ROLES[level]


def above(level: Level) -> Level | None:
    """The next rung up; above a department stands the county, above the county nobody."""
    return {Level.VILLAGE: Level.TOWNSHIP, Level.TOWNSHIP: Level.COUNTY, Level.DEPARTMENT: Level.COUNTY}.get(level)


def plan(facts: Facts, calendar: WorkingCalendar) -> dict[DeadlineKind, datetime]:
    """Every deadline that a case must have now, by kind; empty only for closed, withdrawn and merged cases."""
    if facts.state in {State.CLOSED, State.WITHDRAWN, State.MERGED}:
        return {}
    if facts.state is State.RESOLVED:
        return {DeadlineKind.CONFIRM: (facts.resolved_at or facts.alerted_at) + limits().confirm}
    due = _overall(facts)
    if facts.state is not State.ACCEPTED:
        due |= _acceptance(facts)
    days = pace(urgent=facts.urgent).stage_days.get(facts.level)
    if days is not None and facts.overdue_told_at is None:
        stage = calendar.add_working_days(facts.stage_from, days + facts.stage_extra_days + facts.stage_misses)
        if stage < facts.due_at:
            due[DeadlineKind.STAGE] = stage
    return due


def _overall(facts: Facts) -> dict[DeadlineKind, datetime]:
    if facts.overdue_told_at is None:
        return {DeadlineKind.OVERALL: facts.due_at}
    return {DeadlineKind.OVERDUE: facts.overdue_told_at + limits().overdue_again}


def _acceptance(facts: Facts) -> dict[DeadlineKind, datetime]:
    speed = pace(urgent=facts.urgent)
    if facts.at_top:
        return {DeadlineKind.REMIND: facts.alerted_at + speed.top_remind * (facts.reminders + 1)}
    due = {DeadlineKind.ACCEPT: facts.alerted_at + speed.accept}
    if speed.remind:
        reminder = facts.alerted_at + speed.remind * (facts.reminders + 1)
        if reminder < due[DeadlineKind.ACCEPT]:
            due[DeadlineKind.REMIND] = reminder
    return due


def light(facts: Facts, now: datetime) -> Light:
    """Green on time, yellow when little time is left or a rung was missed, red past the case's whole time."""
    until = facts.resolved_at or now
    if until > facts.due_at:
        return Light.RED
    whole = facts.due_at - facts.opened_at
    if facts.climbs or facts.due_at - until < whole / _YELLOW_SHARE:
        return Light.YELLOW
    return Light.GREEN

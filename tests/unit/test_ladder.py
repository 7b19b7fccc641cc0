"""Deadlines and lights follow from the facts of a case (design, section 7)."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.calendar import WorkingCalendar
from gateway.domain.ladder import DeadlineKind, Facts, above, light, limits, pace, plan, roles_at
from gateway.domain.lifecycle import ENDED, State
from gateway.domain.terms import Level, Light

CHINA = WorkingCalendar(country="CN", timezone="Asia/Shanghai")
ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 9, 10, 0, tzinfo=ZONE)
K = DeadlineKind


def facts(opened: datetime = MONDAY, *, urgent: bool = False, **more: object) -> Facts:
    """A case as it stands right after its report; `more` replaces facts."""
    given_level = more.get("level", Level.VILLAGE)
    assert isinstance(given_level, Level)
    fields: dict[str, object] = {
        "state": State.OPEN,
        "level": given_level,
        "opened_at": opened,
        "due_at": opened + pace(urgent=urgent).overall,
        "alerted_at": opened,
        "stage_from": opened,
        "at_top": above(given_level) is None,
    }
    return Facts(urgent=urgent, **{**fields, **more})  # type: ignore[arg-type]


def due(given_facts: Facts) -> dict[DeadlineKind, timedelta]:
    """Deadlines as spans since the report."""
    return {kind: moment - given_facts.opened_at for kind, moment in plan(given_facts, CHINA).items()}


def span(**parts: int) -> timedelta:
    return timedelta(**parts)


# Seven days: accept within one, then three, two and two working days on the rungs.


def test_an_ordinary_case_waits_for_acceptance_its_stage_and_its_week() -> None:
    assert due(facts()) == {K.ACCEPT: span(hours=24), K.STAGE: span(days=3), K.OVERALL: span(days=7)}


def test_after_acceptance_an_ordinary_case_has_its_stage_and_its_week_left() -> None:
    assert due(facts(state=State.ACCEPTED)) == {K.STAGE: span(days=3), K.OVERALL: span(days=7)}


@pytest.mark.parametrize(("level", "days"), [(Level.VILLAGE, 3), (Level.TOWNSHIP, 2), (Level.COUNTY, 2)])
def test_each_rung_has_its_own_working_days(level: Level, days: int) -> None:
    assert due(facts(level=level))[K.STAGE] == span(days=days)


def test_a_department_has_the_countys_days() -> None:
    assert due(facts(level=Level.DEPARTMENT))[K.STAGE] == due(facts(level=Level.COUNTY))[K.STAGE]


def test_the_rung_counts_from_when_it_was_asked_and_the_week_does_not() -> None:
    asked = MONDAY + span(days=2)
    assert due(facts(level=Level.TOWNSHIP, stage_from=asked, alerted_at=asked)) == {
        K.ACCEPT: span(days=3),
        K.STAGE: span(days=4),
        K.OVERALL: span(days=7),
    }


def test_a_stage_skips_the_weekend_and_the_week_does_not() -> None:
    thursday = MONDAY + span(days=3)
    found = due(facts(thursday))
    assert (found[K.STAGE], found[K.OVERALL]) == (span(days=5), span(days=7))


def test_a_stage_that_the_national_holiday_pushes_past_the_week_is_no_deadline() -> None:
    before = datetime(2026, 9, 30, 10, 0, tzinfo=ZONE)
    assert due(facts(before)) == {K.ACCEPT: span(hours=24), K.OVERALL: span(days=7)}


def test_the_shifted_working_saturday_counts_for_a_stage() -> None:
    thursday = datetime(2026, 10, 8, 10, 0, tzinfo=ZONE)
    assert plan(facts(thursday), CHINA)[K.STAGE] == datetime(2026, 10, 12, 10, 0, tzinfo=ZONE)


def test_an_extension_moves_the_stage() -> None:
    assert due(facts(state=State.ACCEPTED, stage_extra_days=1))[K.STAGE] == span(days=4)


def test_a_missed_stage_at_the_top_comes_again_each_working_day() -> None:
    top = facts(level=Level.COUNTY, state=State.ACCEPTED)
    later = facts(level=Level.COUNTY, state=State.ACCEPTED, stage_misses=1)
    assert due(later)[K.STAGE] - due(top)[K.STAGE] == span(days=1)


def test_at_the_top_a_daily_reminder_takes_the_place_of_climbing() -> None:
    found = due(facts(level=Level.COUNTY, reminders=1))
    assert K.ACCEPT not in found
    assert found[K.REMIND] == span(hours=48)


def test_past_its_week_a_case_is_told_again_each_day() -> None:
    told = MONDAY + span(days=7)
    found = due(facts(level=Level.COUNTY, state=State.ACCEPTED, overdue_told_at=told))
    assert found == {K.OVERDUE: span(days=8)}


# 24 hours: accept within 30 minutes, a reminder after 15, then the next rung.


def test_an_urgent_case_is_reminded_after_a_quarter_and_climbs_after_half_an_hour() -> None:
    assert due(facts(urgent=True)) == {
        K.REMIND: span(minutes=15),
        K.ACCEPT: span(minutes=30),
        K.OVERALL: span(hours=24),
    }


def test_the_second_urgent_reminder_is_the_climb_itself() -> None:
    assert K.REMIND not in due(facts(urgent=True, reminders=1))


def test_an_urgent_case_has_no_stages() -> None:
    for level in Level:
        assert K.STAGE not in due(facts(urgent=True, level=level))


def test_an_urgent_case_runs_through_holiday_and_night() -> None:
    night = datetime(2026, 10, 1, 23, 50, tzinfo=ZONE)
    assert due(facts(night, urgent=True))[K.ACCEPT] == span(minutes=30)


def test_after_acceptance_an_urgent_case_has_its_day_left() -> None:
    assert due(facts(urgent=True, state=State.ACCEPTED)) == {K.OVERALL: span(hours=24)}


def test_at_the_top_an_urgent_case_is_reminded_each_hour() -> None:
    assert due(facts(urgent=True, level=Level.COUNTY, reminders=2))[K.REMIND] == span(hours=3)


def test_what_is_done_waits_three_days_for_the_reporter() -> None:
    done = MONDAY + span(days=2)
    assert due(facts(state=State.RESOLVED, resolved_at=done)) == {K.CONFIRM: span(days=5)}


@pytest.mark.parametrize("state", sorted(ENDED))
def test_what_is_over_has_no_deadline(state: State) -> None:
    assert plan(facts(state=state), CHINA) == {}


moments = st.timedeltas(timedelta(0), timedelta(days=30)).map(lambda since: MONDAY + since)


live_facts = st.fixed_dictionaries(
    {
        "state": st.sampled_from(sorted(set(State) - ENDED)),
        "level": st.sampled_from(Level),
        "urgent": st.booleans(),
        "alerted_at": moments,
        "stage_from": moments,
        "reminders": st.integers(0, 9),
        "stage_misses": st.integers(0, 9),
        "stage_extra_days": st.integers(0, 7),
        "overdue_told_at": st.none() | moments,
        "resolved_at": st.none() | moments,
    }
)


@given(live_facts)
def test_whatever_the_facts_a_case_that_is_not_over_has_a_deadline(given_facts: dict[str, Any]) -> None:
    assert plan(facts(**given_facts), CHINA)


# Green, yellow, red.


def test_a_case_with_time_left_is_green() -> None:
    assert light(facts(), MONDAY + span(days=5)) is Light.GREEN


def test_the_last_quarter_is_yellow() -> None:
    assert light(facts(), MONDAY + span(days=5, hours=7)) is Light.YELLOW


def test_a_missed_rung_is_yellow_at_once() -> None:
    assert light(facts(climbs=1), MONDAY + span(hours=25)) is Light.YELLOW


def test_past_its_whole_time_it_is_red() -> None:
    assert light(facts(), MONDAY + span(days=7)) is not Light.RED
    assert light(facts(), MONDAY + span(days=7, seconds=1)) is Light.RED


def test_what_was_done_in_time_never_turns_red_while_the_reporter_is_asked() -> None:
    done = facts(state=State.RESOLVED, resolved_at=MONDAY + span(days=1))
    assert light(done, MONDAY + span(days=9)) is Light.GREEN


def test_what_was_done_late_stays_red() -> None:
    done = facts(state=State.CLOSED, resolved_at=MONDAY + span(days=8))
    assert light(done, MONDAY + span(days=30)) is Light.RED


def test_the_ladder_ends_at_the_county() -> None:
    for level in Level:
        seen = [level]
        while (upper := above(seen[-1])) is not None:
            seen.append(upper)
        assert seen[-1] is Level.COUNTY
        assert len(seen) == len(set(seen))


def test_every_level_has_somebody_who_answers() -> None:
    roles = [role for level in Level for role in roles_at(level)]
    assert len(roles) == len(set(roles))
    assert all(roles_at(level) for level in Level)


def test_the_limits_are_those_of_the_design() -> None:
    rule = limits()
    assert (rule.undo, rule.confirm, rule.reopen) == (span(minutes=10), span(days=3), span(days=15))
    assert (rule.follow_up, rule.same_text) == (span(hours=24), span(minutes=10))
    assert (rule.wrong_codes, rule.bounces_to_county) == (3, 2)

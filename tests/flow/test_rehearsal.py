"""A rehearsal whose time is moved: everything falls due, in order and once, and no process is taken for dead."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from gateway import clock as clocks
from gateway import wiring
from gateway.clock import ManualClock, SystemClock
from gateway.domain.terms import Purpose
from gateway.flow import rehearsal
from gateway.flow.deliver import tidy
from gateway.flow.rehearsal import SETTLING, CannotMove
from gateway.settings import Settings
from gateway.store.base import OutboundState
from gateway.store.cases import Deadline
from gateway.store.outbound import Outbound
from gateway.store.running import DigestSent
from gateway.web.health import Verdict, examine, judge
from gateway.wiring import Services
from tests.flow.talk import Talk, letter
from tests.scenarios.county import number_of
from workers import booted
from workers.rounds import Rounds
from workers.tasks import TASKS

WEEK = timedelta(days=7)


@pytest.fixture
def rehearsed(
    services: Services, test_settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Services]:
    """Services whose clock is the rehearsal's; `clock` is the machine's."""
    monkeypatch.setattr(clocks, "READ_EVERY_SECONDS", 0.0)
    shared = wiring.build_clock(test_settings.model_copy(update={"lianhu_rehearsal": True}), services.sessions)
    monkeypatch.setattr(shared, "_real", clock)
    built = wiring.build(test_settings, clock=shared)
    yield built
    built.close()


@pytest.fixture
def county(rehearsed: Services, session: Session, clock: ManualClock) -> Talk:
    """The small county on that clock; nothing has been moved yet."""
    talk = Talk(services=rehearsed, session=session, clock=clock)
    talk.build()
    assert rehearsed.clock.now() == clock.now()
    return talk


def jump(talk: Talk, to: datetime) -> None:
    """Jump, and wait until the change holds."""
    rehearsal.jump(talk.session, to, talk.clock.now())
    talk.session.commit()
    assert talk.services.clock.now() < to
    talk.clock.forward(seconds=SETTLING.total_seconds())
    assert talk.services.clock.now() == to


def run_at(talk: Talk, pace: float) -> None:
    """Change the pace, and wait until the change holds."""
    rehearsal.run_at(talk.session, pace, talk.clock.now())
    talk.session.commit()
    talk.clock.forward(seconds=SETTLING.total_seconds())


def clock_works(talk: Talk, rounds: int = 1) -> None:
    """The real tasks of the clock, and both lanes."""
    worker = Rounds(talk.services, TASKS)
    for _ in range(rounds):
        assert worker.go()
        assert set(worker.failures.values()) == {0}
        talk.handle()
        talk.send()
        talk.clock.forward(seconds=talk.services.settings.sweep_seconds)
    worker.end()


def is_well(talk: Talk) -> bool:
    """What /readyz says, a queue and migrations apart."""
    return judge([check for check in examine(talk.services) if check.vital]) is Verdict.OK


def test_after_a_jump_of_a_week_every_deadline_falls_due_in_order(county: Talk) -> None:
    county.say("liaison", "3 52 4")
    jump(county, county.clock.now() + WEEK)
    clock_works(county, rounds=4)
    case, now = county.case(), county.services.clock.now()
    events = [event.event for event in case.events]
    assert events[:3] == ["opened", "accept_due", "overall_due"]
    missed = county.session.scalars(select(Deadline).where(Deadline.missed).order_by(Deadline.id)).all()
    assert len(missed) >= 2
    standing = county.session.scalars(select(Deadline.due_at).where(Deadline.done_at.is_(None))).all()
    assert standing
    assert all(due > now for due in standing)


def test_after_a_jump_over_days_everybody_gets_the_newest_days_digest_alone(county: Talk) -> None:
    county.say("liaison", "3 52 4")
    jump(county, county.clock.now() + timedelta(days=3))
    clock_works(county, rounds=2)
    days = set(county.session.scalars(select(DigestSent.period).where(DigestSent.kind == "daily")))
    assert days == {"2026-03-13"}
    most = select(func.count()).where(Outbound.purpose == Purpose.DIGEST).group_by(Outbound.person_id)
    assert set(county.session.scalars(most)) == {1}


def test_a_message_on_its_way_is_not_given_up_because_time_jumped(county: Talk) -> None:
    row = letter(
        number_of("liaison"), county.clock.now(), state=OutboundState.SENDING, expires_at=county.clock.now() + 2 * WEEK
    )
    row.provider = "simulator"
    county.session.add(row)
    county.session.commit()
    jump(county, county.clock.now() + WEEK)
    tidy(county.services.dispatch)
    assert county.rows("liaison")[0].state is OutboundState.SENDING
    county.clock.forward(seconds=61)
    tidy(county.services.dispatch)
    assert county.rows("liaison")[0].state is OutboundState.UNKNOWN


def test_no_process_is_taken_for_dead_because_time_runs_fast_or_jumps(county: Talk) -> None:
    for lane in ("inbound", "outbound"):
        booted.report(county.services, lane)
    clock_works(county)
    run_at(county, 600)
    clock_works(county, rounds=20)
    assert is_well(county)
    jump(county, county.services.clock.now() + WEEK)
    assert is_well(county)
    county.clock.forward(seconds=31)
    assert not is_well(county)


def test_what_quiet_hours_held_is_not_stuck_right_after_a_jump(county: Talk) -> None:
    clock_works(county)
    now = county.clock.now()
    county.session.add(letter(number_of("liaison"), now, not_before=now + timedelta(hours=20), expires_at=now + WEEK))
    county.session.commit()
    jump(county, now + timedelta(days=1))
    assert is_well(county)
    clock_works(county)
    assert county.rows("liaison")[0].state is OutboundState.DELIVERED


def test_a_reminder_comes_when_its_time_has_run_fast(county: Talk) -> None:
    county.say("liaison", "*3 房屋倒塌")
    run_at(county, 60)
    clock_works(county, rounds=9)
    assert "remind" in "".join(county.heard("grid_leader"))


def test_a_jump_into_the_past_is_refused_and_changes_nothing(county: Talk, session: Session) -> None:
    before, now = rehearsal.read(session), county.clock.now()
    with pytest.raises(CannotMove, match=r"shows 2026-03-10T02:00:01\+0000 already and never runs back to"):
        rehearsal.jump(session, now, now)
    session.rollback()
    assert rehearsal.read(session) == before


def test_a_pace_keeps_the_moment_that_is_shown(county: Talk, session: Session) -> None:
    start = county.clock.now()
    jump(county, start + WEEK)
    run_at(county, 60)
    assert county.services.clock.now() == start + WEEK + SETTLING
    county.clock.forward(seconds=10)
    assert county.services.clock.now() == start + WEEK + SETTLING + timedelta(minutes=10)
    assert rehearsal.read(session).pace == 60


@pytest.mark.parametrize("pace", [0, 0.5, -1, 3601, float("nan"), float("inf")])
def test_a_pace_out_of_bounds_is_refused(county: Talk, session: Session, pace: float) -> None:
    with pytest.raises(CannotMove, match="time runs 1 to 3600 times as fast"):
        rehearsal.run_at(session, pace, county.clock.now())


def test_the_clock_cannot_be_lost_in_the_far_future(county: Talk, session: Session) -> None:
    with pytest.raises(CannotMove, match="more than ten years ahead"):
        rehearsal.jump(session, datetime(9999, 12, 31, tzinfo=UTC), county.clock.now())


def test_a_second_change_begins_where_the_first_one_leads(county: Talk, session: Session) -> None:
    start = county.clock.now()
    rehearsal.jump(session, start + WEEK, start)
    rehearsal.run_at(session, 60, start)
    session.commit()
    county.clock.forward(seconds=2)
    assert county.services.clock.now() == start + WEEK + timedelta(minutes=1)


def test_time_goes_on_while_the_database_is_away(test_settings: Settings) -> None:
    nowhere = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    rehearsing = test_settings.model_copy(update={"lianhu_rehearsal": True})
    shown = wiring.build_clock(rehearsing, sessionmaker(nowhere))
    assert SystemClock().now() - shown.now() < timedelta(minutes=1)


def test_a_gateway_in_earnest_goes_by_the_machine_and_asks_no_database(
    test_settings: Settings, services: Services
) -> None:
    assert isinstance(wiring.build_clock(test_settings, services.sessions), SystemClock)

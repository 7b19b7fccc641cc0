"""One segment a morning for each official who has something to read, and the county's week (design, section 8)."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from gateway.domain.lifecycle import Trigger
from gateway.domain.terms import Purpose
from gateway.flow import digest
from gateway.flow.advance import advance
from gateway.flow.scene import Event
from gateway.sms.segments import fits
from gateway.store import figures
from gateway.store.figures import Daily, Period
from gateway.store.people import Person, current_posts
from tests.flow.talk import Talk
from tests.scenarios.story import ZONE
from workers import tasks

MORNING = datetime(2026, 3, 11, 8, 0, tzinfo=ZONE)  # the Wednesday after the tests' first day
MONDAY = datetime(2026, 3, 16, 8, 0, tzinfo=ZONE)


def digests(talk: Talk, role: str) -> list[str]:
    return [row.body for row in talk.rows(role) if row.purpose is Purpose.DIGEST]


def send(talk: Talk) -> int:
    with talk.services.sessions.begin() as session:
        return digest.send_daily(session, now=talk.clock.now())


def figures_of(talk: Talk, role: str) -> Daily:
    posts = current_posts(talk.person(role), talk.clock.now().astimezone(ZONE).date())
    since = talk.clock.now() - timedelta(days=1)
    return figures.daily(talk.session, posts, since=since, now=talk.clock.now())[posts[0].person_id]


def numbers(found: Daily) -> list[str]:
    return [number for number, _late in found.pressing]


def five_cases(talk: Talk) -> list[str]:
    """Two ordinary, an urgent, one accepted and one fixed; gives their numbers."""
    found = []
    for text in ("1 52 3", "2 61", "*3 12", "4 54", "5 62"):
        talk.put("liaison", text)
        talk.handle()
        found.append(talk.cases()[-1].number)
        talk.clock.forward(minutes=11)
    talk.put("grid_leader", f"{found[3]} 1")
    talk.put("liaison", f"{found[4]} 7")
    talk.handle()
    return found


def test_the_counts_are_those_of_the_officials_own_place(talk: Talk) -> None:
    five_cases(talk)
    talk.say("liaison_4", "1 52")  # another township
    talk.clock.move_to(MORNING)
    village, elsewhere, county = (
        figures_of(talk, role) for role in ("grid_leader", "grid_leader_3", "county_commander")
    )
    assert (village.new, village.waiting, village.late, village.closed) == (5, 4, 0, 1)
    assert (elsewhere.new, elsewhere.waiting) == (1, 1)
    assert (county.new, county.waiting, county.closed) == (6, 5, 1)


def test_urgent_cases_are_named_first_and_then_the_oldest(talk: Talk) -> None:
    found = five_cases(talk)
    talk.clock.move_to(MORNING)
    assert numbers(figures_of(talk, "grid_leader")) == [found[2], found[0], found[1], found[3]]
    send(talk)
    (text,) = digests(talk, "grid_leader")
    places = [text.index(number) for number in (found[2], found[0], found[1], found[3])]
    assert places == sorted(places)
    assert found[4] not in text


def test_a_case_past_its_time_is_late(talk: Talk) -> None:
    talk.say("liaison", "1 52 3")
    talk.clock.forward(days=7, minutes=1)
    found = figures_of(talk, "grid_leader")
    assert (found.new, found.waiting, found.late) == (0, 1, 1)
    assert found.pressing == ((talk.case().number, True),)


def test_whoever_has_nothing_to_read_gets_nothing(talk: Talk) -> None:
    talk.say("liaison_4", "1 52")
    talk.clock.move_to(MORNING)
    send(talk)
    assert len(digests(talk, "grid_leader_3")) == 1
    assert digests(talk, "grid_leader") == []
    assert digests(talk, "health") == []


def test_liaisons_get_no_digest(talk: Talk) -> None:
    five_cases(talk)
    talk.clock.move_to(MORNING)
    send(talk)
    assert digests(talk, "liaison") == []


def test_a_department_sees_only_what_was_laid_on_it(talk: Talk) -> None:
    talk.say("liaison", "1 51")
    talk.say("liaison", "2 61")
    laid, other = talk.cases()
    operator = talk.person("operator")
    with talk.services.sessions.begin() as session:
        advance_to_department(session, laid.id, operator.id, talk.clock.now())
    assert talk.owner(talk.cases()[0]) == "agriculture"
    talk.clock.move_to(MORNING)
    send(talk)
    assert numbers(figures_of(talk, "agriculture")) == [laid.number]
    (text,) = digests(talk, "agriculture")
    assert laid.number in text
    assert other.number not in text


def advance_to_department(session: Session, case_id: int, actor_id: int, now: datetime) -> None:
    """The county centre forwards a case to the department of its category."""
    event = Event(trigger=Trigger.FORWARDED)
    advance(session, case_id, event, actor=session.get_one(Person, actor_id), now=now)


def test_a_digest_is_one_segment_however_much_there_is(talk: Talk) -> None:
    for place in range(1, 13):
        talk.put("liaison", f"{place} 52")
        talk.clock.forward(minutes=3)
    for writer in ("liaison_2", "liaison_3", "liaison_4"):
        for place in range(1, 6):
            talk.put(writer, f"{place} 52")
    talk.handle()
    talk.clock.move_to(MORNING)
    send(talk)
    for role in ("grid_leader", "township_commander", "operator", "county_commander"):
        (text,) = digests(talk, role)
        assert fits(text)
        assert talk.cases()[0].number in text


def test_nothing_is_sent_before_the_hour_and_once_a_day_after_it(talk: Talk) -> None:
    talk.say("liaison", "1 52 3")
    talk.clock.move_to(MORNING - timedelta(seconds=1))
    tasks.send_digests(talk.services, talk.clock.now())
    assert digests(talk, "grid_leader") == []
    for _ in range(3):
        talk.clock.forward(minutes=1)
        tasks.send_digests(talk.services, talk.clock.now())
    assert len(digests(talk, "grid_leader")) == 1
    talk.clock.forward(days=1)
    tasks.send_digests(talk.services, talk.clock.now())
    assert len(digests(talk, "grid_leader")) == 2


def test_two_clocks_send_one_digest(talk: Talk) -> None:
    five_cases(talk)
    talk.clock.move_to(MONDAY)  # daily and weekly
    together = threading.Barrier(2)
    failures: list[BaseException] = []

    def clock() -> None:
        together.wait()
        try:
            tasks.send_digests(talk.services, talk.clock.now())
        except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=clock) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(digests(talk, "grid_leader")) == 1
    assert len(digests(talk, "operator")) == 2  # the day's and the week's


def test_a_digest_that_nobody_read_in_time_does_not_come_at_night(talk: Talk) -> None:
    talk.say("liaison", "1 52 3")
    talk.clock.move_to(MORNING)
    send(talk)
    (row,) = [row for row in talk.rows("grid_leader") if row.purpose is Purpose.DIGEST]
    assert row.expires_at - row.not_before == timedelta(hours=12)


# The week.

WEDNESDAY, NEXT_TUESDAY = datetime(2026, 3, 11, 10, 0, tzinfo=ZONE), datetime(2026, 3, 17, 10, 0, tzinfo=ZONE)
NEXT_MONDAY = datetime(2026, 3, 23, 8, 0, tzinfo=ZONE)


@pytest.fixture
def two_weeks(talk: Talk) -> Talk:
    """Two reports in the first week; in the second four: fixed, done and never answered, fixed too late, still open."""

    def report(text: str) -> str:
        talk.clock.forward(minutes=11)
        return talk.case_number_of("liaison", text)

    talk.clock.move_to(WEDNESDAY)
    for text in ("1 52", "2 61"):
        report(text)
    talk.clock.move_to(NEXT_TUESDAY)
    fixed, silent, late = report("3 52"), report("4 52"), report("*5 53")
    report("6 61")
    done = next(case for case in talk.cases() if case.number == silent)
    talk.say("grid_leader", f"{silent} 2 {talk.code('grid_leader', done)} 送去了草料")
    talk.say("liaison", f"{fixed} 7")
    talk.clock.forward(days=3, minutes=30)
    tasks.miss_deadlines(talk.services, talk.clock.now())
    talk.say("liaison", f"{late} 7")
    talk.clock.move_to(NEXT_MONDAY)
    return talk


def test_the_weeks_figures_are_rates_of_what_was_due_and_closed(two_weeks: Talk) -> None:
    posts = current_posts(two_weeks.person("operator"), NEXT_MONDAY.date())
    end = NEXT_MONDAY.replace(hour=0)
    start = end - timedelta(days=7)
    found = figures.period(
        two_weeks.session, figures.concerning(posts), start=start, end=end, before=start - timedelta(days=7)
    )
    assert (found.received, found.received_before) == (4, 2)
    assert (found.due, found.closed, found.closed_on_time, found.confirmed) == (5, 3, 2, 2)
    assert found.hot == (("livestock", 3), ("utilities", 1))
    assert (found.closing_rate, found.on_time_rate, found.confirmed_rate) == (3 / 5, 2 / 3, 2 / 3)


def test_the_county_reads_its_week_on_monday_in_two_segments_at_most(two_weeks: Talk) -> None:
    tasks.send_digests(two_weeks.services, two_weeks.clock.now())
    for role in ("operator", "county_commander"):
        _daily, text = digests(two_weeks, role)
        assert fits(text, segments=2)
        for figure in ("60%", "67%", "比上月-"):
            assert figure in text
    assert len(digests(two_weeks, "township_commander")) == 1


def test_a_week_without_anything_is_not_told(talk: Talk) -> None:
    talk.clock.move_to(MONDAY)
    tasks.send_digests(talk.services, talk.clock.now())
    assert talk.rows() == []


def test_a_rate_of_nothing_is_none() -> None:
    nothing = Period(received=0, received_before=0, due=0, closed=0, closed_on_time=0, confirmed=0, hot=())
    assert (nothing.closing_rate, nothing.on_time_rate, nothing.confirmed_rate) == (None, None, None)
    assert nothing.empty


def test_the_week_compares_the_last_thirty_days_with_the_thirty_before(talk: Talk) -> None:
    monday = NEXT_MONDAY + timedelta(days=35)
    for days_before, texts in ((45, ("1 52 3", "2 61")), (20, ("3 54",)), (5, ("4 62", "5 64", "6 31"))):
        talk.clock.move_to(monday - timedelta(days=days_before))
        for text in texts:
            talk.clock.forward(minutes=11)
            talk.say("liaison", text)
    talk.clock.move_to(monday)
    with talk.services.sessions.begin() as session:
        digest.send_weekly(session, now=talk.clock.now())
    (week,) = [text for text in digests(talk, "county_commander") if "一周" in text]
    assert "收到3" in week
    assert "比上月+100%" in week

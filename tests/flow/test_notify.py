"""When a message may leave, when it has gone stale, and what is recorded of it (design, section 7)."""

from datetime import datetime, timedelta

import pytest

from gateway.domain.terms import Purpose
from gateway.sms.segments import measure
from gateway.store.base import OutboundState
from tests.flow.menus import about_household, told
from tests.flow.talk import Talk
from tests.scenarios.story import ZONE, Part

LATE = datetime(2026, 3, 10, 23, 30, tzinfo=ZONE)
MORNING = datetime(2026, 3, 11, 7, 0, tzinfo=ZONE)


def test_at_night_the_reporter_is_answered_and_ordinary_alerts_wait_for_the_morning(talk: Talk) -> None:
    talk.clock.move_to(LATE)
    talk.say("liaison", "3 52 4")
    (answer,), (alert,) = talk.rows("liaison"), talk.rows("grid_leader")
    assert answer.state is OutboundState.DELIVERED
    assert (alert.state, alert.not_before) == (OutboundState.QUEUED, MORNING)
    talk.clock.move_to(MORNING)
    talk.send()
    assert talk.rows("grid_leader")[0].state is OutboundState.DELIVERED


def test_urgent_messages_leave_at_any_hour(talk: Talk) -> None:
    talk.clock.move_to(LATE)
    talk.say("liaison", "3 房屋倒塌")
    for role in ("grid_leader", "township_commander", "operator"):
        (row,) = talk.rows(role)
        assert (row.state, row.changed_at) == (OutboundState.DELIVERED, LATE)


def test_what_waits_for_the_morning_keeps_its_whole_life_from_then_on(talk: Talk) -> None:
    talk.clock.move_to(LATE)
    talk.say("liaison", "3 52 4")
    (alert,) = talk.rows("grid_leader")
    assert alert.expires_at == MORNING + timedelta(hours=24)


def test_an_alert_that_waits_never_leaves_after_the_case_moved_on(talk: Talk) -> None:
    talk.clock.move_to(LATE)
    number = talk.case_number_of("liaison", "3 52 4")
    talk.say("liaison", f"{number} 9")
    talk.clock.move_to(MORNING)
    talk.send()
    (alert, news) = talk.rows("grid_leader")
    assert (alert.purpose, alert.state) == (Purpose.ALERT, OutboundState.CANCELLED)
    assert news.template == "withdrawn_owner"


@pytest.mark.parametrize("text", ["3 房屋倒塌", "帮助", "3", "？", "？ ？"])
def test_the_segments_of_every_message_are_recorded_as_they_will_be_counted(talk: Talk, text: str) -> None:
    talk.say("liaison", text)
    assert talk.rows()
    for row in talk.rows():
        assert row.segments == measure(row.body).segments


def test_an_official_who_opted_out_hears_no_news_of_a_case(talk: Talk) -> None:
    number = talk.case_number_of("liaison", "3 52 4")
    talk.say("grid_leader", "1")
    talk.say("grid_leader", "退订")
    talk.say("liaison", f"{number} 6 还在等")
    assert (talk.rows("grid_leader")[-1].template, talk.rows("grid_leader")[-1].state) == (
        "note_owner",
        OutboundState.SUPPRESSED,
    )


def test_an_urgent_alert_goes_stale_sooner_than_an_ordinary_one(talk: Talk) -> None:
    talk.put("liaison", "3 52 4")
    talk.put("liaison_2", "3 房屋倒塌")
    talk.handle()
    ordinary, urgent = talk.rows("grid_leader")
    assert ordinary.expires_at - ordinary.not_before == timedelta(hours=24)
    assert urgent.expires_at - urgent.not_before == timedelta(hours=2)


def test_answers_to_what_came_by_menu_are_never_braked_and_those_to_texts_are(talk: Talk) -> None:
    most = talk.services.exchange.rules.answers_per_window
    for turn in range(most + 2):
        message = told(talk, "liaison", str(turn), about_household(turn + 1, code="61"))
        assert talk.answer_to(message).state is OutboundState.DELIVERED
    answer = talk.answer_to(talk.say("liaison", "3 草场边界有纠纷"))
    assert (answer.state, answer.detail) == (OutboundState.SUPPRESSED, "reply-loop brake")
    message = told(talk, "liaison", "again", about_household(12, code="61"))
    assert talk.answer_to(message).state is OutboundState.DELIVERED


def test_messages_to_one_phone_are_written_in_its_owners_language(bare: Talk) -> None:
    bare.build(liaison=Part(language="bo"), grid_leader=Part(language="en"))
    bare.say("liaison", "3 52 4")
    assert [bare.rows(role)[0].language for role in ("liaison", "grid_leader", "operator")] == ["bo", "en", "zh"]

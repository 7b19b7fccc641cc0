"""Lines that break, Redis or the database away: what a call survives, and that no screen claims more than is stored."""

from dataclasses import replace

import pytest
from redis import Redis

from gateway.calls import Calls
from gateway.domain.terms import Language
from gateway.flow import calling
from gateway.keys import Keyring
from gateway.sms.segments import Encoding, measure
from gateway.ussd.steps import Room
from tests.flow.dialled import HOUSE_FELL, call, hang_up, turn, without_database
from tests.flow.menus import CODE, drafts
from tests.flow.talk import Talk
from workers import tasks


def test_a_dropped_call_goes_on_in_the_next_one(talk: Talk) -> None:
    call(talk, "liaison", *HOUSE_FELL[:3])
    talk.clock.forward(minutes=4)
    screen = call(talk, "liaison", "1", *HOUSE_FELL[3:], session_id="S2")
    (message,) = talk.inbound()
    assert message.reserved is not None
    assert message.reserved in screen.text
    assert message.reading is not None
    assert message.reading["code"] == "21"


def test_a_report_that_a_bare_1_has_filed_is_not_offered_again(talk: Talk) -> None:
    call(talk, "liaison", "1", "3", "6", "2")
    hang_up(talk, "liaison")
    talk.clock.forward(minutes=2)
    tasks.look_after_drafts(talk.services, talk.clock.now())
    talk.clock.forward(minutes=1)
    talk.say("liaison", "1")
    assert talk.case().code == "62"
    talk.clock.forward(minutes=1)
    screen = call(talk, "liaison", session_id="S2")
    assert screen == call(talk, "liaison_2", session_id="S3")


def test_a_report_that_could_not_be_kept_is_offered_from_the_log(talk: Talk) -> None:
    turn(talk, "liaison", "")
    exchange = without_database(talk)
    for count in range(1, 5):
        turn(talk, "liaison", "*".join(HOUSE_FELL[:count]), exchange=exchange)
    assert drafts(talk) == []
    talk.clock.forward(minutes=1)
    call(talk, "liaison", "1", *HOUSE_FELL[4:], session_id="S2")
    (message,) = talk.inbound()
    assert message.reading is not None
    assert (message.reading["code"], message.reading["subject"]["number"]) == ("21", "3")


def test_without_the_log_a_dropped_report_is_offered_from_its_draft(talk: Talk) -> None:
    call(talk, "liaison", *HOUSE_FELL[:4])
    flush(talk)
    call(talk, "liaison", "1", *HOUSE_FELL[4:], session_id="S2")
    (message,) = talk.inbound()
    assert message.reading is not None
    assert (message.reading["code"], message.reading["subject"]["number"]) == ("21", "3")


def flush(talk: Talk) -> None:
    """Everything in Redis is lost."""
    redis: Redis = Redis.from_url(talk.services.settings.redis_url)
    redis.flushdb()
    redis.close()


def test_losing_redis_in_the_middle_of_a_call_loses_no_answer(talk: Talk) -> None:
    turn(talk, "liaison", "")
    turn(talk, "liaison", "1")
    flush(talk)  # nothing was told yet: the call is walked again, key by key
    screen = turn(talk, "liaison", "1*3")
    assert screen == call(talk, "liaison_2", "1", "3", session_id="S4")
    turn(talk, "liaison", "1*3*2")
    flush(talk)  # the report that was kept is offered
    typed = "1*3*2*1"
    turn(talk, "liaison", typed)
    for key in ("1", "1", "1", "1"):
        typed += f"*{key}"
        screen = turn(talk, "liaison", typed)
    (message,) = talk.inbound()
    assert str(message.reserved) in screen.text
    assert message.reading is not None
    assert (message.reading["subject"]["number"], message.reading["code"]) == ("3", "21")


def test_a_turn_killed_between_log_and_row_is_made_good_when_it_is_told_again(talk: Talk) -> None:
    call(talk, "liaison", *HOUSE_FELL[:-1])
    without = without_database(talk)
    turn(talk, "liaison", "*".join(HOUSE_FELL), exchange=without)  # as if the process had died there
    assert talk.inbound() == []
    screen = turn(talk, "liaison", "*".join(HOUSE_FELL))
    (message,) = talk.inbound()
    assert message.reserved is not None
    assert message.reserved in screen.text


# ---- something is away


def test_without_redis_one_line_offers_the_sms_number(talk: Talk) -> None:
    deaf = Calls("redis://127.0.0.1:1/0", Keyring(["x"]))
    exchange = replace(talk.services.exchange, calls=deaf)
    for text in ("", "1*3"):
        screen = turn(talk, "liaison", text, exchange=exchange)
        assert (screen.goes_on, "106900" in screen.text, "0975-8300000" in screen.text) == (False, True, True)


def test_without_the_database_nobody_is_told_that_something_was_stored(talk: Talk) -> None:
    call(talk, "liaison", *HOUSE_FELL[:-1])
    exchange = without_database(talk)
    screen = turn(talk, "liaison", "*".join(HOUSE_FELL), exchange=exchange)
    assert (screen.goes_on, "106900" in screen.text, CODE in screen.text) == (False, True, True)
    assert (talk.inbound(), len(drafts(talk))) == ([], 1)
    assert not turn(talk, "liaison_2", "", exchange=exchange).goes_on


def test_without_the_database_a_report_goes_on_from_the_log(talk: Talk) -> None:
    turn(talk, "liaison", "")
    exchange = without_database(talk)
    for count in range(1, len(HOUSE_FELL)):
        assert turn(talk, "liaison", "*".join(HOUSE_FELL[:count]), exchange=exchange).goes_on
    screen = turn(talk, "liaison", "*".join(HOUSE_FELL))  # the database is back
    assert str(talk.inbound()[0].reserved) in screen.text


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("room", [Room(), Room(septets=182, units=80), Room(units=0)], ids=str)
def test_what_stands_in_place_of_a_screen_fits_it(talk: Talk, language: Language, room: Room) -> None:
    exchange = talk.services.exchange
    rules = replace(exchange.rules, language=language, sms_number="10690123456789", ussd_code="*384*123*45#")
    exchange = replace(exchange, rules=rules)
    for key in ("part_call_away", "part_call_not_saved"):
        text = calling._in_place_of(exchange, room, key).text
        size = measure(text)
        assert size.units <= (room.units if size.encoding is Encoding.UCS2 else room.septets), (key, text)

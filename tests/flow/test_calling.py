"""A turn of a call: what it costs, what it survives, and that no screen claims more than is stored."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import get_ident

import pytest
from redis import Redis
from redis.connection import AbstractConnection
from sqlalchemy import Engine, create_engine, event

from gateway.calls import Calls
from gateway.domain import numbers
from gateway.domain.lifecycle import State
from gateway.domain.terms import Language, Proof
from gateway.flow import calling
from gateway.flow.calling import Exchange
from gateway.keys import Keyring
from gateway.sms.segments import Encoding, measure
from gateway.ussd.providers.base import Callback, Ended
from gateway.ussd.steps import Reply, Room
from tests.flow.menus import CODE, drafts, pin_of
from tests.flow.talk import Talk
from tests.scenarios.county import number_of
from workers import tasks

HOUSE_FELL = ("1", "3", "2", "1", "1", "1")
"""Report, household 3, safety, house, urgent, yes."""


def turn(talk: Talk, role: str, text: str, *, session_id: str = "S1", exchange: Exchange | None = None) -> Reply:
    """One callback with everything typed so far."""
    callback = Callback(session_id=session_id, sender=number_of(role), service_code=CODE, text=text)
    return calling.take(exchange or talk.services.exchange, "simulator", callback, now=talk.clock.now())


def call(talk: Talk, role: str, *keys: str, session_id: str = "S1") -> Reply:
    """Dial and type, one answer a screen; gives the last screen."""
    screen = turn(talk, role, "", session_id=session_id)
    for count in range(1, len(keys) + 1):
        screen = turn(talk, role, "*".join(keys[:count]), session_id=session_id)
    talk.session.rollback()
    return screen


def hang_up(talk: Talk, role: str, *, session_id: str = "S1") -> None:
    """The carrier says that a call is over."""
    ended = Ended(session_id=session_id, sender=number_of(role), status="dropped")
    calling.hang_up(talk.services.exchange, "simulator", ended, now=talk.clock.now())


class Costs:
    """Statements and round trips to Redis that this thread causes."""

    def __init__(self) -> None:
        self.statements = self.trips = 0
        self._thread = get_ident()

    def statement(self, *_: object) -> None:
        """Count one, unless another thread sent it."""
        self.statements += get_ident() == self._thread

    def trip(self) -> None:
        """Count one, unless another thread made it."""
        self.trips += get_ident() == self._thread

    def taken(self) -> tuple[int, int]:
        """Round trips and statements since the last look."""
        found = self.trips, self.statements
        self.statements = self.trips = 0
        return found


@pytest.fixture
def costs(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Costs]:
    """Counts from now on; connections are made already."""
    call(talk, "liaison_2")
    counted = Costs()
    real = AbstractConnection.send_packed_command

    def send(self: AbstractConnection, command: object, *args: object, **more: object) -> object:
        counted.trip()
        return real(self, command, *args, **more)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", send)
    engines = (talk.services.exchange.engine, talk.services.engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", counted.statement)
    yield counted
    for engine in engines:
        event.remove(engine, "before_cursor_execute", counted.statement)


def test_a_turn_costs_one_round_trip_and_at_most_one_statement(talk: Talk, costs: Costs) -> None:
    spent = []
    for count in range(len(HOUSE_FELL) + 1):
        turn(talk, "liaison", "*".join(HOUSE_FELL[:count]))
        spent.append(costs.taken())
    assert {trips for trips, _ in spent} == {1}
    assert max(statements for _, statements in spent) == 1
    assert spent[0] == spent[-1] == (1, 1)
    assert spent[1] == (1, 0)


def test_a_string_dialled_directly_costs_redis_a_second_round_trip(talk: Talk, costs: Costs) -> None:
    direct = turn(talk, "liaison", "1*3*2", session_id="S9")
    assert costs.taken()[0] == 2
    assert direct == call(talk, "liaison_4", "1", "3", "2")


def test_a_report_is_stored_before_its_number_is_shown(talk: Talk) -> None:
    screen = call(talk, "liaison", *HOUSE_FELL)
    (message,) = talk.inbound()
    assert message.reserved is not None
    assert message.reserved in screen.text
    assert not screen.goes_on
    assert drafts(talk) == []
    talk.handle()
    talk.send()
    assert (talk.case().number, talk.case().code, talk.case().urgent) == (message.reserved, "21", True)
    assert talk.heard("liaison") == ["case_opened"]


def test_the_inbound_lane_is_woken(talk: Talk) -> None:
    woken: list[int] = []
    exchange = replace(talk.services.exchange, nudge=lambda: woken.append(len(talk.inbound())))
    turn(talk, "liaison", "")
    turn(talk, "liaison", "*".join(HOUSE_FELL), exchange=exchange)
    for count in range(1, len(HOUSE_FELL) + 1):
        turn(talk, "liaison", "*".join(HOUSE_FELL[:count]), session_id="S2", exchange=exchange)
    assert all(woken)


def test_the_last_callback_told_again_files_once_and_names_the_same_number(talk: Talk) -> None:
    screen = call(talk, "liaison", *HOUSE_FELL)
    again = [turn(talk, "liaison", "*".join(HOUSE_FELL)) for _ in range(4)]
    assert [each.text for each in again] == [screen.text] * 4
    assert len(talk.inbound()) == 1


def test_every_callback_told_twice_leads_to_the_same(talk: Talk) -> None:
    for count in range(len(HOUSE_FELL) + 1):
        first = turn(talk, "liaison", "*".join(HOUSE_FELL[:count]))
        assert turn(talk, "liaison", "*".join(HOUSE_FELL[:count])) == first
    assert len(talk.inbound()) == 1


def test_callbacks_at_once_do_not_fork(talk: Talk) -> None:
    call(talk, "liaison", *HOUSE_FELL[:-1])
    with ThreadPoolExecutor(6) as pool:
        texts = ["*".join(HOUSE_FELL)] * 6
        screens = list(pool.map(lambda text: turn(talk, "liaison", text), texts))
    assert len({screen.text for screen in screens}) == 1
    assert len(talk.inbound()) == 1

    call(talk, "liaison_2", "1", "3", session_id="S5")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda key: turn(talk, "liaison_2", f"1*3*{key}", session_id="S5"), ("5", "6")))
    (draft,) = drafts(talk)
    settled = turn(talk, "liaison_2", f"1*3*{draft.answers['code']}", session_id="S5")
    assert settled.goes_on
    assert draft.answers["code"] in {"5", "6"}


def test_many_phones_at_once_keep_to_themselves(talk: Talk) -> None:
    roles = {"liaison": "1", "liaison_2": "2", "liaison_3": "3", "liaison_4": "4"}

    def report(item: tuple[str, str]) -> str:
        role, household = item
        keys = ("1", household, "2", "1", "1", "1")
        turn(talk, role, "", session_id=role)
        return [turn(talk, role, "*".join(keys[:count]), session_id=role).text for count in range(1, 7)][-1]

    with ThreadPoolExecutor(4) as pool:
        screens = dict(zip(roles, pool.map(report, roles.items()), strict=True))
    for message in talk.inbound():
        (role,) = [role for role in roles if number_of(role) == message.sender]
        assert message.reading is not None
        assert message.reading["subject"]["number"] == roles[role]
        assert message.reserved is not None
        assert message.reserved in screens[role]
    assert len(talk.inbound()) == 4


def test_a_star_within_own_words_survives(talk: Talk) -> None:
    words = "昨晚*12点*房子塌了"
    call(talk, "liaison", "1", "3", "9", words, "2", "1")
    (message,) = talk.inbound()
    assert message.reading is not None
    assert message.reading["text"] == words


def test_an_identity_number_is_masked_wherever_it_is_kept(talk: Talk) -> None:
    words = "身份证632623199001011239丢了"
    call(talk, "liaison", "1", "3", "9", words)
    assert "1990" not in str(drafts(talk)[0].answers)
    call(talk, "liaison", "1", "1", "3", "9", words, "2", "1", session_id="S2")
    for message in talk.inbound():
        assert "1990" not in f"{message.text}{message.reading}"
        assert message.masked == 1


def test_practising_stores_no_number_and_shows_the_specimen(talk: Talk) -> None:
    screen = call(talk, "liaison", "8", *HOUSE_FELL[1:])
    (message,) = talk.inbound()
    assert numbers.make(numbers.Kind.CASE, 0) in screen.text
    assert (message.reserved, drafts(talk)) == (None, [])
    talk.handle()
    assert talk.cases() == []


# ---- the line breaks


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
    exchange = replace(talk.services.exchange, engine=nobody())
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
    without = replace(talk.services.exchange, engine=nobody())
    turn(talk, "liaison", "*".join(HOUSE_FELL), exchange=without)  # as if the process had died there
    assert talk.inbound() == []
    screen = turn(talk, "liaison", "*".join(HOUSE_FELL))
    (message,) = talk.inbound()
    assert message.reserved is not None
    assert message.reserved in screen.text


# ---- something is away


def nobody() -> Engine:
    """An engine of a database that does not answer."""
    return create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", isolation_level="AUTOCOMMIT")


def test_without_redis_one_line_offers_the_sms_number(talk: Talk) -> None:
    deaf = Calls("redis://127.0.0.1:1/0", Keyring(["x"]))
    exchange = replace(talk.services.exchange, calls=deaf)
    for text in ("", "1*3"):
        screen = turn(talk, "liaison", text, exchange=exchange)
        assert (screen.goes_on, "106900" in screen.text, "0975-8300000" in screen.text) == (False, True, True)


def test_without_the_database_nobody_is_told_that_something_was_stored(talk: Talk) -> None:
    call(talk, "liaison", *HOUSE_FELL[:-1])
    exchange = replace(talk.services.exchange, engine=nobody())
    screen = turn(talk, "liaison", "*".join(HOUSE_FELL), exchange=exchange)
    assert (screen.goes_on, "106900" in screen.text, CODE in screen.text) == (False, True, True)
    assert (talk.inbound(), len(drafts(talk))) == ([], 1)
    assert not turn(talk, "liaison_2", "", exchange=exchange).goes_on


def test_without_the_database_a_report_goes_on_from_the_log(talk: Talk) -> None:
    turn(talk, "liaison", "")
    exchange = replace(talk.services.exchange, engine=nobody())
    for count in range(1, len(HOUSE_FELL)):
        assert turn(talk, "liaison", "*".join(HOUSE_FELL[:count]), exchange=exchange).goes_on
    screen = turn(talk, "liaison", "*".join(HOUSE_FELL))  # the database is back
    assert str(talk.inbound()[0].reserved) in screen.text


def test_a_wrong_pin_that_cannot_be_counted_ends_the_call(talk: Talk) -> None:
    closing(talk, "2580", "2580")
    talk.case_number_of("liaison", "5 没有电")
    call(talk, "grid_leader", *DONE, session_id="S8")
    exchange = replace(talk.services.exchange, engine=nobody())
    assert not turn(talk, "grid_leader", "*".join((*DONE, "1379")), session_id="S8", exchange=exchange).goes_on


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


# ---- officials


DONE = ("1", "1", "2", "修好了")
"""Waiting, the first one, done, and how."""


def closing(talk: Talk, *pins: str) -> None:
    """A case, and its owner who says over the menus that it is done."""
    talk.case_number_of("liaison", "3 水管坏了")
    call(talk, "grid_leader", *DONE, *pins, session_id="S7")
    talk.handle()
    talk.send()


def test_a_pin_chosen_in_the_menus_closes_a_case(talk: Talk) -> None:
    closing(talk, "2580", "2580")
    assert talk.inbound()[-1].proof is Proof.NEW_PIN
    assert "2580" not in str([(row.text, row.reading, row.raw) for row in talk.inbound()])
    assert talk.case().state is State.RESOLVED
    pin = pin_of(talk, "grid_leader")
    assert pin is not None
    assert pin.hash.startswith("$argon2id$")


def test_three_wrong_pins_lock_it_and_the_centre_hears_of_it(talk: Talk) -> None:
    closing(talk, "2580", "2580")
    number = talk.case_number_of("liaison", "5 没有电")
    call(talk, "grid_leader", *DONE, session_id="W1")
    wrong = ("1379", "1390", "1401")
    screens = [turn(talk, "grid_leader", "*".join((*DONE, *wrong[:count])), session_id="W1") for count in (1, 2, 2, 3)]
    assert [screen.goes_on for screen in screens] == [True, True, True, False]
    pin = pin_of(talk, "grid_leader")
    assert pin is not None
    assert (pin.wrong, pin.locked_at) == (3, talk.clock.now())
    tasks.tell_of_locked_pins(talk.services, talk.clock.now())
    assert talk.heard("operator")[-1] == "pin_locked_centre"

    talk.clock.forward(minutes=15)
    refused = call(talk, "grid_leader", *DONE[:3], session_id="W9")
    assert (refused.goes_on, "0975-8300000" in refused.text) == (False, True)
    case = talk.cases()[-1]
    talk.say("grid_leader", f"{number} 2 {talk.code('grid_leader', case)} 修好了")
    assert talk.cases()[-1].state is State.RESOLVED


def test_the_language_chosen_is_the_one_of_the_next_call(talk: Talk) -> None:
    call(talk, "liaison", "6", "3")
    assert talk.person("liaison").language is Language.EN
    assert call(talk, "liaison", session_id="S2").text.isascii()


def test_a_call_about_a_case_and_a_text_about_it_are_one_story(talk: Talk) -> None:
    number = talk.case_number_of("liaison", "3 水管坏了")
    call(talk, "grid_leader", "1", "1", "1")
    talk.handle()
    talk.send()
    assert talk.case().state is State.ACCEPTED
    assert talk.heard("grid_leader")[-1] == "accept_done"
    assert talk.answer_to(talk.say("grid_leader", f"{number} 0")).template == "case_state"

"""A turn of a call: what it costs, what it stores, and what callbacks told twice or at once come to."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import get_ident

import pytest
from redis.connection import AbstractConnection
from sqlalchemy import event

from gateway.domain import numbers
from tests.flow.dialled import HOUSE_FELL, call, turn
from tests.flow.menus import drafts
from tests.flow.talk import Talk
from tests.scenarios.county import number_of


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


def test_a_turn_costs_one_round_trip_and_only_dialling_and_filing_ask_the_database(talk: Talk, costs: Costs) -> None:
    spent = []
    for count in range(len(HOUSE_FELL) + 1):
        turn(talk, "liaison", "*".join(HOUSE_FELL[:count]))
        spent.append(costs.taken())
    assert {trips for trips, _ in spent} == {1}
    assert [statements for _, statements in spent] == [1, 0, 0, 0, 0, 0, 1]


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

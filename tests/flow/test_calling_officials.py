"""Officials' moves over the menus, and their PINs."""

from gateway.domain.lifecycle import State
from gateway.domain.terms import Language, Proof
from tests.flow.dialled import call, turn, without_database
from tests.flow.menus import pin_of
from tests.flow.talk import Talk
from workers import tasks

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


def test_a_wrong_pin_that_cannot_be_counted_ends_the_call(talk: Talk) -> None:
    closing(talk, "2580", "2580")
    talk.case_number_of("liaison", "5 没有电")
    call(talk, "grid_leader", *DONE, session_id="S8")
    exchange = without_database(talk)
    assert not turn(talk, "grid_leader", "*".join((*DONE, "1379")), session_id="S8", exchange=exchange).goes_on


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

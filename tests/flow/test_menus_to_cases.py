"""What the menus read goes the way of every text: intake, triage, confirmation, proof, lifecycle."""

import pytest

from gateway.domain import numbers
from gateway.domain.lifecycle import State
from gateway.domain.terms import Proof
from gateway.flow.proof import CONSEQUENTIAL
from gateway.sms.reading import Parsed, Verb
from tests.flow.menus import about_case, about_household, pin_of, told
from tests.flow.talk import Talk
from workers import tasks


def test_a_report_becomes_the_case_whose_number_the_screen_has_named(talk: Talk) -> None:
    message = told(talk, "liaison", "1", about_household(3, code="52", values=(14,)), text="3*52 14")
    case = talk.case()
    assert (case.number, case.code, case.values, case.unfinished) == (message.reserved, "52", [14], False)
    assert case.household is not None
    assert case.household.ordinal == 3
    answer = talk.answer_to(message)
    assert (answer.template, message.reserved in answer.body) == ("case_opened", True)
    assert talk.heard("grid_leader") == ["alert"]


def test_a_family_alone_is_enough_and_keeps_its_name(talk: Talk) -> None:
    told(talk, "liaison", "1", about_household(3, code="5"), text="3*5")
    case = talk.case()
    assert (case.category, case.to_sort, case.urgent) == ("livestock", False, False)
    assert "畜牧草原" in talk.rows("grid_leader")[-1].body


def test_own_words_are_classified_as_those_of_a_text(talk: Talk) -> None:
    told(talk, "liaison", "1", about_household(3, text="房子塌了，有人被困"), text="3 房子塌了，有人被困")
    assert (talk.case().category, talk.case().urgent) == ("housing", True)


def test_urgent_is_what_the_caller_says(talk: Talk) -> None:
    told(talk, "liaison", "1", about_household(3, code="61", urgent=True), text="*3*61")
    assert talk.case().urgent


def test_a_resident_means_the_own_household(talk: Talk) -> None:
    told(talk, "resident", "1", Parsed(code="61"), text="*61")
    household = talk.case().household
    assert household is not None
    assert household.contact_id == talk.person("resident").id


def test_the_number_of_a_report_that_joined_a_case_leads_to_that_case(talk: Talk) -> None:
    first = told(talk, "liaison", "1", about_household(3, code="61"), text="3*61")
    second = told(talk, "liaison", "2", about_household(3, code="61"), text="3*61 ")
    assert len(talk.cases()) == 1
    assert second.reserved != first.reserved
    assert (second.result, second.case_id) == ("follow_up", talk.case().id)

    talk.say("liaison", f"{second.reserved} 0")
    answer = talk.rows("liaison")[-1]
    assert (answer.template, first.reserved in answer.body) == ("case_state", True)
    talk.say("liaison_4", f"{second.reserved} 0")
    assert talk.rows("liaison_4")[-1].template == "number_unknown"


def test_a_reserved_number_is_never_given_to_another_case(talk: Talk) -> None:
    message = told(talk, "liaison", "1", about_household(3, code="61"), text="3*61")
    told(talk, "liaison", "2", about_household(3, code="61"), text="3*61 ")
    talk.say("liaison", "5 草场边界有纠纷")
    found = [case.number for case in talk.cases()]
    assert len(set(found)) == 2
    assert found[0] == message.reserved


def test_practising_opens_no_case_and_names_the_specimen(talk: Talk) -> None:
    message = told(talk, "liaison", "1", about_household(3, code="61", rehearsal=True), text="练 3*61")
    assert (talk.cases(), message.reserved) == ([], None)
    answer = talk.answer_to(message)
    assert numbers.make(numbers.Kind.CASE, 0) in answer.body
    assert answer.body.startswith("练习")


def test_what_the_menus_read_is_not_read_again_as_an_answer(talk: Talk) -> None:
    """A report that begins with "good" answers no open question, and one without a household none of them either."""
    number = talk.case_number_of("liaison", "3 水管坏了")
    talk.say("grid_leader", "1")
    talk.say("grid_leader", f"{number} 2 {talk.code('grid_leader', talk.case())} 修好了")
    told(talk, "liaison", "1", about_household(4, text="好，又没水了"), text="4 好，又没水了")
    assert len(talk.cases()) == 2
    assert talk.cases()[0].state is State.RESOLVED

    talk.say("liaison", "5")  # asks what happened there
    told(talk, "liaison", "2", Parsed(code="94"), text="94")
    assert talk.cases()[-1].household is None


def done(talk: Talk, number: str, turn: str, proof: Proof, new_pin: str = "") -> None:
    """The grid leader says over the menus that it is done."""
    reading = about_case(number, verb=Verb.DONE, text="修好了")
    told(talk, "grid_leader", turn, reading, text=f"{number} 2 修好了", proof=proof, new_pin=new_pin)


def test_a_pin_does_what_a_reply_code_does_and_its_choice_is_told(talk: Talk) -> None:
    number = talk.case_number_of("liaison", "3 水管坏了")
    done(talk, number, "1", Proof.NEW_PIN, "$argon2id$one")
    assert talk.case().state is State.RESOLVED
    assert talk.heard("grid_leader") == ["alert", "pin_set", "done_done"]
    assert talk.heard("liaison")[-1] == "ask_fixed"

    talk.say("liaison", "2")
    talk.say("grid_leader", f"{number} 1")
    done(talk, number, "2", Proof.PIN)
    assert talk.heard("grid_leader").count("pin_set") == 1


def test_without_a_pin_the_code_is_asked_for_as_ever(talk: Talk) -> None:
    number = talk.case_number_of("liaison", "3 水管坏了")
    done(talk, number, "1", Proof.NONE)
    assert talk.case().state is State.OPEN
    assert talk.heard("grid_leader")[-1] == "need_code"


def test_a_pin_locked_meanwhile_proves_nothing_and_the_reply_code_still_does(talk: Talk) -> None:
    number = talk.case_number_of("liaison", "3 水管坏了")
    done(talk, talk.case_number_of("liaison", "4 没有电"), "1", Proof.NEW_PIN, "$argon2id$one")
    pin = pin_of(talk, "grid_leader")
    assert pin is not None
    pin.locked_at = talk.clock.now()
    talk.session.commit()
    done(talk, number, "2", Proof.PIN)
    assert talk.cases()[0].state is State.OPEN
    talk.say("grid_leader", f"{number} 2 {talk.code('grid_leader', talk.cases()[0])} 修好了")
    assert talk.cases()[0].state is State.RESOLVED


def test_the_county_centre_hears_once_of_a_locked_pin(talk: Talk) -> None:
    done(talk, talk.case_number_of("liaison", "4 没有电"), "1", Proof.NEW_PIN, "$argon2id$one")
    pin = pin_of(talk, "grid_leader")
    assert pin is not None
    pin.locked_at = talk.clock.now()
    talk.session.commit()
    for _ in range(3):
        tasks.tell_of_locked_pins(talk.services, talk.clock.now())
    assert talk.heard("operator").count("pin_locked_centre") == 1
    assert "才让" in talk.rows("operator")[-1].body


@pytest.mark.parametrize("verb", sorted(CONSEQUENTIAL - {Verb.FORWARD, Verb.MERGE}))
def test_every_consequential_move_goes_by_pin(talk: Talk, verb: Verb) -> None:
    number = talk.case_number_of("liaison", "3 水管坏了")
    reading = about_case(number, verb=verb, text="原因", values=(2,) if verb is Verb.EXTEND else ())
    told(talk, "grid_leader", "1", reading, text="…", proof=Proof.NEW_PIN, new_pin="$argon2id$one")
    assert talk.answer_to(talk.inbound()[-1]).template not in {"need_code", "late", "not_yours", "extend_too_late"}
    assert len(talk.case().events) == 2


def test_an_identity_number_in_the_words_is_told_of_as_in_a_text(talk: Talk) -> None:
    message = told(
        talk, "liaison", "1", about_household(3, text="身份证****39丢了"), text="3 身份证****39丢了", masked=1
    )
    assert "身份证号已隐去" in talk.answer_to(message).body


def test_who_wants_no_texts_is_heard_all_the_same(talk: Talk) -> None:
    talk.say("liaison", "STOP")
    message = told(talk, "liaison", "1", about_household(3, code="61"), text="3*61")
    assert talk.case().number == message.reserved


def test_the_same_said_twice_over_the_menus_is_one_case(talk: Talk) -> None:
    first = told(talk, "liaison", "1", about_household(3, text="水管坏了"), text="3 水管坏了")
    talk.clock.forward(minutes=3)
    again = told(talk, "liaison", "2", about_household(3, text="水管坏了"), text="3 水管坏了")
    assert (again.result, again.case_id, len(talk.cases())) == ("repeat", first.case_id, 1)
    talk.say("liaison", f"{again.reserved} 0")
    assert talk.rows("liaison")[-1].template == "case_state"

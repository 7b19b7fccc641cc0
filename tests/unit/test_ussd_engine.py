"""Calls: one log a phone, folded. Menus and keys, callbacks that come twice or late, direct strings, last screens."""

from dataclasses import replace

import pytest

from gateway.domain.terms import Language
from gateway.sms.reading import Verb
from gateway.ussd.caller import Caller, Draft, Menu
from gateway.ussd.session import NOBODY
from gateway.ussd.steps import NUMBER, File, Keep, Room, Speak
from gateway.wording import screen
from tests.unit.dialling import CENTRE, FIRST_SCREEN, OWNER, Handset, called, homes, liaison, matter, official

# ---- first screens


def test_a_liaison_gets_the_liaisons_menu() -> None:
    step = called(liaison())
    assert (step.reply.text, step.reply.goes_on, step.filed) == (FIRST_SCREEN, True, None)
    assert called(liaison(), "#").reply.text == "5 指令通知\n6 换语言\n7 请回电话\n8 练习报事\n0返回"
    assert called(liaison(), "#", "0").reply.text == FIRST_SCREEN


def test_a_residents_digits_mean_the_same_as_a_liaisons() -> None:
    text = called(liaison(menu=Menu.RESIDENT, homes=())).reply.text
    assert text == FIRST_SCREEN.replace("4 我的户", "5 指令通知")


def test_only_an_official_with_households_can_go_on_as_liaison() -> None:
    assert called(official(also_liaison=True, homes=homes(2)), "9", "#").reply.text.startswith("5 指令通知")
    assert called(official(), "9").reply.text.startswith("没有这一项")


def test_a_stranger_learns_whom_to_ask_and_nothing_else() -> None:
    step = called(Caller(menu=Menu.STRANGER, language=Language.ZH, centre_phone=CENTRE), direct="1*3*5")
    assert step.reply.text == f"这个手机号还没登记。有事请找您的联户员，或打县综治中心{CENTRE}。"
    assert not step.reply.goes_on


# ---- keys


def test_a_wrong_key_repeats_the_screen_with_a_word_of_why() -> None:
    assert called(liaison(), "9").reply.text == "没有这一项，请再选。\n" + FIRST_SCREEN


def test_back_start_and_more_work_everywhere() -> None:
    handset = Handset(liaison(homes=homes(12)))
    handset.dial()
    assert handset.press("1", "#").reply.text.startswith("5 才让5")
    assert handset.press("0").reply.text.startswith("哪一户的事？\n99 不是哪一户的事\n1 才让1")
    assert handset.press("0").reply.text == FIRST_SCREEN
    assert handset.press("0").reply.text == FIRST_SCREEN
    assert handset.press("1", "3", "5", "00").reply.text == FIRST_SCREEN
    assert handset.press("1", "#", "#", "#").reply.text.startswith("没有更多了。\n10 才让10")


def test_a_digit_of_a_page_that_is_not_shown_counts() -> None:
    assert called(liaison(homes=homes(12)), "1", "１２").filed == Keep(draft=Draft(household="12"))
    assert called(liaison(), "8").reply.text.startswith("练习：哪一户的事？")


def test_a_case_can_be_chosen_by_its_number_too() -> None:
    caller = official(waiting=(matter("100014", *OWNER), matter("148214", *OWNER)))
    assert called(caller, "1", "148214").reply == called(caller, "1", "2").reply
    assert called(caller, "1", "2").reply.text.startswith("148214 3户 房屋倒塌")


@pytest.mark.parametrize("key", ["2", "3", "5"])
def test_an_empty_list_says_so_and_stays(key: str) -> None:
    text = called(liaison(), key).reply.text
    assert text.startswith("没有")
    assert text.endswith(FIRST_SCREEN)


# ---- what a carrier does with callbacks


def test_a_repeated_callback_gives_the_same_screen_and_deed_and_does_not_advance() -> None:
    handset = Handset(liaison())
    handset.dial()
    step = handset.press("1", "3")
    repeated = handset.again()

    assert (repeated.reply, repeated.filed) == (step.reply, step.filed)
    assert repeated.filed == Keep(draft=Draft(household="3"))
    assert handset.press("5").filed == Keep(draft=Draft(household="3", code="5"))


def test_a_report_that_is_told_twice_is_the_same_report() -> None:
    handset = Handset(liaison())
    handset.dial()
    step = handset.press("1", "3", "6", "2", "2", "1")
    assert isinstance(step.filed, File)
    assert handset.again() == step


def test_a_late_callback_is_passed_over() -> None:
    handset = Handset(liaison())
    handset.dial()
    step = handset.press("1", "3")
    late = handset.callback("1")
    assert (late.reply, late.filed) == (step.reply, None)
    assert handset.callback("2").session == step.session
    assert handset.callback("1*3*5").filed == Keep(draft=Draft(household="3", code="5"))


def test_nothing_that_comes_after_the_last_screen_counts() -> None:
    handset = Handset(liaison())
    handset.dial()
    handset.press("7", "1")
    assert handset.press("1").filed is None


def test_a_callback_of_a_call_that_nobody_dialled_is_passed_over() -> None:
    lost = Handset(liaison())
    step = lost.callback("1*3", session_id="unknown")
    assert step.session.caller is NOBODY
    assert (step.reply.goes_on, step.filed) == (False, None)
    dialled = lost.callback("1*3", caller=lost.caller, session_id="unknown")
    assert dialled.filed == Keep(draft=Draft(household="3"))


def test_a_call_that_another_one_has_replaced_is_passed_over() -> None:
    handset = Handset(liaison())
    handset.dial()
    handset.press("2")
    handset.dial()
    step = handset.press("1")
    late = handset.callback("2*1", session_id="call-1")
    assert (late.reply, late.filed) == (step.reply, None)
    assert handset.callback("", caller=handset.caller, session_id="call-1").reply == step.reply


def test_text_with_the_joining_sign_in_it_survives() -> None:
    handset = Handset(liaison())
    handset.dial()
    step = handset.press("1", "3", "9", "3*4 只羊*死了")
    assert step.filed == Keep(draft=Draft(household="3", code="9", text="3*4 只羊*死了"))


def test_an_empty_answer_is_asked_for_again() -> None:
    assert called(liaison(), "1", "3", "9", " ").reply.text.startswith("不能空着，请输。")


# ---- direct strings


def test_a_direct_string_walks_the_same_menus() -> None:
    step = called(liaison(), direct="1*3*5")
    assert step.reply == called(liaison(), "1", "3", "5").reply
    assert step.filed == Keep(draft=Draft(household="3", code="5"))


def test_a_direct_string_can_be_a_whole_report_and_what_follows_it_is_typed_on() -> None:
    assert isinstance(called(liaison(), direct="1*3*5*2*14*1*1").filed, File)
    assert isinstance(called(liaison(), "14", "1", "1", direct="1*3*5*2").filed, File)


def test_a_direct_string_stops_at_its_first_wrong_key() -> None:
    step = called(liaison(), direct="1*77*5")
    assert step.reply.text.startswith("没有这一项，请再选。\n哪一户的事？")
    assert step.filed is None


# ---- last screens


@pytest.mark.parametrize(
    ("answers", "loud", "quiet"),
    [
        (("1", "3", "6", "2", "2", "1"), "filed", "filed_quiet"),
        (("7", "1"), "filed", "filed_quiet"),
        (("8", "3", "6", "2", "2", "1"), "practised", "practised_quiet"),
        (("2", "1", "6", "还在等"), "noted", "noted_quiet"),
        (("6", "1"), "spoken", "spoken"),
    ],
)
def test_who_wants_no_texts_is_promised_none(answers: tuple[str, ...], loud: str, quiet: str) -> None:
    caller = liaison(reported=(matter("148214", Verb.NOTE),))
    number = "148214" if loud == "noted" else NUMBER
    for texts, key in ((True, loud), (False, quiet)):
        last = called(replace(caller, texts=texts), *answers)
        assert last.reply.text == screen(key, Language.ZH, number=number)
        assert last.filed is not None


# ---- language


@pytest.mark.parametrize(
    ("key", "deed", "last"),
    [
        ("1", Speak(language=Language.ZH), "好了，以后用中文。"),
        ("2", Speak(language=Language.BO), "འགྲིག་སོང་། ད་ནས་བོད་ཡིག"),
        ("3", Speak(language=Language.EN), "Done. English from now on."),
        ("4", Speak(language=Language.ZH, latin=True), "hao le, yi hou yong zhong wen."),
    ],
)
def test_a_language_is_chosen_and_the_last_screen_is_written_in_it(key: str, deed: Speak, last: str) -> None:
    step = called(liaison(), "6", key)
    assert (step.filed, step.reply.text, step.reply.goes_on) == (deed, last, False)


def test_a_carrier_without_ucs_2_gets_latin_letters() -> None:
    handset = Handset(liaison(), Room(septets=160, units=0))
    assert handset.dial().reply.text.startswith("qing xuan:\n1 bao shi\n")

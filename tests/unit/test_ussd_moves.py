"""Moves of a case by menu: the digits of an SMS, what each asks, and the PIN."""

from dataclasses import replace

import pytest

from gateway.domain.terms import Proof
from gateway.sms.parser import parse
from gateway.sms.reading import Parsed, Subject, SubjectKind, Verb
from gateway.ussd.caller import Caller
from gateway.ussd.pins import hash_pin, is_easy, is_pin, matches
from gateway.ussd.steps import File, WrongPin
from tests.unit.dialling import CENTRE, EVERY, OWNER, Handset, called, liaison, matter, official

CASE = Subject(kind=SubjectKind.CASE, number="148214")
PIN = "2580"
HASH = hash_pin(PIN)
LOCKED = f"密码错了3次，已锁。请打县综治中心{CENTRE}。急办可发短信：148214 2 加派事短信里的码"


def with_pin(**facts: object) -> Caller:
    """An official who has chosen a PIN."""
    return official(pin_hash=HASH, **facts)


def last(caller: Caller, *answers: str) -> File:
    """What a call about the first case files."""
    step = called(caller, "1", "1", *answers)
    assert isinstance(step.filed, File)
    assert step.reply.text == "谢谢您！148214记下了，结果用短信告诉您。"
    assert not step.reply.goes_on
    return step.filed


def test_a_case_page_shows_only_what_may_be_done_now() -> None:
    assert called(official(waiting=(matter("148214", Verb.ACCEPT, Verb.NOTE),)), "1", "1").reply.text == (
        "148214 3户 房屋倒塌\n1 收下\n6 记一笔\n正在办。\n0返回"
    )
    assert called(official(), "1", "1", "7").reply.text.startswith("没有这一项")


def test_a_case_page_says_what_it_is_and_what_may_be_done_before_all_else() -> None:
    case = replace(matter("148214", *OWNER), rest="等人收下，11月24日前办完。\n电19900000012。“房子塌了一半”")
    caller = official(waiting=(case,))
    assert called(caller, "1", "1").reply.text == (
        "148214 3户 房屋倒塌\n1 收下\n2 办好了\n3 报上级\n4 不归我管\n5 延期\n0返回 #更多"
    )
    assert called(caller, "1", "1", "#").reply.text == (
        "6 记一笔\n等人收下，11月24日前办完。\n电19900000012。“房子塌了一半”\n0返回"
    )
    mine = replace(matter("148214", Verb.NOTE), page="正在办，网格长 才让负责。", rest="“房子塌了”")
    assert called(liaison(reported=(mine,)), "2", "1").reply.text == (
        "148214 3户 房屋倒塌\n正在办，网格长 才让负责。\n6 记一笔\n“房子塌了”\n0返回"
    )


def test_cases_that_look_the_same_are_told_apart_by_their_numbers() -> None:
    alike = (matter("148214", *OWNER), matter("100014", *OWNER), matter("100022", title="4户 停电"))
    assert called(official(waiting=alike), "1").reply.text == (
        "等您收下的：\n1 3户 房屋倒塌 148214\n2 3户 房屋倒塌 100014\n3 4户 停电\n0返回"
    )


@pytest.mark.parametrize(
    ("answers", "reading", "text"),
    [
        (("1",), Parsed(subject=CASE, verb=Verb.ACCEPT), "148214 1"),
        (("2", "帐篷已送到", PIN), Parsed(subject=CASE, verb=Verb.DONE, text="帐篷已送到"), "148214 2 帐篷已送到"),
        (("2", "#", PIN), Parsed(subject=CASE, verb=Verb.DONE), "148214 2"),
        (("3", "要挖机", PIN), Parsed(subject=CASE, verb=Verb.PASS_UP, text="要挖机"), "148214 3 要挖机"),
        (("4", "归民政", PIN), Parsed(subject=CASE, verb=Verb.NOT_MINE, text="归民政"), "148214 4 归民政"),
        (
            ("5", "２", "路不通", PIN),
            Parsed(subject=CASE, verb=Verb.EXTEND, values=(2,), text="路不通"),
            "148214 5 2 路不通",
        ),
        (("6", "明天去"), Parsed(subject=CASE, verb=Verb.NOTE, text="明天去"), "148214 6 明天去"),
    ],
)
def test_every_move_asks_what_it_needs_and_means_the_same_in_a_text(
    answers: tuple[str, ...], reading: Parsed, text: str
) -> None:
    filed = last(with_pin(), *answers)
    proof = Proof.PIN if answers[-1] == PIN else Proof.NONE
    assert filed == File(reading=reading, text=text, proof=proof)
    assert parse(filed.text) == filed.reading


def test_a_reporter_undoes_confirms_or_disputes_without_a_pin() -> None:
    mine = (matter("148214", Verb.NOTE, Verb.FIXED, Verb.NOT_FIXED, Verb.UNDO),)
    for key, verb in (("7", Verb.FIXED), ("9", Verb.UNDO)):
        step = called(liaison(reported=mine), "2", "1", key)
        assert step.filed == File(reading=Parsed(subject=CASE, verb=verb), text=f"148214 {key}")
    disputed = called(liaison(unconfirmed=mine), "3", "1", "2", "还漏水")
    assert disputed.filed == File(
        reading=Parsed(subject=CASE, verb=Verb.NOT_FIXED, text="还漏水"), text="148214 8 还漏水"
    )
    assert called(liaison(unconfirmed=mine), "3", "1", "2", "#").filed == File(
        reading=Parsed(subject=CASE, verb=Verb.NOT_FIXED), text="148214 8"
    )
    assert called(liaison(unconfirmed=mine), "3", "1", "1").filed == File(
        reading=Parsed(subject=CASE, verb=Verb.FIXED), text="148214 7"
    )


@pytest.mark.parametrize("days", ["4", "x", "000", "-1"])
def test_more_days_than_are_left_are_asked_for_again(days: str) -> None:
    assert called(with_pin(), "1", "1", "5", days).reply.text.startswith("请输1到3。\n延几天？最多3天。")


def test_what_is_to_be_noted_cannot_be_skipped() -> None:
    assert called(with_pin(), "1", "1", "6", "#").reply.text.startswith("不能空着，请输。\n要记什么？")


def test_the_same_case_in_two_lists_offers_what_may_be_done() -> None:
    case, late = matter("148214", *EVERY), matter("148214")
    assert "1 收下" in called(official(waiting=(case,), late=(late,)), "3", "1").reply.text


# ---- the PIN


def test_the_first_consequential_move_asks_for_a_new_pin_twice() -> None:
    filed = last(official(), "2", "#", "３５７９", "3579")
    assert filed == File(
        reading=Parsed(subject=CASE, verb=Verb.DONE), text="148214 2", proof=Proof.NEW_PIN, new_pin="3579"
    )


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("123", "密码是4到6位数字。"),
        ("1234567", "密码是4到6位数字。"),
        ("abcd", "密码是4到6位数字。"),
        ("0000", "太好猜，请换一个。"),
        ("1234", "太好猜，请换一个。"),
        ("87654", "太好猜，请换一个。"),
    ],
)
def test_an_easy_pin_is_not_taken(pin: str, why: str) -> None:
    assert called(official(), "1", "1", "2", "#", pin).reply.text.startswith(f"{why}\n头一次用：")


def test_two_different_pins_begin_the_choice_anew() -> None:
    handset = Handset(official())
    handset.dial()
    assert handset.press("1", "1", "2", "#", "2580", "2581").reply.text.startswith("两次不一样，请重定。\n头一次用：")
    assert isinstance(handset.press("2580", "2580").filed, File)


def test_a_wrong_pin_counts_and_the_third_in_a_row_locks() -> None:
    handset = Handset(with_pin())
    handset.dial()
    first = handset.press("1", "1", "2", "#", "9999")
    assert first.reply.text == "密码不对，还能试2次。\n请输您的密码。\n0返回"
    assert first.filed == WrongPin()
    assert handset.again().filed == WrongPin()
    assert handset.press("8888").reply.text.startswith("密码不对，还能试1次。")
    third = handset.press("7777")
    assert (third.reply.text, third.reply.goes_on, third.filed) == (LOCKED, False, WrongPin())


def test_wrong_pins_of_earlier_calls_count() -> None:
    step = called(with_pin(pin_wrong=2), "1", "1", "2", "#", "9999")
    assert (step.reply.text, step.filed) == (LOCKED, WrongPin())


def test_what_cannot_be_a_pin_does_not_count_as_a_wrong_one() -> None:
    step = called(with_pin(pin_wrong=2), "1", "1", "2", "#", "99")
    assert (step.filed, step.reply.goes_on) == (None, True)


def test_a_locked_pin_ends_the_call_before_anything_is_asked_but_stops_no_other_move() -> None:
    step = called(with_pin(pin_locked=True), "1", "1", "2")
    assert (step.reply.text, step.reply.goes_on, step.filed) == (LOCKED, False, None)
    assert last(with_pin(pin_locked=True), "1").proof is Proof.NONE


def test_who_is_locked_out_learns_the_text_that_does_the_same() -> None:
    for key, command in (("3", "148214 3"), ("4", "148214 4"), ("5", "148214 5 3")):
        last_screen = called(with_pin(pin_locked=True), "1", "1", key).reply.text
        assert last_screen.endswith(f"急办可发短信：{command} 加派事短信里的码")
        assert isinstance(parse(f"{command} 571"), Parsed)


def test_a_pin_that_was_locked_meanwhile_is_not_tried() -> None:
    handset = Handset(with_pin())
    handset.dial()
    handset.press("1", "1", "2", "#")
    handset.caller = with_pin(pin_locked=True)
    handset.dial()
    assert handset.press("1", PIN).reply.text == LOCKED


def test_who_has_chosen_a_pin_meanwhile_does_not_choose_another() -> None:
    handset = Handset(official())
    handset.dial()
    handset.press("1", "1", "2", "#", "3579")
    handset.caller = with_pin()
    handset.dial()
    assert handset.press("1").reply.text.startswith("怎么办好的？")
    assert handset.press("#").reply.text.startswith("请输您的密码。")


def test_what_a_move_does_not_consequential_needs_no_pin() -> None:
    assert last(official(waiting=(matter("148214", *OWNER),)), "6", "x").proof is Proof.NONE


def test_a_pin_is_kept_as_argon2id_and_checked() -> None:
    assert HASH.startswith("$argon2id$")
    assert matches(HASH, PIN)
    assert not matches(HASH, "2581")
    assert not matches("", PIN)
    assert hash_pin(PIN) != HASH


def test_what_can_be_a_pin_and_what_is_too_easy() -> None:
    assert [pin for pin in ("258", "2580", "258014", "2580147", "２５８０") if is_pin(pin)] == ["2580", "258014"]
    assert [pin for pin in ("1111", "4567", "9876", "2580", "1122", "3579") if is_easy(pin)] == ["1111", "4567", "9876"]

"""Going on after a broken line: what is offered to somebody who dials again, and where it leads."""

from dataclasses import replace

import pytest

from gateway.ussd.caller import Caller, Draft
from gateway.ussd.steps import RESUMABLE, Drop, Keep
from tests.unit.dialling import (
    DRAFT,
    FIRST_SCREEN,
    Handset,
    called,
    homes,
    liaison,
    matter,
    official,
)


def broken(caller: Caller, *answers: str) -> Handset:
    """A call that broke off after some answers."""
    handset = Handset(caller)
    handset.dial()
    handset.press(*answers)
    return handset


def test_who_dials_again_within_ten_minutes_goes_on_where_the_call_broke_off() -> None:
    handset = broken(liaison(), "1", "3", "5", "2")
    handset.wait(minutes=9)
    assert handset.dial().reply.text == "上次没报完：3户 牲畜死亡\n1 接着来\n2 从头来\n0返回"
    assert handset.press("1").reply.text.startswith("有多少？")
    assert handset.press("14").filed == Keep(draft=DRAFT)


def test_who_would_rather_begin_anew_has_nothing_kept() -> None:
    handset = broken(liaison(), "1", "3", "5", "2")
    handset.dial()
    step = handset.press("2")
    assert (step.reply.text, step.filed) == (FIRST_SCREEN, Drop())
    assert handset.press("1", "4").filed == Keep(draft=Draft(household="4"))


def test_a_second_broken_line_still_leads_back() -> None:
    handset = broken(liaison(), "1", "3", "5", "2")
    handset.dial()
    handset.wait(minutes=9)
    assert handset.dial().reply.text.startswith("上次没报完：3户 牲畜死亡")
    assert handset.press("1", "14").filed == Keep(draft=DRAFT)


def test_a_direct_string_waits_for_the_choice_between_old_and_new() -> None:
    handset = broken(liaison(), "1", "3", "5", "2")
    assert handset.dial("1*4").reply.text.startswith("上次没报完")
    assert handset.press("2").filed == Keep(draft=Draft(household="4"))

    other = broken(liaison(), "1", "3", "5", "2")
    other.dial("1*4")
    assert other.press("1", "14").filed == Keep(draft=DRAFT)
    third = broken(liaison(), "1", "3", "5", "2")
    third.dial("1*4")
    assert third.press("0").reply.text == FIRST_SCREEN


def test_after_ten_minutes_a_call_begins_fresh_unless_a_report_was_kept() -> None:
    handset = broken(liaison(), "2", "0", "1", "3")
    handset.now += RESUMABLE
    assert handset.dial().reply.text == FIRST_SCREEN

    kept = replace(handset.caller, draft=DRAFT)
    handset.now += RESUMABLE
    handset.caller = kept
    assert handset.dial().reply.text.startswith("上次没报完：3户 牲畜死亡 共14")


def test_a_kept_report_is_gone_on_with_even_when_the_log_is_lost() -> None:
    handset = Handset(liaison(draft=DRAFT))
    assert handset.dial().reply.text.startswith("上次没报完：3户 牲畜死亡 共14")
    assert handset.press("1").reply.text.startswith("急不急？")
    assert handset.press("1", "1").filed == replace(
        called(liaison(), "1", "3", "5", "2", "14", "1", "1").filed, ends_draft=True
    )
    assert called(liaison(draft=DRAFT), "2").filed == Drop()


@pytest.mark.parametrize(
    ("draft", "asked"),
    [
        (Draft(household="3"), "什么事？"),
        (Draft(household="3", code="5"), "是哪一样？"),
        (Draft(household="3", code="52"), "有多少？"),
        (Draft(household="3", code="9"), "什么事？请用自己的话写。"),
        (Draft(household="3", code="9", text="羊死了"), "急不急？"),
        (Draft(household="3", code="5", text="羊死了"), "急不急？"),
        (Draft(household="3", code="52", urgent=False), "3户 牲畜死亡。对吗？"),
        (Draft(household="9", code="52", count=1), "哪一户的事？"),
        (Draft(), "哪一户的事？"),
        (Draft(code="52", count=1), "急不急？"),
    ],
)
def test_a_kept_report_goes_on_at_its_first_open_question(draft: Draft, asked: str) -> None:
    assert called(liaison(draft=draft), "1").reply.text.startswith(asked)


def test_a_case_that_was_being_handled_is_gone_on_with_as_long_as_it_may_be() -> None:
    handset = broken(official(), "1", "1", "6")
    handset.dial()
    assert handset.press("1").reply.text.startswith("要记什么？")

    closed = broken(official(), "1", "1", "6")
    closed.caller = official(waiting=(matter("148214"),))
    assert closed.dial().reply == called(closed.caller).reply
    gone = broken(official(), "1", "1", "6")
    gone.caller = official(waiting=())
    assert gone.dial().reply == called(gone.caller).reply


@pytest.mark.parametrize(
    "answers", [("9",), ("9", "1"), ("9", "4", "1"), ("1",), ("1", "1"), ("4",), ("6",), ("9", "7")], ids="*".join
)
def test_who_only_read_or_answered_nothing_has_nothing_to_go_on_with(answers: tuple[str, ...]) -> None:
    handset = broken(official(also_liaison=True, homes=homes(2)), *answers)
    assert handset.dial().reply == called(handset.caller).reply


def test_a_report_that_was_filed_meanwhile_is_not_offered_again() -> None:
    handset = broken(liaison(), "1", "7", "2", "1", "1")
    handset.wait(minutes=5)
    handset.caller = liaison(heard_at=handset.now)  # filed by itself, or by a bare 1: it is kept no longer
    handset.wait(minutes=1)
    assert handset.dial().reply.text == FIRST_SCREEN


def test_a_report_that_could_not_be_kept_is_gone_on_with_from_the_log() -> None:
    handset = Handset(liaison())
    handset.wait(minutes=-1)
    handset.caller = liaison(heard_at=handset.now)  # something else, before this call
    handset.wait(minutes=1)
    handset.dial()
    handset.press("1", "3", "5", "2")
    assert handset.dial().reply.text.startswith("上次没报完：3户 牲畜死亡")


def test_what_the_log_has_of_a_kept_report_goes_before_what_was_kept() -> None:
    handset = broken(liaison(), "1", "3", "5", "2")
    handset.wait(minutes=1)
    handset.caller = liaison(draft=Draft(household="3", code="5"), heard_at=handset.now)
    assert handset.dial().reply.text.startswith("上次没报完：3户 牲畜死亡")


def test_a_call_that_came_to_its_end_is_nothing_to_go_on_with() -> None:
    handset = broken(liaison(), "7", "1")
    assert handset.dial().reply.text == FIRST_SCREEN

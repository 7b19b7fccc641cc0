"""The report as a form: what it asks, what it keeps, what it files, and that a text means the same."""

import pytest

from gateway.domain.terms import Language
from gateway.sms.codebook import codebook
from gateway.sms.parser import parse
from gateway.sms.reading import Parsed, Subject, SubjectKind
from gateway.ussd.caller import Draft, Menu
from gateway.ussd.drafts import as_reading, as_text, in_words
from gateway.ussd.steps import NUMBER, File, Keep
from tests.unit.dialling import called, homes, liaison

HOUSEHOLD_3 = Subject(kind=SubjectKind.ORDINAL, number="3")
DEAD_ANIMALS = ("1", "3", "5", "2", "14", "1")


def filed(*answers: str, menu: Menu = Menu.LIAISON) -> File:
    """What a call ends with."""
    step = called(liaison(menu=menu, homes=homes(5) if menu is Menu.LIAISON else ()), *answers)
    assert isinstance(step.filed, File)
    assert not step.reply.goes_on
    return step.filed


def test_a_report_is_read_back_and_filed_with_a_number_to_come() -> None:
    assert called(liaison(), *DEAD_ANIMALS).reply.text == (
        "急！3户 牲畜死亡 共14。对吗？\n1 对，报上去\n2 不对，改\n0返回"
    )
    step = called(liaison(), *DEAD_ANIMALS, "1")
    assert step.filed == File(
        reading=Parsed(subject=HOUSEHOLD_3, code="52", values=(14,), urgent=True), text="*3*52 14", ends_draft=True
    )
    assert step.reply.text == f"报上了，号{NUMBER}。马上给您发短信回执。"


def test_every_answer_is_kept() -> None:
    drafts = [called(liaison(), *DEAD_ANIMALS[:count]).filed for count in range(1, len(DEAD_ANIMALS) + 1)]
    assert drafts == [
        None,
        Keep(draft=Draft(household="3")),
        Keep(draft=Draft(household="3", code="5")),
        Keep(draft=Draft(household="3", code="52")),
        Keep(draft=Draft(household="3", code="52", count=14)),
        Keep(draft=Draft(household="3", code="52", count=14, urgent=True)),
    ]


def test_own_words_are_a_report_without_a_code() -> None:
    assert filed("1", "3", "9", "老人不见了", "1", "1") == File(
        reading=Parsed(subject=HOUSEHOLD_3, text="老人不见了", urgent=True), text="*3 老人不见了", ends_draft=True
    )


def test_own_words_cannot_be_skipped_but_words_beside_a_family_can() -> None:
    assert called(liaison(), "1", "3", "9", "#").reply.text.startswith("不能空着，请输。\n什么事？请用自己的话写。")
    assert filed("1", "3", "5", "9", "#", "2", "1").reading == Parsed(subject=HOUSEHOLD_3, code="5")
    assert filed("1", "3", "5", "9", "牛丢了", "2", "1") == File(
        reading=Parsed(subject=HOUSEHOLD_3, code="5", text="牛丢了"), text="3*5 牛丢了", ends_draft=True
    )


def test_a_count_can_be_skipped_and_is_a_number() -> None:
    assert filed("1", "3", "5", "2", "#", "2", "1").text == "3*52"
    for wrong in ("牛", "10000", "1.5"):
        assert called(liaison(), "1", "3", "5", "2", wrong).reply.text.startswith("请输1到9999的数字。\n有多少？")
    assert filed("1", "3", "5", "2", "十四", "2", "1").reading.values == (14,)


def test_people_are_asked_for_as_people_and_animals_are_not() -> None:
    assert called(liaison(), "1", "3", "4", "2").reply.text.startswith("几个人？")
    assert filed("1", "3", "4", "2", "2", "1", "1").reading.values == (2,)
    assert filed("1", "3", "4", "2", "#", "1", "1").text == "*3*42"
    assert filed("1", "3", "4", "2", "2", "1", "2", "2", "8", "1", "3", "1").text == "*3*81 3"
    asked = {code.code: code.counts_people for code in codebook().codes.values() if code.takes_count}
    assert {code for code, of_people in asked.items() if not of_people} == {"51", "52", "53"}


def test_what_is_urgent_by_itself_is_read_back_as_urgent_whatever_was_answered() -> None:
    said = "这种事都按急事办。对吗？"
    assert called(liaison(), "1", "3", "2", "1", "2").reply.text.startswith(f"急！3户 房屋危险倒塌。{said}")
    assert called(liaison(), "1", "3", "9", "有人被埋了", "2").reply.text.startswith(f"急！3户 有人被埋了。{said}")
    assert called(liaison(), "1", "3", "2", "1", "1").reply.text.startswith("急！3户 房屋危险倒塌。对吗？")
    assert called(liaison(), "1", "3", "6", "2", "2").reply.text.startswith("3户 停电。对吗？")
    assert filed("1", "3", "2", "1", "2", "1").text == "3*21"


def test_a_code_that_counts_nothing_is_not_asked_how_many() -> None:
    assert called(liaison(), "1", "3", "6", "2").reply.text.startswith("急不急？")


def test_a_code_that_the_family_does_not_have_is_a_wrong_key() -> None:
    assert called(liaison(), "1", "3", "3", "5").reply.text.startswith("没有这一项")


def test_a_resident_is_not_asked_whose_household() -> None:
    assert called(liaison(menu=Menu.RESIDENT, homes=()), "1").reply.text.startswith("什么事？")
    assert filed("1", "5", "2", "14", "2", "1", menu=Menu.RESIDENT) == File(
        reading=Parsed(code="52", values=(14,)), text="牲畜死亡 14", ends_draft=True
    )


def test_a_liaison_can_report_what_belongs_to_no_household() -> None:
    first = called(liaison(homes=homes(12)), "1").reply.text
    assert first.startswith("哪一户的事？\n99 不是哪一户的事\n1 才让1\n")
    assert filed("1", "99", "1", "1", "1", "1") == File(
        reading=Parsed(code="11", urgent=True), text="*雪灾", ends_draft=True
    )
    assert filed("1", "99", "9", "雪崩埋了两个人，在垭口", "1", "1").text == "*雪崩埋了两个人，在垭口"
    assert filed("1", "3", "1", "1", "1", "2", "1", "99", "1").reading.subject is None
    assert called(liaison(), direct="1*99*6*3").reply.text.startswith("急不急？")


def test_what_belongs_to_no_household_is_only_asked_in_a_report() -> None:
    for answers in (("4",), ("4", "99")):
        assert "99" not in called(liaison(), *answers).reply.text


def test_a_liaison_without_households_can_still_report() -> None:
    assert called(liaison(homes=()), "1").reply.text.startswith("什么事？")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (("1", "4"), "*4*52 14"),
        (("2", "6", "2"), "*3*62"),
        (("2", "9", "羊死了"), "*3 羊死了"),
        (("3", "2"), "3*52 14"),
    ],
)
def test_a_report_can_be_changed_in_one_place_and_keeps_the_rest(change: tuple[str, ...], text: str) -> None:
    assert filed(*DEAD_ANIMALS, "2", *change, "1").text == text


def test_back_gives_the_question_before_and_another_answer_counts() -> None:
    assert filed(*DEAD_ANIMALS, "0", "0", "7", "2", "1").text == "3*52 7"


def test_practising_is_the_same_form_keeps_nothing_and_files_a_rehearsal() -> None:
    for count in range(1, len(DEAD_ANIMALS) + 1):
        step = called(liaison(), "8", *DEAD_ANIMALS[1:count])
        assert step.filed is None
        assert step.reply.text.startswith("练习：")
    step = called(liaison(), "8", *DEAD_ANIMALS[1:], "1")
    assert step.filed == File(
        reading=Parsed(subject=HOUSEHOLD_3, code="52", values=(14,), urgent=True, rehearsal=True), text="练 *3*52 14"
    )
    assert "没有真报" in step.reply.text


def test_a_wish_to_be_called_is_read_back_and_filed_as_its_code() -> None:
    assert called(liaison(), "7").reply.text == "要县里给您回电话吗？\n1 要\n0返回"
    assert filed("7", "1") == File(reading=Parsed(code="94"), text="请回电话")


# ---- a report in its other forms


@pytest.mark.parametrize("code", [*codebook().codes, *"12345678"])
@pytest.mark.parametrize("practise", [False, True])
def test_a_text_with_a_code_is_read_as_the_menus_mean_it(code: str, practise: bool) -> None:  # noqa: FBT001
    count = 14 if code in codebook().codes and codebook().codes[code].takes_count else None
    draft = Draft(household="3", code=code, count=count, urgent=True)
    assert parse(as_text(draft, practise=practise)) == as_reading(draft, practise=practise)


def test_a_report_in_words_leaves_out_what_was_not_told() -> None:
    assert in_words(Draft(), Language.ZH) == ""
    assert in_words(Draft(household="3", code="9"), Language.ZH) == "3户"
    assert in_words(Draft(household="3", code="5", text="{number} 牛"), Language.EN) == (
        "household 3 Livestock and grassland {number} 牛"
    )
    assert as_text(Draft()) == ""

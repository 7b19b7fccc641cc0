"""Words behind the digit for "not fixed": why it is not, unless they tell of something else (design, section 5)."""

import pytest

from gateway.domain.lifecycle import State
from gateway.store.cases import Case
from tests.flow.talk import Talk


def asked(talk: Talk, text: str = "3 水管坏了") -> Case:
    """A case that is said to be done; its reporter was asked whether it is."""
    talk.say("liaison", text)
    case = talk.cases()[-1]
    talk.say("grid_leader", f"{case.number} 2 {talk.code('grid_leader', case)} 修好了")
    return talk.cases()[-1]


@pytest.mark.parametrize(
    "text", ["2 只通了一半", "2，只通了一半", "２ 人没来", "二 人没来", "2 假的，没来", "2. half done", "2 ད་དུང་མ་བདེ"]
)
def test_words_behind_the_digit_for_no_say_why(talk: Talk, text: str) -> None:
    number = asked(talk).number
    message = talk.say("liaison", text)
    case = talk.case()
    assert (message.result, case.number, case.state) == ("reply", number, State.OPEN)
    assert talk.answer_to(message).template == "dispute_done"
    words = text.lstrip("2２二，. ")
    assert any(words in row.body for row in talk.rows("township_commander"))


@pytest.mark.parametrize(
    "text",
    [
        "2 牛死了三头",
        "2 水管漏水",
        "2 房子塌了，有人压在下面",
        "2户 只通了一半",
        "第2家 只通了一半",
        "*2 只通了一半",
        "2*63",
        "3 只通了一半",
    ],
)
def test_what_names_a_household_or_another_problem_or_calls_for_help_is_a_report(talk: Talk, text: str) -> None:
    asked(talk)
    message = talk.say("liaison", text)
    first, second = talk.cases()
    assert (message.result, first.state) == ("report", State.RESOLVED)
    assert second.household is not None
    assert second.household.ordinal == (3 if text.startswith("3") else 2)


def test_the_same_problem_of_the_household_that_was_asked_about_is_why(talk: Talk) -> None:
    asked(talk, "2 水管坏了")
    assert talk.say("liaison", "2 水管还是坏的").result == "reply"
    assert talk.case().state is State.OPEN


def test_a_resident_who_has_no_number_2_says_why(talk: Talk) -> None:
    talk.say("resident", "水管坏了")
    case = talk.case()
    talk.say("grid_leader", f"{case.number} 2 {talk.code('grid_leader', case)} 修好了")
    assert talk.say("resident", "2 头牛被狼咬死").result == "report"
    assert talk.say("resident", "2 水管还是坏的").result == "reply"


def test_where_two_cases_are_asked_about_words_behind_a_digit_stay_a_report(talk: Talk) -> None:
    asked(talk)
    asked(talk, "4 水管坏了")
    assert talk.say("liaison", "2 只通了一半").result == "report"


def test_where_nothing_is_asked_they_are_a_report(talk: Talk) -> None:
    assert talk.say("liaison", "2 只通了一半").result == "report"


def test_a_rehearsed_no_is_none(talk: Talk) -> None:
    asked(talk)
    for text in ("练 2 只通了一半", "练 2 没好"):
        assert talk.say("liaison", text).result == "rehearsal"
    assert talk.case().state is State.RESOLVED

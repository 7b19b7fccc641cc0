"""Words from registered people become reports: none is thrown away, and one thing is one case (design, section 5)."""

from gateway.domain.lifecycle import State
from gateway.store.base import InboundState
from tests.flow.talk import Talk

# Words that are no command become a case, whatever stands in front of them.


def test_an_ordinal_that_the_liaison_does_not_hold_leaves_the_words_whole(talk: Talk) -> None:
    message = talk.say("liaison_2", "12 头牦牛被狼咬死")  # this liaison has five households
    case = talk.case()
    assert (case.household, case.text, case.category) == (None, "12 头牦牛被狼咬死", "livestock")
    assert message.result == "report"


def test_a_resident_reports_for_the_own_household(talk: Talk) -> None:
    talk.say("resident", "家里停电了")
    case = talk.case()
    assert case.household is not None
    assert (case.household.ordinal, case.category) == (2, "utilities")
    assert talk.owner(case) == "grid_leader"


def test_a_residents_number_in_front_is_no_household(talk: Talk) -> None:
    message = talk.say("resident", "3 头牛被狼咬死")
    case = talk.case()
    assert message.state is InboundState.HANDLED
    assert case.household is not None
    assert (case.household.ordinal, case.text) == (2, "3 头牛被狼咬死")


def test_a_mistyped_number_that_nobody_could_mean_becomes_a_report(talk: Talk) -> None:
    talk.say("liaison", "148213 牦牛冻死了")
    assert talk.case().text == "148213 牦牛冻死了"


def test_words_behind_a_near_number_wait_for_the_answer(talk: Talk) -> None:
    number = talk.case_number_of("liaison", "3 房屋倒塌")
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    asked = talk.say("liaison", f"{wrong} 6 帐篷还没有到")
    assert talk.answer_to(asked).template == "number_near"
    assert number in talk.answer_to(asked).body
    talk.say("liaison", "1")
    assert talk.heard("grid_leader")[-1] == "note_owner"
    assert len(talk.cases()) == 1


def test_words_behind_a_near_number_that_nobody_clears_up_become_a_report(talk: Talk) -> None:
    number = talk.case_number_of("liaison", "3 房屋倒塌")
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    talk.say("liaison", f"{wrong} 学校没有老师")
    assert len(talk.cases()) == 1
    talk.clock.forward(minutes=16)
    talk.file_forgotten()
    assert talk.cases()[1].text == f"{wrong} 学校没有老师"
    assert talk.heard("liaison") == ["case_opened", "number_near", "case_opened"]


def test_urgent_words_behind_a_near_number_wait_for_nothing(talk: Talk) -> None:
    number = talk.case_number_of("liaison", "3 52 4")
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    talk.say("liaison", f"*{wrong} 学校没有老师")
    assert talk.cases()[1].urgent


def test_the_same_words_after_the_report_was_undone_are_a_report_again(talk: Talk) -> None:
    number = talk.case_number_of("liaison", "3 房屋倒塌")
    talk.say("liaison", f"{number} 9")
    talk.say("liaison", "3 房屋倒塌")
    assert [case.state for case in talk.cases()] == [State.WITHDRAWN, State.OPEN]


def test_call_me_for_one_household_is_not_call_me_for_another(talk: Talk) -> None:
    for text in ("3", "1", "5", "1"):
        talk.say("liaison", text)
    assert [case.household.ordinal for case in talk.cases()] == [3, 5]


# One digit behind a household: a family of the code book.


def test_a_family_is_a_report_that_nobody_must_sort(talk: Talk) -> None:
    talk.say("liaison", "3*5")
    case = talk.case()
    assert (case.code, case.category, case.urgent, case.to_sort) == ("5", "livestock", False, False)
    assert "畜牧草原" in talk.rows("liaison")[0].body
    assert "畜牧草原" in talk.rows("grid_leader")[0].body


def test_something_else_is_asked_back_and_the_words_become_the_report(talk: Talk) -> None:
    assert talk.answer_to(talk.say("liaison", "3*9")).template == "household_ask"
    assert talk.cases() == []
    talk.say("liaison", "学校没有老师")
    case = talk.case()
    assert case.household is not None
    assert (case.household.ordinal, case.code, case.text) == (3, "", "学校没有老师")


def test_something_else_behind_a_full_number_is_asked_back_by_those_who_may_ask_alone(talk: Talk) -> None:
    talk.say("liaison", "3 52 4")
    household = talk.case().household
    assert household is not None
    assert talk.answer_to(talk.say("liaison", f"{household.number}*9")).template == "household_ask"
    assert talk.answer_to(talk.say("liaison_3", f"{household.number}*9")).template == "nothing_open"


# Follow-ups and repeats (design, section 5).


def test_the_same_words_within_ten_minutes_are_one_report(talk: Talk) -> None:
    talk.say("liaison", "3 房屋倒塌")
    talk.clock.forward(minutes=9)
    message = talk.say("liaison", "3 房屋倒塌")
    assert message.result == "repeat"
    assert talk.heard("liaison") == ["case_opened", "case_repeated"]
    assert len(talk.case().events) == 1


def test_more_about_the_same_household_and_kind_joins_the_case(talk: Talk) -> None:
    talk.say("liaison", "3 52 4")
    talk.clock.forward(hours=23)
    talk.say("liaison", "3 52 9")
    assert talk.heard("liaison")[-1] == "case_followed"
    assert talk.heard("grid_leader")[-1] == "follow_up_owner"
    assert len(talk.cases()) == 1


def test_a_day_later_it_is_a_new_case(talk: Talk) -> None:
    talk.say("liaison", "3 52 4")
    talk.clock.forward(hours=25)
    talk.say("liaison", "3 52 9")
    assert len(talk.cases()) == 2


def test_another_household_is_another_case(talk: Talk) -> None:
    talk.say("liaison", "3 52")
    talk.say("liaison", "4 52")
    assert len(talk.cases()) == 2


def test_an_urgent_report_never_disappears_in_an_ordinary_case(talk: Talk) -> None:
    talk.say("liaison", "3 52 4")
    talk.say("liaison", "*3 52 40")
    assert [case.urgent for case in talk.cases()] == [False, True]
    assert talk.heard("grid_leader") == ["alert", "alert_urgent"]


def test_an_ordinary_word_about_an_urgent_case_joins_it(talk: Talk) -> None:
    talk.say("liaison", "*3 52 40")
    talk.say("liaison", "3 52 44")
    assert len(talk.cases()) == 1


def test_a_rehearsal_gets_the_same_answer_and_leaves_no_case(talk: Talk) -> None:
    real = talk.answer_to(talk.say("liaison", "3 房屋倒塌"))
    talk.clock.forward(hours=25)
    rehearsed = talk.answer_to(talk.say("liaison", "练 3 房屋倒塌"))
    assert rehearsed.template == real.template
    assert len(talk.cases()) == 1
    assert talk.heard("grid_leader") == ["alert_urgent"]


def test_two_failures_in_a_row_offer_a_call(talk: Talk) -> None:
    for text in ("，，", "。。"):
        talk.say("liaison", text)
    assert talk.heard("liaison") == ["not_understood", "not_understood_call"]
    talk.say("liaison", "1")
    assert talk.case().code == "94"


def test_behind_a_family_clear_words_choose_among_the_categories_of_its_codes(talk: Talk) -> None:
    talk.say("liaison", "3*8 老板拖欠工资三个月")
    talk.say("liaison", "4*8 牛死了")
    assert [case.category for case in talk.cases()] == ["work", "schooling"]

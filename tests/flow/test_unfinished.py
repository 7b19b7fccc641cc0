"""Reports that a call broke off: what cannot wait files itself, of everything else one SMS tells how to finish it."""

from datetime import timedelta

import pytest

from gateway.clock import ManualClock
from gateway.domain.lifecycle import State
from gateway.domain.terms import Language
from gateway.flow import callers
from gateway.store import deeds, households, prompt
from tests.flow.menus import about_household, drafts, filed, kept, origin
from tests.flow.talk import Talk
from tests.scenarios.county import number_of
from workers import tasks


def minutes(talk: Talk, count: float) -> None:
    """Let minutes pass, looking after drafts all the while."""
    end = talk.clock.now() + timedelta(minutes=count)
    while talk.clock.now() < end:
        talk.clock.move_to(min(end, talk.clock.now() + timedelta(minutes=1)))
        tasks.look_after_drafts(talk.services, talk.clock.now())
    talk.handle()
    talk.send()


def hang_up(talk: Talk, session_id: str = "S1") -> None:
    """The carrier says that a call of the liaison's is over."""
    ended = {"provider": "africastalking", "session_id": session_id, "sender": number_of("liaison")}
    prompt.run(
        talk.services.exchange.engine,
        lambda connection: deeds.hung_up(connection, **ended, at=talk.clock.now()),
    )


def test_an_urgent_report_with_its_kind_files_itself_after_five_minutes(talk: Talk) -> None:
    kept(talk, "liaison", household="3", code="21", urgent=True)
    hang_up(talk)
    minutes(talk, 4.5)
    assert (talk.cases(), talk.heard("liaison")) == ([], [])
    minutes(talk, 0.5)
    case = talk.case()
    assert (case.unfinished, case.urgent, case.code, case.state) == (True, True, "21", State.OPEN)
    assert case.opened_at == talk.clock.now()
    assert drafts(talk) == []
    assert talk.heard("liaison") == ["case_opened_unfinished"]
    assert case.number in talk.rows("liaison")[0].body
    alert = talk.rows("grid_leader")[0]
    assert (alert.template, "没报完" in alert.body) == ("alert_urgent", True)
    assert [message.text for message in talk.inbound()] == ["*3*21"]
    minutes(talk, 20)
    assert len(talk.cases()) == 1


@pytest.mark.parametrize(
    "answers", [{"code": "12"}, {"text": "有人被困在雪里"}, {"code": "9", "text": "着火了，救命"}], ids=str
)
def test_what_is_urgent_by_its_kind_or_words_does_not_wait_for_the_question(
    talk: Talk, answers: dict[str, str]
) -> None:
    kept(talk, "liaison", household="3", **answers)
    minutes(talk, 5)
    assert talk.case().unfinished


def test_who_said_not_urgent_is_asked_and_not_overruled(talk: Talk) -> None:
    kept(talk, "liaison", household="3", code="12", urgent=False)
    minutes(talk, 12)
    assert talk.cases() == []
    assert talk.heard("liaison") == ["draft_kept"]


def test_a_residents_urgent_report_needs_no_household_to_file_itself(talk: Talk) -> None:
    kept(talk, "resident", code="42", urgent=True)
    minutes(talk, 5)
    household = talk.case().household
    assert household is not None
    assert household.contact_id == talk.person("resident").id


def test_an_abandoned_report_is_told_of_once_and_a_bare_1_files_it(talk: Talk) -> None:
    kept(talk, "liaison", household="3", code="52", count=14)
    minutes(talk, 9.5)
    assert talk.heard("liaison") == []
    minutes(talk, 30)
    (told,) = talk.rows("liaison")
    assert told.template == "draft_kept"
    assert all(words in told.body for words in ("3户", "14", "*384*7#"))

    message = talk.say("liaison", "1")
    case = talk.case()
    assert (case.code, case.values, case.unfinished) == ("52", [14], False)
    assert talk.answer_to(message).template == "case_opened"
    assert drafts(talk) == []
    talk.say("liaison", "1")
    assert talk.rows("liaison")[-1].template == "household_ask"  # household 1, and no report that was kept


def test_after_the_carriers_end_event_two_minutes_are_enough(talk: Talk) -> None:
    kept(talk, "liaison", household="3", code="52")
    hang_up(talk)
    minutes(talk, 1.5)
    assert talk.heard("liaison") == []
    minutes(talk, 0.5)
    assert talk.heard("liaison") == ["draft_kept"]


def test_a_call_that_goes_on_at_once_is_left_in_peace(talk: Talk) -> None:
    kept(talk, "liaison", household="3", code="52")
    hang_up(talk)
    minutes(talk, 1)
    kept(talk, "liaison", household="3", code="52", count=2, session_id="S2")
    minutes(talk, 3)
    assert talk.heard("liaison") == []


def dial(talk: Talk, session_id: str) -> None:
    """Dial again, and look at the first screen."""
    rules, dialled = talk.services.exchange.rules, origin(talk, "liaison", session_id=session_id)
    prompt.run(talk.services.exchange.engine, lambda connection: callers.load(connection, dialled, rules))


def test_who_dials_again_is_not_texted_in_mid_call(talk: Talk) -> None:
    kept(talk, "liaison", household="3", code="52")
    hang_up(talk)
    minutes(talk, 1)
    dial(talk, "S2")
    hang_up(talk)  # the first call's, late
    minutes(talk, 3)
    assert talk.heard("liaison") == []
    hang_up(talk, "S2")
    minutes(talk, 1.5)
    assert talk.heard("liaison") == []
    minutes(talk, 0.5)
    assert talk.heard("liaison") == ["draft_kept"]


def test_who_dials_again_has_another_five_minutes_before_an_urgent_report_files_itself(talk: Talk) -> None:
    kept(talk, "liaison", household="3", code="21", urgent=True)
    minutes(talk, 4)
    dial(talk, "S2")
    minutes(talk, 4.5)
    assert talk.cases() == []
    minutes(talk, 0.5)
    assert talk.case().unfinished


def test_who_was_told_is_not_told_again_for_having_looked(talk: Talk) -> None:
    kept(talk, "liaison", household="3", code="52")
    minutes(talk, 12)
    dial(talk, "S2")
    hang_up(talk, "S2")
    minutes(talk, 30)
    assert talk.heard("liaison") == ["draft_kept"]


def test_every_call_that_is_given_up_is_told_of_once(talk: Talk) -> None:
    kept(talk, "liaison", household="3", code="52")
    minutes(talk, 15)
    kept(talk, "liaison", household="3", code="52", count=9, session_id="S2")
    minutes(talk, 15)
    assert talk.heard("liaison") == ["draft_kept", "draft_kept"]
    talk.say("liaison", "1")
    assert talk.case().values == [9]


def test_who_has_not_said_yet_what_happened_hears_how_to_write_it(talk: Talk) -> None:
    kept(talk, "liaison", household="3", code="9")
    minutes(talk, 12)
    (told,) = talk.rows("liaison")
    assert (told.template, "3 加几个字" in told.body) == ("draft_begun", True)
    talk.say("liaison", "1")
    assert talk.cases() == []


def test_1_beside_other_open_questions_lets_one_choose(talk: Talk) -> None:
    number = talk.case_number_of("liaison", "5 水管坏了")
    talk.say("grid_leader", "1")
    talk.say("grid_leader", f"{number} 2 {talk.code('grid_leader', talk.case())} 修好了")
    kept(talk, "liaison", household="3", code="52")
    minutes(talk, 12)
    talk.say("liaison", "1")
    listed = talk.rows("liaison")[-1]
    assert (listed.template, "没报完的事" in listed.body) == ("choose", True)
    talk.say("liaison", "2")
    assert [case.code for case in talk.cases()] == ["", "52"]
    talk.say("liaison", "1")
    assert talk.cases()[0].state is State.CLOSED


def test_filing_over_the_menus_forgets_the_question(talk: Talk) -> None:
    kept(talk, "liaison", household="3", code="52")
    minutes(talk, 12)
    filed(talk, origin(talk, "liaison"), about_household(3, code="52"), text="3*52", ends_draft=True)
    talk.handle()
    talk.say("liaison", "1")
    assert talk.rows("liaison")[-1].template == "household_ask"  # household 1, and no report that was kept
    assert len(talk.cases()) == 1


def test_words_about_health_are_not_repeated(talk: Talk) -> None:
    kept(talk, "liaison", household="3", code="9", text="老人肺结核，要看病", urgent=False)
    minutes(talk, 12)
    (told,) = talk.rows("liaison")
    assert (told.template, "肺结核" in told.body) == ("draft_kept", False)


def test_a_household_that_changed_hands_does_not_cost_the_words(talk: Talk) -> None:
    kept(talk, "liaison", household="3", code="9", text="草场边界有纠纷")
    minutes(talk, 12)
    heir = talk.person("liaison_3").posts[0].id
    for household in households.of_liaison(talk.session, talk.person("liaison").posts[0]):
        household.liaison_id, household.ordinal = heir, household.ordinal + 20
    talk.session.commit()
    talk.say("liaison", "1")
    assert (talk.case().text, talk.case().household) == ("草场边界有纠纷", None)


def test_a_kept_report_is_forgotten_after_a_week(talk: Talk, clock: ManualClock) -> None:
    kept(talk, "liaison", household="3", code="52")
    minutes(talk, 12)
    clock.forward(days=7)
    minutes(talk, 1)
    assert drafts(talk) == []
    talk.say("liaison", "1")
    assert talk.cases() == []


def test_the_language_of_the_text_is_the_persons(talk: Talk) -> None:
    phone = talk.phone("liaison")
    phone.person.language = Language.BO
    talk.session.commit()
    kept(talk, "liaison", household="3", code="52")
    minutes(talk, 12)
    assert talk.rows("liaison")[0].language is Language.BO

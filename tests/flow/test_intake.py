"""What becomes of a message received: in order, once, answered once, and never thrown away (design, section 5)."""

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from gateway.domain.lifecycle import State
from gateway.domain.terms import Language, Role, UnitKind
from gateway.store.base import InboundState, OutboundState
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound
from gateway.store.people import Person, Phone, Post
from gateway.store.units import Unit
from tests.flow.talk import OURS, Talk
from tests.scenarios.county import number_of
from workers.drains import drain_inbound

STRANGER = "+8613812345678"


def waiting(talk: Talk) -> int:
    """How many messages are not handled yet."""
    with talk.services.sessions() as session:
        return session.scalar(select(func.count()).where(Inbound.state == InboundState.NEW)) or 0


def in_parallel(talk: Talk, workers: int) -> None:
    """Several workers drain the inbound lane side by side, each until nothing is left in the lane."""
    failures: list[BaseException] = []

    def drain() -> None:
        try:
            while waiting(talk):
                drain_inbound(talk.services)
        except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=drain) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_messages_of_one_sender_are_handled_in_order_by_any_number_of_workers(talk: Talk) -> None:
    writers = ("liaison", "liaison_2", "liaison_3", "liaison_4")
    for place in range(1, 6):
        for writer in writers:
            talk.put(writer, f"{place} 5{place}")
    in_parallel(talk, 3)
    assert {message.state for message in talk.inbound()} == {InboundState.HANDLED}
    for writer in writers:
        sent = [message.id for message in talk.inbound() if message.sender == number_of(writer)]
        answered = [row.reply_to_id for row in talk.rows(writer)]
        assert answered == sent
    numbers = [case.number for case in talk.cases()]
    assert len(numbers) == len(set(numbers)) == 20


def test_a_reply_never_overtakes_the_report_before_it(talk: Talk) -> None:
    talk.put("liaison", "1 52 3")
    talk.put("liaison", "查")  # is about the case that the report became
    talk.put("liaison", "2 52 3")
    in_parallel(talk, 3)
    assert [row.template for row in talk.rows("liaison")] == ["case_opened", "case_state", "case_opened"]
    assert talk.cases()[0].number in talk.rows("liaison")[1].body


def test_a_message_that_the_carrier_hands_over_again_is_one_message(talk: Talk) -> None:
    for _ in range(5):
        talk.put("liaison", "3 房屋倒塌", provider_id="A-1")
        talk.handle()
    assert len(talk.inbound()) == 1
    assert talk.heard("liaison") == ["case_opened"]


def test_two_carriers_may_use_the_same_id_for_two_messages(talk: Talk) -> None:
    talk.put("liaison", "3 房屋倒塌", provider_id="1", provider="kannel")
    talk.put("liaison_2", "3 房屋倒塌", provider_id="1", provider="africastalking")
    talk.handle()
    assert len(talk.cases()) == 2


@pytest.mark.parametrize("sender", ["10086", "BANK", "中国移动", "106575001", "", OURS, "+8610690000000000"])
def test_nobody_answers_a_machine(talk: Talk, sender: str) -> None:
    talk.put(sender, "您的验证码是 1234")
    talk.handle()
    (message,) = talk.inbound()
    assert (message.state, message.text) == (InboundState.IGNORED, "您的验证码是 1234")
    assert talk.rows() == []


def test_our_own_number_is_never_answered_even_when_it_looks_like_anybodys(talk: Talk) -> None:
    own = next(iter(talk.session.info["rules"].own_numbers))
    talk.put(own, "3 房屋倒塌")
    talk.handle()
    assert talk.inbound()[0].state is InboundState.IGNORED


def test_a_stranger_is_told_once_a_day_and_every_word_is_kept_for_the_centre(talk: Talk) -> None:
    for text in ("在吗", "148214", "3 房屋倒塌"):
        talk.put(STRANGER, text)
        talk.handle()
    talk.clock.forward(hours=24, minutes=1)
    talk.put(STRANGER, "在吗")
    talk.handle()
    assert {message.state for message in talk.inbound()} == {InboundState.QUARANTINED}
    assert [row.template for row in talk.rows()] == ["stranger", "stranger"]
    assert talk.cases() == []


def test_a_stranger_hears_the_same_whether_a_case_exists_or_not(talk: Talk) -> None:
    number = talk.case_number_of("liaison", "3 房屋倒塌")
    talk.put(STRANGER, f"{number} 0")
    talk.put("+8613812345679", "今天天气")
    talk.handle()
    known, unknown = (row.body for row in talk.rows() if row.template == "stranger")
    assert known == unknown


def test_a_number_written_in_any_way_is_the_same_person(talk: Talk) -> None:
    bare = number_of("liaison").removeprefix("+86")
    for place, sender in enumerate((bare, f"86{bare}", f"0086{bare}", f"tel:+86{bare}"), start=1):
        talk.put(sender, f"{place} 52")
    talk.handle()
    assert {case.reporter_id for case in talk.cases()} == {talk.person("liaison").id}
    assert len(talk.rows("liaison")) == 4


def test_the_sender_of_an_identity_number_is_told_that_it_was_masked(talk: Talk) -> None:
    talk.put("liaison", "3 户口 63262319****")
    talk.session.execute(Inbound.__table__.update().values(masked=1))  # as the webhook stores it
    talk.session.commit()
    talk.handle()
    (plain,) = talk.rows("liaison")
    assert "身份证" in plain.body


# A phone that gets more than six automatic answers in ten minutes.


def test_the_seventh_answer_is_held_back_and_the_pause_is_said_once(talk: Talk) -> None:
    for place in range(1, 10):
        talk.put("liaison", f"{place} 5{place % 5 + 1}")
        talk.handle()
    states = [row.state for row in talk.rows("liaison") if row.reply_to_id]
    assert states == [OutboundState.QUEUED] * 6 + [OutboundState.SUPPRESSED] * 3
    assert [row.template for row in talk.rows("liaison") if not row.reply_to_id] == ["paused"]


def test_reports_of_a_braked_phone_are_handled_all_the_same(talk: Talk) -> None:
    for place in range(1, 10):
        talk.put("liaison", f"{place} 5{place % 5 + 1}")
    talk.handle()
    assert len(talk.cases()) == 9
    assert {message.state for message in talk.inbound()} == {InboundState.HANDLED}


def test_ten_minutes_after_the_brake_answers_leave_again(talk: Talk) -> None:
    for place in range(1, 9):
        talk.say("liaison", f"{place} 5{place % 5 + 1}")
    talk.clock.forward(minutes=11)
    assert talk.answer_to(talk.say("liaison", "9 52")).state is OutboundState.DELIVERED


def test_the_brake_of_one_phone_holds_no_other(talk: Talk) -> None:
    for place in range(1, 9):
        talk.say("liaison", f"{place} 5{place % 5 + 1}")
    assert talk.answer_to(talk.say("liaison_2", "1 52")).state is OutboundState.DELIVERED


def county_without_officials(talk: Talk) -> str:
    """A liaison in a county where no post answers, which `gateway doctor` would find; gives the phone's number."""
    county = Unit(code="632699", kind=UnitKind.COUNTY, path="632699", name_zh="空县")
    talk.session.add(county)
    talk.session.flush()
    person = Person(name="索南", language=Language.ZH, phones=[Phone(number="+8619900009999")])
    talk.session.add(Post(person=person, unit=county, role=Role.LIAISON, from_day=date(2026, 1, 1)))
    talk.session.commit()
    return person.phones[0].number


def test_a_message_that_breaks_its_handling_is_shown_after_five_tries_and_others_go_on(talk: Talk) -> None:
    broken = county_without_officials(talk)
    talk.put(broken, "房屋倒塌")
    talk.put("liaison", "3 房屋倒塌")
    talk.put(broken, "帮助")
    talk.handle()
    first, second, third = talk.inbound()
    assert (first.state, first.attempts) == (InboundState.FAILED, 5)
    assert "NobodyAnswers" in first.error
    assert [second.state, third.state] == [InboundState.HANDLED, InboundState.HANDLED]
    assert len(talk.cases()) == 1
    assert talk.answers(first) == []
    assert talk.answer_to(third).template == "help_liaison"


# A phone that wants no more messages.


def test_stop_is_confirmed_once_and_nothing_else_leaves(talk: Talk) -> None:
    talk.say("liaison", "退订")
    talk.say("liaison", "3 房屋倒塌")
    assert [(row.template, row.state) for row in talk.rows("liaison")] == [
        ("opted_out", OutboundState.DELIVERED),
        ("case_opened", OutboundState.SUPPRESSED),
    ]
    assert talk.case().state is State.OPEN


def test_an_official_who_opted_out_is_passed_over(talk: Talk) -> None:
    talk.say("grid_leader", "退订")
    talk.say("liaison", "3 房屋倒塌")
    assert talk.owner(talk.case()) == "grid_deputy"


def test_opting_in_again_opens_the_phone(talk: Talk) -> None:
    talk.say("liaison", "退订")
    talk.say("liaison", "TD")
    talk.say("liaison", "START")
    talk.say("liaison", "3 房屋倒塌")
    assert talk.rows("liaison")[-1].state is OutboundState.DELIVERED


def test_a_stop_that_the_carrier_took_is_not_answered_twice(talk: Talk) -> None:
    talk.put("liaison", "STOP")
    talk.session.execute(Inbound.__table__.update().values(opt_out=True))
    talk.session.commit()
    talk.handle()
    assert talk.phone("liaison").opted_out_at == talk.clock.now()
    assert talk.session.scalar(select(func.count()).select_from(Outbound)) == 0


def test_every_handled_message_has_exactly_one_answer(talk: Talk) -> None:
    texts = ("3 房屋倒塌", "帮助", "0", "1", "3", "148214 1", "？", "查", "25 岁男子摔伤", "TEST 3 21", "2*52#14", "好")
    for text in texts:
        talk.say("liaison", text)
        talk.clock.forward(minutes=11)
    replies = talk.session.scalars(select(Outbound.reply_to_id).where(Outbound.reply_to_id.is_not(None))).all()
    assert sorted(replies) == [message.id for message in talk.inbound()]


def test_a_text_from_a_phone_shows_that_it_can_be_reached(talk: Talk) -> None:
    talk.phone("grid_leader").unreachable_since = talk.clock.now() - timedelta(minutes=1)
    talk.session.commit()
    talk.say("grid_leader", "帮助")
    assert talk.phone("grid_leader").unreachable_since is None

"""From the outbox to a carrier: order, fail-over, circuits, unknown outcomes, expiry (design, section 3, rule 5)."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

from gateway.domain.messages import Failure
from gateway.domain.terms import Purpose
from gateway.flow.pump import Pump
from gateway.store.base import OutboundState
from gateway.store.running import CarrierState
from tests.flow.outbox import (
    OTHER_PHONE,
    PHONE,
    REFUSED_ACCOUNT,
    TAKEN,
    UNAVAILABLE,
    Desk,
    Make,
    africastalking,
    at_answer,
    kannel,
)
from tests.flow.talk import letter
from tests.providers.fakes import Answer, FakeCarrier, nobody
from tests.scenarios.county import number_of


def bodies(fake: FakeCarrier) -> list[str]:
    return [seen.query["text"] for seen in fake.seen]


# Order.


def test_one_recipients_messages_leave_in_their_order(desk: Make) -> None:
    with FakeCarrier(TAKEN) as fake:
        here = desk(kannel=kannel(fake.url))
        here.post(*(letter(PHONE, here.talk.clock.now(), body=f"第{n}条") for n in range(1, 7)))
        here.work(threads=4)
    assert bodies(fake) == [f"第{n}条" for n in range(1, 7)]
    assert {row.state for row in here.talk.rows()} == {OutboundState.SENT}


def test_an_urgent_message_overtakes_what_waits_for_the_same_phone(desk: Make) -> None:
    with FakeCarrier(TAKEN) as fake:
        here = desk(kannel=kannel(fake.url))
        now = here.talk.clock.now()
        here.post(
            letter(PHONE, now, body="一"), letter(PHONE, now, body="二"), letter(PHONE, now, body="急", urgent=True)
        )
        here.work()
    assert bodies(fake) == ["急", "一", "二"]


def test_urgent_messages_of_everybody_come_before_ordinary_ones(desk: Make) -> None:
    with FakeCarrier(TAKEN) as fake:
        here = desk(kannel=kannel(fake.url))
        now = here.talk.clock.now()
        phones = [f"+86138000001{n:02d}" for n in range(20)]
        here.post(*(letter(phone, now, body="一般") for phone in phones))
        here.post(*(letter(phone, now, body="急", urgent=True) for phone in phones[:8]))
        here.work()
    assert bodies(fake)[:6] == ["急"] * 6  # the first batch, whatever its threads do


def test_a_message_that_waits_for_its_next_try_holds_up_no_later_one(desk: Make) -> None:
    with FakeCarrier(Answer(status=429, headers={"Retry-After": "60"}), TAKEN) as fake:
        here = desk(kannel=kannel(fake.url))
        first, second = here.write(body="一"), here.write(body="二")
        here.work()
        assert (first.state, second.state) == (OutboundState.QUEUED, OutboundState.SENT)


# Failing carriers.


def test_the_next_carrier_is_tried_after_two_failures_to_reach_the_first(desk: Make) -> None:
    with FakeCarrier(UNAVAILABLE) as first, FakeCarrier(at_answer()) as second:
        here = desk(kannel=kannel(first.url), africastalking=africastalking(second.url))
        row = here.write()
        here.work()
        assert (len(first.seen), row.state) == (1, OutboundState.QUEUED)
        here.later(seconds=6)
        assert (len(first.seen), len(second.seen)) == (2, 0)
        here.later(seconds=21)
        assert (len(first.seen), len(second.seen)) == (2, 1)
    assert (row.state, row.provider, row.attempts) == (OutboundState.SENT, "africastalking", 3)


def test_a_carrier_where_nobody_listens_is_failed_over_as_well(desk: Make) -> None:
    with FakeCarrier(at_answer()) as second:
        here = desk(kannel=kannel(nobody()), africastalking=africastalking(second.url))
        row = here.write()
        here.work()
        assert row.failure is Failure.UNREACHABLE
        here.later(seconds=6)
        here.later(seconds=21)
    assert (row.state, row.provider) == (OutboundState.SENT, "africastalking")


def test_after_five_failures_in_a_row_a_carrier_rests_and_then_works_again(desk: Make) -> None:
    with FakeCarrier(UNAVAILABLE) as fake:
        here = desk(kannel=kannel(fake.url))
        rows = [here.write(f"+861380000010{n}") for n in range(5)]
        here.work()
        assert len(fake.seen) == 5
        assert here.circuit("kannel").open_until == here.talk.clock.now() + timedelta(seconds=30)
        here.later(seconds=25)  # every message is due again, and nothing is called
        assert len(fake.seen) == 5
        fake.answers.append(TAKEN)
        fake.answers.popleft()
        here.later(seconds=20)
        assert {row.state for row in rows} == {OutboundState.SENT}
        state = here.circuit("kannel")
        assert (state.failures, state.open_until) == (0, None)


def test_a_long_outage_is_tried_again_every_ten_minutes_and_not_less_often(desk: Make) -> None:
    with FakeCarrier(UNAVAILABLE) as fake:
        here = desk(kannel=kannel(fake.url))
        here.talk.session.add(CarrierState(provider="kannel", failures=5000, detail=""))
        row = here.write()
        here.work()
        assert row.state is OutboundState.QUEUED
        assert here.circuit("kannel").open_until == here.talk.clock.now() + timedelta(minutes=10)


def test_a_refused_account_pauses_the_carrier_and_the_next_one_takes_over(desk: Make) -> None:
    with FakeCarrier(REFUSED_ACCOUNT) as first, FakeCarrier(at_answer()) as second:
        here = desk(kannel=kannel(first.url), africastalking=africastalking(second.url))
        row = here.write()
        here.work()
        assert (row.state, row.failure) == (OutboundState.QUEUED, Failure.MISCONFIGURED)
        assert here.circuit("kannel").paused_since == here.talk.clock.now()
        here.later(seconds=6)
        assert (row.state, row.provider) == (OutboundState.SENT, "africastalking")
        here.write(OTHER_PHONE)
        here.work()
        assert len(first.seen) == 1
        first.answers.append(TAKEN)
        first.answers.popleft()
        here.talk.clock.forward(minutes=11)
        here.write(OTHER_PHONE)
        here.work()
        assert here.circuit("kannel").paused_since is None


def test_a_carrier_that_asks_for_patience_gets_it(desk: Make) -> None:
    with FakeCarrier(Answer(status=429, headers={"Retry-After": "17"}), TAKEN) as fake:
        here = desk(kannel=kannel(fake.url))
        row = here.write()
        here.work()
        assert row.not_before == here.talk.clock.now() + timedelta(seconds=17)
        here.later(seconds=16)
        assert len(fake.seen) == 1
        here.later(seconds=1)
    assert row.state is OutboundState.SENT


def test_while_every_carrier_rests_messages_wait_and_are_not_lost(desk: Make) -> None:
    with FakeCarrier(REFUSED_ACCOUNT, TAKEN) as fake:
        here = desk(kannel=kannel(fake.url))
        here.write()
        here.work()
        row = here.write(OTHER_PHONE)
        here.work()
        assert (row.state, row.attempts) == (OutboundState.QUEUED, 0)
        here.later(minutes=11)
        assert row.state is OutboundState.SENT


def test_a_message_refused_for_good_is_not_tried_again(desk: Make) -> None:
    with FakeCarrier(at_answer(statusCode=403, status="InvalidPhoneNumber", messageId="None")) as fake:
        here = desk(africastalking=africastalking(fake.url))
        row = here.write()
        here.work()
        here.later(hours=1)
    assert (row.state, row.failure) == (OutboundState.FAILED, Failure.REJECTED)
    assert len(fake.seen) == 1


# Time.


def test_a_message_that_is_no_longer_true_never_leaves(desk: Make) -> None:
    with FakeCarrier(TAKEN) as fake:
        here = desk(kannel=kannel(fake.url))
        row = here.write(expires_at=here.talk.clock.now() + timedelta(hours=2))
        here.later(hours=2)
    assert (row.state, fake.seen) == (OutboundState.EXPIRED, [])


def test_a_message_leaves_no_earlier_than_it_may(desk: Make) -> None:
    with FakeCarrier(TAKEN) as fake:
        here = desk(kannel=kannel(fake.url))
        row = here.write(not_before=here.talk.clock.now() + timedelta(hours=1))
        here.work()
        assert fake.seen == []
        here.later(hours=1)
    assert row.state is OutboundState.SENT


# Numbers of the demo, cost.


def test_numbers_of_the_demo_leave_only_through_the_simulator(desk: Make) -> None:
    with FakeCarrier(TAKEN) as fake:
        here = desk(kannel=kannel(fake.url))
        invented, real = here.write(number_of("liaison")), here.write()
        here.work()
    assert [seen.query["to"] for seen in fake.seen] == [PHONE]
    assert (invented.provider, invented.state) == ("simulator", OutboundState.DELIVERED)
    assert real.provider == "kannel"


def test_numbers_of_the_demo_never_fail_over_to_a_real_carrier(desk: Make) -> None:
    with FakeCarrier(TAKEN) as fake:
        here = desk(kannel=kannel(fake.url))
        here.talk.fault("liaison", "unreachable")
        row = here.write(number_of("liaison"))
        here.work()
        for _ in range(6):
            here.later(minutes=11)
    assert fake.seen == []
    assert (row.provider, row.state) == ("simulator", OutboundState.QUEUED)


def test_the_carriers_price_is_kept(desk: Make) -> None:
    with FakeCarrier(at_answer(cost="KES 1.6000")) as fake:
        here = desk(africastalking=africastalking(fake.url))
        row = here.write(segments=2)
        here.work()
    assert (row.cost, row.segments, row.provider_id) == ("KES 1.6000", 2, "ATXid_1")


# Several senders at once.


def test_two_senders_at_once_send_nothing_twice_and_keep_each_phones_order(desk: Make) -> None:
    with FakeCarrier(TAKEN) as fake:
        here = desk(kannel=kannel(fake.url))
        now = here.talk.clock.now()
        phones = [f"+86138000002{n:02d}" for n in range(8)]
        here.post(*(letter(phone, now, body=str(n)) for n in range(5) for phone in phones))
        with ThreadPoolExecutor(2) as loops:
            done = [loops.submit(drain, here) for _ in range(2)]
            for each in done:
                each.result()
    heard: dict[str, list[str]] = defaultdict(list)
    for seen in fake.seen:
        heard[seen.query["to"]].append(seen.query["text"])
    assert heard == {phone: ["0", "1", "2", "3", "4"] for phone in phones}
    assert {row.attempts for row in here.talk.rows()} == {1}


def drain(here: Desk) -> None:
    """One sending process; it goes on while another one has messages in hand."""
    with closing(Pump(replace(here.dispatch, threads=2))) as pump:
        for _ in range(60):
            pump.turn()


def test_an_opted_out_phone_is_remembered_and_spared(desk: Make) -> None:
    with FakeCarrier(at_answer(statusCode=406, status="UserInBlacklist", messageId="None")) as fake:
        here = desk(africastalking=africastalking(fake.url))
        here.talk.build()
        phone = here.talk.phone("liaison")
        phone.number = PHONE  # a real person's
        here.talk.session.commit()
        row = here.write(purpose=Purpose.RESULT)
        here.work()
        assert (row.state, row.failure) == (OutboundState.FAILED, Failure.OPTED_OUT)
        assert phone.opted_out_at == here.talk.clock.now()
    assert len(fake.seen) == 1

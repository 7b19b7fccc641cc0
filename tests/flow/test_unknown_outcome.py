"""Calls that break off after the request left: looked up before they are repeated (design, section 3, rule 5)."""

from datetime import timedelta

from gateway.domain.messages import DeliveryReceipt, DeliveryStatus, Failure
from gateway.flow import receipts
from gateway.sms.providers.base import SmsProvider
from gateway.store.base import OutboundState
from tests.flow.outbox import HANGS_UP, PHONE, TAKEN, Make, africastalking, at_answer, kannel
from tests.providers.fakes import Answer, FakeCarrier, answer_json
from tests.providers.making import carrier

TEXT = "已收到"


def twilio(url: str) -> SmsProvider:
    return carrier("twilio", base_url=url, timeout=2.0)


def created(**fields: object) -> dict[str, object]:
    message = {"sid": "SM1", "status": "queued", "to": PHONE, "body": TEXT, "error_code": None}
    return {**message, "date_created": None, "price": "-0.0075", "price_unit": "USD", **fields}


def listed(*messages: dict[str, object]) -> Answer:
    return answer_json({"messages": list(messages), "end": 0, "next_page_uri": None, "uri": "/x"})


def test_what_the_carrier_has_already_is_not_sent_twice(desk: Make) -> None:
    with FakeCarrier(HANGS_UP, listed(created(status="delivered"))) as fake:
        here = desk(twilio=twilio(fake.url))
        row = here.write()
        here.work()
        assert (row.state, row.failure) == (OutboundState.UNKNOWN, Failure.OUTCOME_UNKNOWN)
        here.later(seconds=11)
    assert (row.state, row.provider_id) == (OutboundState.DELIVERED, "SM1")
    assert [seen.method for seen in fake.seen] == ["POST", "GET"]


def test_what_the_carrier_never_had_is_sent_again(desk: Make) -> None:
    with FakeCarrier(HANGS_UP, listed(created(body="别的")), answer_json(created(), 201)) as fake:
        here = desk(twilio=twilio(fake.url))
        row = here.write()
        here.work()
        here.later(seconds=11)
    assert [seen.method for seen in fake.seen] == ["POST", "GET", "POST"]
    assert (row.state, row.attempts, row.cost) == (OutboundState.SENT, 2, "USD -0.0075")


def test_a_look_up_that_breaks_off_is_no_leave_to_send_again(desk: Make) -> None:
    with FakeCarrier(HANGS_UP, HANGS_UP, HANGS_UP, listed(created())) as fake:
        here = desk(twilio=twilio(fake.url))
        row = here.write()
        here.work()
        for _ in range(3):
            here.later(seconds=61)
    assert [seen.method for seen in fake.seen] == ["POST", "GET", "GET", "GET"]
    assert row.state is OutboundState.SENT


def test_what_nobody_can_say_anything_about_is_given_up_when_it_expires(desk: Make) -> None:
    with FakeCarrier(HANGS_UP) as fake:
        here = desk(twilio=twilio(fake.url))
        row = here.write(expires_at=here.talk.clock.now() + timedelta(minutes=30))
        here.work()
        here.later(minutes=10)
        assert row.state is OutboundState.UNKNOWN
        here.later(minutes=20)
        assert row.state is OutboundState.EXPIRED


def test_without_a_look_up_a_message_waits_for_its_report_before_it_is_repeated(desk: Make) -> None:
    with FakeCarrier(HANGS_UP, at_answer()) as fake:
        here = desk(africastalking=africastalking(fake.url))
        row = here.write()
        here.work()
        here.later(seconds=119)
        assert (row.state, len(fake.seen)) == (OutboundState.UNKNOWN, 1)
        here.later(seconds=2)
    assert (row.state, len(fake.seen)) == (OutboundState.SENT, 2)


def test_a_report_settles_what_the_call_left_open(desk: Make) -> None:
    with FakeCarrier(HANGS_UP, TAKEN) as fake:
        here = desk(kannel=kannel(fake.url))
        row = here.write()
        here.work()
        with here.talk.services.sessions.begin() as session:
            report = DeliveryReceipt(
                provider="kannel", provider_id="", message_id=row.id, status=DeliveryStatus.SENT, word="8", final=False
            )
            receipts.stored(session, report, now=here.talk.clock.now())
        here.later(minutes=5)
    assert (row.state, len(fake.seen)) == (OutboundState.SENT, 1)


def test_a_message_whose_sender_died_in_the_middle_is_taken_back_and_looked_up(desk: Make) -> None:
    with FakeCarrier(listed(created())) as fake:
        here = desk(twilio=twilio(fake.url))
        claimed = {"state": OutboundState.SENDING, "provider": "twilio", "attempts": 1}
        row = here.write(**claimed)
        here.later(seconds=59)
        assert row.state is OutboundState.SENDING
        here.later(seconds=2)
        assert row.state is OutboundState.UNKNOWN
        here.later(seconds=11)
    assert row.state is OutboundState.SENT
    assert [seen.method for seen in fake.seen] == ["GET"]


def test_a_carrier_that_we_have_left_is_asked_nothing(desk: Make) -> None:
    with FakeCarrier(TAKEN) as fake:
        here = desk(kannel=kannel(fake.url))
        row = here.write(state=OutboundState.UNKNOWN, provider="of-last-year", attempts=1)
        here.work()
        here.work()
    assert (row.state, row.provider) == (OutboundState.SENT, "kannel")


def test_nothing_else_is_sent_to_a_phone_while_a_call_to_it_is_under_way(desk: Make) -> None:
    with FakeCarrier(TAKEN) as fake:
        here = desk(kannel=kannel(fake.url))
        here.write(state=OutboundState.SENDING, provider="kannel", attempts=1)
        row = here.write(urgent=True)
        here.work()
        assert (row.state, fake.seen) == (OutboundState.QUEUED, [])

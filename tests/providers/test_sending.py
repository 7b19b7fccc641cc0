"""Sending to fake carriers over real sockets: what each carrier gets, and what each of its words decides."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.domain.messages import Accepted, DeliveryStatus, Failure, SendError
from gateway.sms.providers.simulator import Fault
from tests.providers.fakes import Answer, FakeCarrier, answer_json
from tests.providers.making import NOW, carrier, outbound
from tests.providers.reaching import GOOD, created, failure_of, reaching, recipients

# Twilio


def test_twilio_gets_text_sender_and_a_status_address_with_our_id() -> None:
    with FakeCarrier(answer_json(created(price="-0.00750"), 201)) as fake:
        accepted = reaching("twilio", fake.url).send(outbound())
    assert accepted == Accepted(provider_id="SM1", cost="USD -0.00750")
    (seen,) = fake.seen
    assert seen.path == "/2010-04-01/Accounts/AC00/Messages.json"
    assert seen.form == {
        "To": "+254711000111",
        "From": "+15017122661",
        "Body": "已收到 148214",
        "StatusCallback": "https://lianhu.example/sms/x/s%2Fecret/status?message=123",
    }


def test_twilio_takes_a_messaging_service_for_a_sender() -> None:
    with FakeCarrier(GOOD["twilio"]()) as fake:
        carrier("twilio", sender="MG77", base_url=fake.url).send(outbound())
    assert fake.seen[0].form["MessagingServiceSid"] == "MG77"
    assert "From" not in fake.seen[0].form


@pytest.mark.parametrize(
    ("code", "status", "failure"),
    [
        (21211, 400, Failure.REJECTED),
        (21408, 403, Failure.REJECTED),
        (21610, 400, Failure.OPTED_OUT),
        (21612, 400, Failure.REJECTED),
        (21614, 400, Failure.REJECTED),
        (21617, 400, Failure.REJECTED),
        (21635, 400, Failure.REJECTED),
        (99999, 400, Failure.REJECTED),
        (20003, 401, Failure.MISCONFIGURED),
        (21606, 400, Failure.MISCONFIGURED),
        (20429, 400, Failure.THROTTLED),
        (21611, 400, Failure.THROTTLED),
        (30001, 400, Failure.THROTTLED),
        (30003, 400, Failure.UNREACHABLE),
        (20500, 500, Failure.OUTCOME_UNKNOWN),
        (20503, 503, Failure.OUTCOME_UNKNOWN),
    ],
)
@pytest.mark.parametrize("shape", ["old", "problem details"])
def test_each_error_code_of_twilio_has_its_decision(code: int, status: int, failure: Failure, shape: str) -> None:
    problem: dict[str, object] = {"code": code, "message": "no", "status": status}
    problem |= {"type": "about:blank", "title": "no"} if shape == "problem details" else {}
    with FakeCarrier(answer_json(problem, status)) as fake:
        assert failure_of(reaching("twilio", fake.url)).failure is failure


@pytest.mark.parametrize("fields", [{"sid": None}, {"sid": ""}])
def test_an_answer_of_twilio_without_a_sid_leaves_the_outcome_unknown(fields: dict[str, object]) -> None:
    with FakeCarrier(answer_json(created(**fields), 201)) as fake:
        assert failure_of(reaching("twilio", fake.url)).failure is Failure.OUTCOME_UNKNOWN


def listed(*messages: dict[str, object]) -> Answer:
    return answer_json({"messages": list(messages), "end": 0, "next_page_uri": None, "uri": "/x"})


def test_twilio_finds_a_message_again_by_phone_text_and_time() -> None:
    with FakeCarrier(listed(created(sid="SM8", body="else"), created(sid="SM9", status="delivered"))) as fake:
        found = reaching("twilio", fake.url).look_up(outbound(), NOW - timedelta(seconds=5))
    assert found is not None
    assert found.provider_id == "SM9"
    (receipt,) = found.receipts
    assert (receipt.message_id, receipt.status, receipt.final) == (123, DeliveryStatus.DELIVERED, True)
    assert (fake.seen[0].method, fake.seen[0].query["To"]) == ("GET", "+254711000111")


@pytest.mark.parametrize(
    "other",
    [
        {"body": "已收到 148215"},
        {"to": "+254711000112"},
        {"date_created": "Mon, 23 Nov 2026 05:05:00 +0000"},
        {"sid": None},
    ],
)
def test_twilio_does_not_take_another_message_for_ours(other: dict[str, object]) -> None:
    with FakeCarrier(listed(created(**other))) as fake:
        assert reaching("twilio", fake.url).look_up(outbound(), NOW - timedelta(seconds=5)) is None


def test_a_message_that_twilio_has_not_dated_counts_as_ours_rather_than_go_out_twice() -> None:
    with FakeCarrier(listed(created(date_created=None))) as fake:
        assert reaching("twilio", fake.url).look_up(outbound(), NOW) is not None


@pytest.mark.parametrize("answer", [Answer(status=500), Answer(body="{}"), Answer(body="no"), Answer(hang_up=True)])
def test_a_look_up_that_fails_never_says_that_a_message_was_not_sent(answer: Answer) -> None:
    with FakeCarrier(answer) as fake, pytest.raises(SendError):
        reaching("twilio", fake.url).look_up(outbound(), NOW)


# Africa's Talking


def test_africas_talking_gets_one_recipient_text_and_sender() -> None:
    with FakeCarrier(recipients()) as fake:
        accepted = reaching("africastalking", fake.url).send(outbound())
    assert accepted == Accepted(provider_id="ATXid_1", cost="KES 0.8000")
    (seen,) = fake.seen
    assert (seen.path, seen.headers["apikey"]) == ("/version1/messaging", "key")
    assert seen.form == {
        "username": "county",
        "to": "+254711000111",
        "message": "已收到 148214",
        "bulkSMSMode": "1",
        "from": "28901",
    }


def test_africas_talking_chooses_a_sender_where_we_have_none() -> None:
    with FakeCarrier(recipients()) as fake:
        carrier("africastalking", sender="", base_url=fake.url).send(outbound())
    assert "from" not in fake.seen[0].form


def test_an_answer_of_africas_talking_with_a_charset_is_read_like_any_other() -> None:
    answer = recipients()
    with_charset = Answer(status=201, body=answer.body, headers={"Content-Type": "application/json; charset=utf-8"})
    with FakeCarrier(with_charset) as fake:
        assert reaching("africastalking", fake.url).send(outbound()).provider_id == "ATXid_1"


@pytest.mark.parametrize("code", [100, 101, 102])
def test_a_message_that_africas_talking_takes_without_an_id_is_taken(code: int) -> None:
    with FakeCarrier(recipients(statusCode=code, messageId="None")) as fake:
        assert reaching("africastalking", fake.url).send(outbound()).provider_id == ""


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (401, Failure.MISCONFIGURED),
        (405, Failure.MISCONFIGURED),
        (402, Failure.REJECTED),
        (403, Failure.REJECTED),
        (404, Failure.REJECTED),
        (406, Failure.OPTED_OUT),
        (407, Failure.REJECTED),
        (409, Failure.REJECTED),
        (500, Failure.UNREACHABLE),
        (501, Failure.UNREACHABLE),
        (777, Failure.OUTCOME_UNKNOWN),
    ],
)
def test_each_status_code_of_africas_talking_has_its_decision(code: int, failure: Failure) -> None:
    with FakeCarrier(recipients(statusCode=code, status="Word", messageId="None")) as fake:
        assert failure_of(reaching("africastalking", fake.url)).failure is failure


@pytest.mark.parametrize(
    ("word", "failure"),
    [
        ("InvalidSenderId", Failure.REJECTED),
        ("InsufficientBalance", Failure.MISCONFIGURED),
        ("Word", Failure.REJECTED),
    ],
)
def test_a_request_that_africas_talking_refuses_as_a_whole_has_its_decision(word: str, failure: Failure) -> None:
    with FakeCarrier(answer_json({"SMSMessageData": {"Message": word, "Recipients": []}}, 201)) as fake:
        assert failure_of(reaching("africastalking", fake.url)).failure is failure


def test_a_bad_request_to_africas_talking_is_permanent() -> None:
    with FakeCarrier(Answer(status=400, body="Request is missing required form field 'to'")) as fake:
        assert failure_of(reaching("africastalking", fake.url)).failure is Failure.REJECTED


def test_what_is_no_phone_number_never_reaches_africas_talking() -> None:
    with FakeCarrier(recipients()) as fake, pytest.raises(SendError) as caught:
        reaching("africastalking", fake.url).send(outbound(recipient="10086"))
    assert caught.value.failure is Failure.REJECTED
    assert fake.seen == []


# Kannel


@pytest.mark.parametrize(
    ("text", "coding"), [("已收到 148214", "2"), ("ཡི་གེ་འབྱོར།", "2"), ("received 148214 [ok]", "0"), ("`quoted`", "2")]
)
def test_kannel_gets_the_text_in_utf8_and_the_coding_it_needs(text: str, coding: str) -> None:
    with FakeCarrier(GOOD["kannel"]()) as fake:
        accepted = reaching("kannel", fake.url).send(outbound(body=text))
    assert accepted == Accepted(provider_id="")
    (seen,) = fake.seen
    assert (seen.method, seen.path) == ("GET", "/cgi-bin/sendsms")
    sent = dict(seen.query)
    reports = sent.pop("dlr-url")
    assert sent == {
        "username": "lianhu",
        "password": "pass word",
        "from": "106900",
        "to": "+254711000111",
        "text": text,
        "charset": "UTF-8",
        "coding": coding,
        "dlr-mask": "31",
    }
    assert reports == "https://lianhu.example/sms/x/s%%2Fecret/status?message=123&status=%d&answer=%A"


def test_a_report_that_kannel_sends_where_it_was_told_to_is_ours() -> None:
    with FakeCarrier(GOOD["kannel"]()) as fake:
        adapter = reaching("kannel", fake.url)
        adapter.send(outbound(77))
    pattern = fake.seen[0].query["dlr-url"]
    called = pattern.replace("%%", "\0").replace("%d", "8").replace("%A", "").replace("\0", "%")
    fields = parse_qs(urlsplit(called).query, keep_blank_values=True)
    assert fields == {"message": ["77"], "status": ["8"], "answer": [""]}
    assert urlsplit(called).path == "/sms/x/s%2Fecret/status"


def test_a_message_that_kannel_keeps_for_later_is_taken() -> None:
    with FakeCarrier(Answer(status=202, body="3: Queued for later delivery")) as fake:
        assert reaching("kannel", fake.url).send(outbound()) == Accepted(provider_id="")


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (403, "Authorization failed for sendsms", Failure.MISCONFIGURED),
        (403, "Not routable. Do not try again.", Failure.REJECTED),
        (400, "Sender missing and no global set, rejected", Failure.MISCONFIGURED),
        (400, "Number(s) has/have been denied by white- and/or black-lists.", Failure.REJECTED),
        (503, "Temporal failure, try again later.", Failure.UNREACHABLE),
        (503, "", Failure.UNREACHABLE),
    ],
)
def test_each_refusal_of_kannel_has_its_decision(status: int, body: str, failure: Failure) -> None:
    with FakeCarrier(Answer(status=status, body=body)) as fake:
        assert failure_of(reaching("kannel", fake.url)).failure is failure


# The simulator


def test_the_simulator_delivers_at_once() -> None:
    accepted = carrier("simulator").send(outbound(42))
    assert accepted.provider_id == "sim-42"
    (receipt,) = accepted.receipts
    assert (receipt.message_id, receipt.provider_id) == (42, "sim-42")
    assert (receipt.status, receipt.final) == (DeliveryStatus.DELIVERED, True)


def test_a_fault_strikes_the_phone_it_was_asked_for_and_no_other() -> None:
    adapter = carrier("simulator", faults={"+1": Fault.THROTTLED}.get)
    with pytest.raises(SendError) as caught:
        adapter.send(outbound(recipient="+1"))
    assert caught.value.failure is Failure.THROTTLED
    assert adapter.send(outbound(recipient="+2")).receipts


def test_an_undelivered_message_was_taken_and_then_failed() -> None:
    (receipt,) = carrier("simulator", faults=lambda _: Fault.UNDELIVERED).send(outbound()).receipts
    assert (receipt.status, receipt.final, receipt.failure) == (DeliveryStatus.FAILED, True, Failure.UNREACHABLE)


def test_a_silent_phone_takes_a_message_and_reports_nothing() -> None:
    assert carrier("simulator", faults=lambda _: Fault.SILENT).send(outbound(42)) == Accepted(provider_id="sim-42")


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in {Fault.UNDELIVERED, Fault.SILENT}])
def test_every_other_fault_is_the_failure_of_its_name(fault: Fault) -> None:
    with pytest.raises(SendError) as caught:
        carrier("simulator", faults=lambda _: fault).send(outbound())
    assert caught.value.failure == fault.value


def test_what_failed_in_the_simulator_was_never_sent() -> None:
    assert carrier("simulator").look_up(outbound(), NOW) is None

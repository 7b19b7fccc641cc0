"""The handset's requests are those of the carriers: their adapters read them, and their signatures hold."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from gateway import wiring
from gateway.handset import calls, carriers, wire
from gateway.handset.calls import Call, Ending, Screen
from gateway.handset.carriers import Text
from gateway.raw import RawRequest
from gateway.settings import Settings
from gateway.sms.providers.simulator import no_faults
from gateway.ussd.providers import africastalking as at_ussd
from gateway.ussd.providers import simulator as simulator_ussd

NOW = datetime(2026, 11, 23, 6, 4, 45, 678901, tzinfo=UTC)
SETTINGS = Settings(
    public_url="https://gateway.example",
    webhook_secret="one-secret,older-secret",
    twilio_account_sid="AC00",
    twilio_auth_token="token",
)
WORDS = ("3 房屋倒塌", "1 གཡག་གསུམ་ཤི་སོང་།", "*2 11", "a+b&c=d% é~'()", "😀 雪", " 3  52\n14 ")
CARRIERS = ("simulator", "africastalking", "twilio", "kannel")


def text(words: str, carrier: str) -> Text:
    return Text(sender="+8619900001111", recipient="106900", text=words, at=NOW, id=carriers.new_id(carrier))


def received(request: wire.Wire) -> RawRequest:
    query = f"?{request.query}" if request.query else ""
    return RawRequest(
        method=request.method,
        url=f"{SETTINGS.public_url}{request.path}{query}",
        query=request.query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
        received_at=NOW,
    )


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("words", WORDS)
def test_the_carriers_own_adapter_proves_and_reads_a_text(carrier: str, words: str) -> None:
    sent = text(words, carrier)
    request = received(carriers.request_of(carrier, sent, SETTINGS))
    adapter = wiring.build_carriers(SETTINGS, no_faults)[carrier]
    adapter.verify(request)
    (message,) = adapter.parse_inbound(request)
    assert (message.sender, message.recipient, message.text) == (sent.sender, sent.recipient, words)
    assert message.provider_id == sent.id
    assert message.sent_at in {None, NOW.replace(microsecond=0)}


def test_kannel_writes_what_its_page_says() -> None:
    request = carriers.request_of("kannel", text("3 房", "kannel"), SETTINGS)
    assert request.method == "GET"
    assert request.query.startswith("from=%2B8619900001111&to=106900&text=%003%00+b%3F&id=")
    assert request.query.endswith("&time=2026-11-23+06:04:45&charset=UTF-16BE&coding=2")


def test_africas_talking_sends_the_fields_of_its_page() -> None:
    request = carriers.request_of("africastalking", text("3 52 14", "africastalking"), SETTINGS)
    fields = parse_qs(request.body.decode(), keep_blank_values=True)
    assert list(fields) == ["date", "from", "id", "linkId", "text", "to", "cost", "networkCode"]
    assert fields["date"] == ["2026-11-23T06:04:45Z"]


@pytest.mark.parametrize("carrier", calls.CARRIERS)
def test_a_turn_and_the_end_of_a_call_are_read_as_meant(carrier: str) -> None:
    adapter = {"africastalking": at_ussd.AfricasTalking, "simulator": simulator_ussd.Simulator}[carrier]()
    call = Call(
        carrier=carrier,
        session=calls.new_session(carrier),
        caller="+8619900001111",
        code="*384*7#",
        text="1*3*9*房子*塌了&",
    )
    turn = adapter.read(received(calls.turn(call, SETTINGS)))
    assert (turn.session_id, turn.sender, turn.service_code, turn.text) == (
        call.session,
        call.caller,
        call.code,
        call.text,
    )
    request = calls.end(call, Ending.INCOMPLETE, began=NOW, now=NOW, settings=SETTINGS)
    assert request.path.endswith("/end")
    ended = adapter.read_end(received(request))
    assert (ended.session_id, ended.sender, ended.status) == (call.session, call.caller, "Incomplete")


@pytest.mark.parametrize(
    ("carrier", "body", "screen"),
    [
        ("africastalking", "CON 1 报事\n2 案件", Screen(text="1 报事\n2 案件", goes_on=True)),
        ("africastalking", "END 好", Screen(text="好", goes_on=False)),
        ("africastalking", "HELLO", None),
        ("simulator", json.dumps({"text": "好", "more": False}), Screen(text="好", goes_on=False)),
    ],
)
def test_an_answer_becomes_the_screen_that_a_phone_would_show(carrier: str, body: str, screen: Screen | None) -> None:
    assert calls.screen_of(carrier, wire.Answer(status=200, text=body, shown="")) == screen
    assert calls.screen_of(carrier, wire.Answer(status=500, text=body, shown="")) is None


@pytest.mark.parametrize("carrier", CARRIERS)
def test_what_is_shown_holds_no_secret(carrier: str) -> None:
    shown = wire.shown(SETTINGS, carriers.request_of(carrier, text("3 雪", carrier), SETTINGS))
    assert "one-secret" not in shown
    assert f"/sms/{carrier}/…/inbound" in shown
    call = Call(carrier="simulator", session="s", caller="+8619900001111", code="*384*7#", text="")
    assert "one-secret" not in wire.shown(SETTINGS, calls.turn(call, SETTINGS))

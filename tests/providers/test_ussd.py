"""USSD carriers' own field shapes, and what the adapters make of them."""

import json
from collections.abc import Mapping

import pytest

from gateway.domain.messages import BadPayload
from gateway.raw import RawRequest
from gateway.ussd.providers.base import MOST_TYPED, Callback
from gateway.ussd.providers.registry import ADAPTERS
from gateway.ussd.steps import Reply
from tests.providers.making import form, request

PHONE, CODE = "+254711000111", "*384*7#"
AT = {
    "sessionId": "ATUid_0a1b", "phoneNumber": PHONE, "networkCode": "63902", "serviceCode": CODE,
    "text": "1*3*房子塌了",
}  # fmt: skip
AT_END = {
    "date": "2026-11-23 06:04:45", "sessionId": "ATUid_0a1b", "serviceCode": CODE, "networkCode": "63902",
    "phoneNumber": PHONE, "status": "Incomplete", "cost": "KES 0.10", "durationInMillis": "42000", "hopsCount": "4",
    "input": "1*3*2580", "lastAppResponse": "CON 请输入密码", "errorMessage": "",
}  # fmt: skip
SIMULATOR = {"session": "S1", "from": PHONE, "code": CODE, "text": "1*3*房子塌了"}
SIMULATOR_END = {"session": "S1", "from": PHONE, "code": CODE, "status": "dropped"}
TURNS: Mapping[str, Mapping[str, str]] = {"africastalking": AT, "simulator": SIMULATOR}
ENDS: Mapping[str, Mapping[str, str]] = {"africastalking": AT_END, "simulator": SIMULATOR_END}

carriers = pytest.mark.parametrize("name", ADAPTERS)


def posted(fields: Mapping[str, str]) -> RawRequest:
    return request(body=form(**fields))


@carriers
def test_a_turn_is_read_as_the_carrier_writes_it(name: str) -> None:
    session = TURNS[name].get("sessionId", "S1")
    wanted = Callback(session_id=session, sender=PHONE, service_code=CODE, text="1*3*房子塌了")
    assert ADAPTERS[name].read(posted(TURNS[name])) == wanted


@carriers
def test_fields_that_a_carrier_adds_one_day_are_passed_over(name: str) -> None:
    more = {**TURNS[name], "isRoaming": "true", "text2": "9", "": "x"}
    assert ADAPTERS[name].read(posted(more)) == ADAPTERS[name].read(posted(TURNS[name]))


@carriers
def test_dialling_brings_an_empty_text(name: str) -> None:
    assert ADAPTERS[name].read(posted({**TURNS[name], "text": ""})).text == ""


@carriers
@pytest.mark.parametrize("text", ["1*3*a*b**c", " 0 ", "#", "ཁང་པ་རིབ་སོང་།", "১২", "*" * 60])
def test_what_was_typed_comes_in_as_it_was_typed(name: str, text: str) -> None:
    assert ADAPTERS[name].read(posted({**TURNS[name], "text": text})).text == text


@carriers
def test_the_end_of_a_call_is_read_without_what_was_typed_and_shown(name: str) -> None:
    ended = ADAPTERS[name].read_end(posted(ENDS[name]))
    assert (ended.sender, ended.status) == (PHONE, ENDS[name]["status"])
    assert "2580" not in str(ended)
    assert "密码" not in str(ended)


@carriers
def test_a_missing_field_is_named(name: str) -> None:
    for field in TURNS[name]:
        if field != "networkCode":
            rest = {key: value for key, value in TURNS[name].items() if key != field}
            with pytest.raises(BadPayload, match=f"missing field: {field}"):
                ADAPTERS[name].read(posted(rest))


@carriers
def test_what_no_call_can_hold_is_refused(name: str) -> None:
    for field, value in (("text", "1" * (MOST_TYPED + 1)), (next(iter(TURNS[name])), "s" * 201)):
        with pytest.raises(BadPayload, match="field too long"):
            ADAPTERS[name].read(posted({**TURNS[name], field: value}))
    with pytest.raises(BadPayload, match="UTF-8"):
        ADAPTERS[name].read(request(body=form(**TURNS[name]).replace(b"text=", b"text=%ff")))


def test_africas_talking_gets_con_and_end() -> None:
    adapter = ADAPTERS["africastalking"]
    shown = [adapter.answer(Reply(text="谁家有事？\n1 户主1", goes_on=goes_on)) for goes_on in (True, False)]
    assert [answer.body for answer in shown] == ["CON 谁家有事？\n1 户主1", "END 谁家有事？\n1 户主1"]
    assert {(answer.status, answer.content_type) for answer in shown} == {(200, "text/plain; charset=utf-8")}


def test_the_simulator_takes_and_gives_json_too() -> None:
    adapter = ADAPTERS["simulator"]
    body = json.dumps({**SIMULATOR, "extra": None}).encode()
    turn = adapter.read(request(body=body, content_type="application/json"))
    assert turn == adapter.read(posted(SIMULATOR))
    answer = adapter.answer(Reply(text="好", goes_on=True))
    assert json.loads(answer.body) == {"text": "好", "more": True}


@pytest.mark.parametrize("body", [b"[]", b"[{},{}]", b"3", b"{", b'{"text": ["1"]}'])
def test_json_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(BadPayload):
        ADAPTERS["simulator"].read(request(body=body, content_type="application/json"))

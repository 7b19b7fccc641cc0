"""The phones of `/phone`: they use the real webhooks, as every carrier would, and show what came of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.app import create_app
from gateway.cards.card import card_of
from gateway.console import looks
from gateway.domain.lifecycle import Trigger
from gateway.flow import rehearsal
from gateway.flow.scene import local_day
from gateway.handset.pages import EXAMPLES, TO_OFFICIALS
from gateway.handset.people import STRANGER
from gateway.store.base import InboundState, OutboundState
from gateway.store.cases import Case
from gateway.store.drafts import Draft
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound
from gateway.wiring import Services
from tests.conftest import SECRET
from tests.pages.visiting import HOSTILE, LEADER, LIAISON, Visitor
from tests.printing import needs_printing
from tests.scenarios.county import number_of

CARRIERS = ("simulator", "africastalking", "twilio", "kannel")


def with_settings(services: Services, **changes: object) -> FlaskClient:
    """A browser at a gateway with other settings."""
    return create_app(replace(services, settings=services.settings.model_copy(update=changes))).test_client()


ADDRESSES = (
    "/phone",
    "/phone/people",
    "/phone/messages",
    "/phone/events",
    "/phone/card",
    "/phone/static/handset/main.js",
)
ACTS = ("/phone/sms", "/phone/ussd", "/phone/ussd/end", "/phone/switch", "/phone/clock", "/phone/story")


@pytest.mark.parametrize("changes", [{}, {"lianhu_demo": True, "handset": False}])
def test_where_it_is_not_wanted_there_is_no_handset(
    services: Services, session: Session, changes: dict[str, bool]
) -> None:
    client = with_settings(services, **changes)
    answers = [client.get(path) for path in ADDRESSES]
    answers += [client.post(path, json={"number": LIAISON, "text": "3 房屋倒塌"}) for path in ACTS]
    assert {answer.status_code for answer in answers} == {404}
    assert session.scalar(select(func.count()).select_from(Inbound)) == 0


def test_a_rehearsal_has_the_handset_and_no_console(demo: Services) -> None:
    client = with_settings(demo, lianhu_demo=False, lianhu_rehearsal=True)
    assert client.get("/phone").status_code == 200
    with client.get("/phone/static/console.css") as style:
        assert style.status_code == 200
    assert client.get("/").status_code == 404


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_text_goes_in_as_its_carrier_hands_it_over(visitor: Visitor, session: Session, carrier: str) -> None:
    said = visitor.write(LIAISON, "3 房屋倒塌", carrier=carrier)
    (exchange,) = said["exchanges"]
    assert (exchange["status"], exchange["carrier"]) == (200, carrier)
    assert exchange["answer"].startswith("HTTP/1.1 200 OK\n")
    message = session.scalars(select(Inbound)).one()
    assert (message.provider, message.provider_id, message.sender) == (carrier, said["id"], LIAISON)
    assert (message.text, message.state) == ("3 房屋倒塌", InboundState.HANDLED)
    assert session.scalars(select(Case)).one().household_id


def test_a_text_delivered_twice_is_one_report(visitor: Visitor, session: Session) -> None:
    for carrier in CARRIERS:
        said = visitor.write(LIAISON, "3 房屋倒塌", carrier=carrier, twice=True)
        first, second = said["exchanges"]
        assert first["request"] == second["request"]
        assert second["status"] == 200
    assert session.scalar(select(func.count()).select_from(Inbound)) == len(CARRIERS)


def test_an_official_takes_the_case_on_the_other_phone(visitor: Visitor, session: Session) -> None:
    visitor.write(LIAISON, "3 房屋倒塌")
    assert visitor.messages(LEADER)[0]["purpose"] == "alert"
    visitor.write(LEADER, "1")
    assert session.scalars(select(Case)).one().events[-1].event is Trigger.ACCEPTED


def test_a_stranger_gets_the_strangers_answer(visitor: Visitor) -> None:
    visitor.write(STRANGER, "你好")
    answer, own = visitor.messages(STRANGER)
    assert "还没登记" in answer["text"]
    assert own["status"] == "quarantined"


def test_every_ready_made_text_opens_a_case(visitor: Visitor, session: Session) -> None:
    for example in EXAMPLES:
        visitor.write(LIAISON, example)
    results = session.scalars(select(Inbound.result)).all()
    assert set(results) <= {"report", "follow_up"}
    assert len(results) == len(EXAMPLES)


@pytest.mark.parametrize("carrier", ["simulator", "africastalking"])
def test_a_call_walks_the_menus_and_files_a_report(visitor: Visitor, session: Session, carrier: str) -> None:
    text, call, screen = "", "", {"more": True}
    for key in ("", "1", "3", "2", "1", "1", "1"):
        text = f"{text}*{key}".strip("*")
        fields = {"from": LIAISON, "carrier": carrier, "session": call, "text": text}
        answer = visitor.post("ussd", **fields).get_json()
        call, screen = answer["session"], answer["screen"]
        assert answer["exchanges"][0]["carrier"] == carrier
    assert screen["more"] is False
    visitor.work()
    case = session.scalars(select(Case)).one()
    assert case.number in screen["text"]
    assert case.number in visitor.messages(LIAISON)[0]["text"]
    assert [message["direction"] for message in visitor.messages(LIAISON)] == ["out"]  # a call is no text on the phone


@pytest.mark.parametrize("carrier", ["simulator", "africastalking"])
def test_hanging_up_tells_the_gateway(visitor: Visitor, session: Session, carrier: str) -> None:
    fields = {"from": LIAISON, "carrier": carrier}
    said = visitor.post("ussd", **fields, text="").get_json()
    fields |= {"session": said["session"]}
    visitor.post("ussd", **fields, text="1")
    visitor.post("ussd", **fields, text="1*3")
    answer = visitor.post("ussd/end", **fields, text="1*3", status="Incomplete", began=said["at"])
    assert answer.get_json()["exchanges"][0]["status"] == 200
    assert session.scalars(select(Draft)).one().hung_up_at is not None
    assert visitor.post("ussd/end", **fields, text="1", status="Bored", began=said["at"]).status_code == 400


def test_a_phone_without_signal_gets_its_texts_when_it_is_back(visitor: Visitor, session: Session) -> None:
    assert visitor.post("switch", number=LEADER, fault="unreachable").get_json() == {"fault": "unreachable"}
    visitor.write(LIAISON, "3 房屋倒塌")
    assert visitor.messages(LEADER)[0]["status"] == "queued"
    assert visitor.client.get("/phone/messages", query_string={"number": LEADER}).get_json()["phones"][LEADER]["fault"]
    visitor.post("switch", number=LEADER, fault="")
    visitor.work()
    assert visitor.messages(LEADER)[0]["status"] == "delivered"
    assert session.scalars(select(Outbound).where(Outbound.state == OutboundState.QUEUED)).all() == []


def test_a_delivery_report_can_be_made_to_fail(visitor: Visitor) -> None:
    visitor.post("switch", number=LEADER, fault="undelivered")
    visitor.write(LIAISON, "3 房屋倒塌")
    assert {message["status"] for message in visitor.messages(LEADER)} == {"queued"}  # it is tried again
    assert visitor.post("switch", number=LEADER, fault="flood").status_code == 400


def test_the_clock_goes_forward_and_never_back(visitor: Visitor, session: Session) -> None:
    future = datetime(2031, 12, 1, 8, 0, tzinfo=UTC)
    assert visitor.post("clock", to="2031-12-01T16:00").status_code == 200
    assert rehearsal.read(session).shown_at == future
    session.rollback()
    refused = visitor.post("clock", to="2030-01-01T08:00")
    assert (refused.status_code, "往前" in refused.get_json()["refused"]) == (400, True)
    assert visitor.post("clock", pace=60).get_json()["pace"] == 60
    for wrong in ({"pace": 0}, {"pace": 1e9}, {"pace": "fast"}, {"pace": True}, {"to": "tomorrow"}, {}):
        assert visitor.post("clock", **wrong).status_code == 400, wrong


REFUSED = (
    ({"token": ""}, 403),
    ({"token": "forged"}, 403),
    ({"token": 7}, 403),
    ({"from": "+8613800138000"}, 400),
    ({"from": "106900"}, 400),
    ({"from": ["x"]}, 400),
    ({"text": "  "}, 400),
    ({"text": "长" * 1001}, 400),
    ({"carrier": "pigeon"}, 400),
)


def test_what_must_not_be_sent_is_refused_in_plain_words(visitor: Visitor, session: Session) -> None:
    right = {"token": visitor.facts()["token"], "from": LIAISON, "text": "3 房屋倒塌", "carrier": "simulator"}
    for wrong, status in REFUSED:
        answer = visitor.client.post("/phone/sms", json=right | wrong)
        assert (answer.status_code, bool(answer.get_json()["refused"])) == (status, True), wrong
    for body in (b"", b"[]", b"{", b"\xff"):
        answer = visitor.client.post("/phone/sms", data=body, content_type="application/json")
        assert answer.status_code == 400, body
    assert session.scalar(select(func.count()).select_from(Inbound)) == 0


def test_a_token_of_another_browser_does_not_fit(visitor: Visitor, app: Flask, session: Session) -> None:
    fields = {"token": visitor.facts()["token"], "from": LIAISON, "text": "3 房屋倒塌", "carrier": "simulator"}
    assert app.test_client().post("/phone/sms", json=fields).status_code == 403
    assert session.scalar(select(func.count()).select_from(Inbound)) == 0


def test_only_numbers_of_the_demo_are_looked_at_in_a_demo(visitor: Visitor) -> None:
    for path in ("messages", "events", "card"):
        answer = visitor.client.get(f"/phone/{path}", query_string={"number": "+8613800138000"})
        assert answer.status_code == 400, path


def test_the_page_begins_with_a_liaison_and_the_grid_leader(visitor: Visitor) -> None:
    facts = visitor.facts(unit="632623204203")
    assert facts["pair"] == [LIAISON, LEADER]
    assert facts["examples"] == {"reports": list(EXAMPLES), "officials": list(TO_OFFICIALS)}
    offered = {each["number"] for each in facts["around"]["people"]}
    for role in ("liaison", "grid_leader", "grid_deputy", "township_commander", "operator", "health", "resident"):
        assert number_of(role) in offered, role
    assert number_of("liaison_4") not in offered  # of another village


def test_the_page_stays_in_the_village_of_the_phone_that_is_asked_for(visitor: Visitor) -> None:
    facts = visitor.facts(number=number_of("liaison_4"))
    assert facts["pair"] == [number_of("liaison_4"), number_of("grid_leader_3")]
    around = visitor.client.get("/phone/people", query_string={"unit": "632623100201"}).get_json()
    assert around["pair"] == facts["pair"]


def test_no_secret_leaves_the_gateway(visitor: Visitor) -> None:
    shown = [json.dumps(visitor.write(LIAISON, "3 房屋倒塌", carrier=carrier)) for carrier in CARRIERS]
    shown += [visitor.post("ussd", **{"from": LIAISON, "carrier": "africastalking", "text": ""}).get_data(as_text=True)]
    shown += [visitor.see("/phone"), json.dumps(visitor.messages(LIAISON))]
    for text in shown:
        assert SECRET not in text
        assert "token-of-the-tests" not in text


def test_hostile_text_stays_text(visitor: Visitor) -> None:
    visitor.write(LIAISON, "3 " + HOSTILE)
    answer = visitor.client.get("/phone/messages", query_string={"number": LIAISON})
    assert answer.mimetype == "application/json"
    assert visitor.messages(LIAISON)[1]["text"] == "3 " + HOSTILE


def test_each_text_is_tagged_with_its_language(visitor: Visitor) -> None:
    visitor.write(LIAISON, "1 གཡག་གསུམ་ཤི་སོང་།")
    visitor.write(LIAISON, "4 well is frozen, no water")
    tags = {
        message["text"][0]: message["lang"] for message in visitor.messages(LIAISON) if message["direction"] == "in"
    }
    assert tags == {"1": "bo", "4": "en"}


@needs_printing
def test_the_code_card_of_a_phones_holder_is_a_pdf(visitor: Visitor) -> None:
    answer = visitor.client.get("/phone/card", query_string={"number": LIAISON})
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert len(PdfReader(BytesIO(answer.data)).pages) == 2
    refused = visitor.client.get("/phone/card", query_string={"number": STRANGER})
    assert (refused.status_code, "没有码卡" in refused.get_data(as_text=True)) == (404, True)


def test_whoever_can_be_picked_has_a_card_and_is_offered_it(visitor: Visitor, demo: Services, session: Session) -> None:
    facts = visitor.facts(unit="632623204203", number=number_of("liaison_new"))
    today = local_day(session, demo.clock.now())
    for each in facts["around"]["people"]:
        person = looks.person_of(session, each["number"])
        assert person, each
        assert (each["card"], card_of(session, person, today).name) == (True, each["name"])
    assert facts["owners"][number_of("liaison_new")]["card"] is False  # neither post nor household yet
    assert visitor.client.get("/phone/card", query_string={"number": number_of("liaison_new")}).status_code == 404

"""USSD through the web application: every carrier's shapes, every broken request, and never a 500."""

from collections.abc import Mapping
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from gateway import wiring
from gateway.app import create_app
from gateway.clock import ManualClock
from gateway.jobs import Lane
from gateway.settings import Settings
from gateway.store.drafts import Draft
from gateway.store.inbound import Inbound
from gateway.wiring import Services
from tests.conftest import SECRET
from tests.providers.test_ussd import AT, AT_END, ENDS, TURNS
from tests.scenarios import county
from tests.scenarios.county import number_of
from workers import jobs

HOUSE_FELL = ("1", "3", "2", "1", "1", "1")
carriers = pytest.mark.parametrize("name", TURNS)


@pytest.fixture
def people(session: Session) -> None:
    """The small county."""
    county.build(session, {})
    session.commit()


def stored(session: Session) -> list[Inbound]:
    session.rollback()
    session.expire_all()
    return list(session.scalars(select(Inbound).order_by(Inbound.id)))


def typed(sender: str, text: str, *, session_id: str = "ATUid_1") -> Mapping[str, str]:
    """Africa's Talking's callback for somebody."""
    return {**AT, "sessionId": session_id, "phoneNumber": sender, "text": text}


@carriers
@pytest.mark.parametrize("event", ["", "/end"])
def test_a_wrong_secret_finds_nothing(client: FlaskClient, name: str, event: str) -> None:
    fields = ENDS[name] if event else TURNS[name]
    for secret in (SECRET + "x", SECRET[:-1], "x", quote("秘密"), "%FF%FE"):
        assert client.post(f"/ussd/{name}/{secret}{event}", data=fields).status_code == 404
    for other in ("nobody", "kannel", "twilio", "%00"):
        assert client.post(f"/ussd/{other}/{SECRET}{event}", data=fields).status_code == 404


@carriers
def test_only_post_is_answered(client: FlaskClient, name: str) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert client.open(f"/ussd/{name}/{SECRET}", method=method, query_string=TURNS[name]).status_code == 405


def test_while_the_secret_changes_both_are_live(
    test_settings: Settings, services: Services, clock: ManualClock, people: None
) -> None:
    del services, people
    built = wiring.build(test_settings.model_copy(update={"webhook_secret": "new, old"}), clock=clock)
    client = create_app(built).test_client()
    for secret, status in (("new", 200), ("old", 200), (SECRET, 404)):
        assert client.post(f"/ussd/africastalking/{secret}", data=AT).status_code == status
    built.close()


@carriers
@pytest.mark.parametrize("sender", ["28901", "LIANHU", "10690123", "", "x" * 300, "+1"])
def test_what_is_no_telephone_cannot_dial(client: FlaskClient, name: str, sender: str) -> None:
    field = "phoneNumber" if name == "africastalking" else "from"
    answer = client.post(f"/ussd/{name}/{SECRET}", data={**TURNS[name], field: sender})
    assert answer.status_code == 400
    assert sender not in answer.get_data(as_text=True) or not sender


@carriers
@pytest.mark.parametrize("body", [b"", b"text=%ff", b"\xff\xfe", b"{", b"a=" + b"1" * 60_000])
def test_a_broken_request_is_said_to_be_broken(client: FlaskClient, name: str, body: bytes) -> None:
    answer = client.post(f"/ussd/{name}/{SECRET}", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400


def test_a_whole_report_in_africas_talkings_shape(client: FlaskClient, session: Session, people: None) -> None:
    del people
    liaison = number_of("liaison")
    for count in range(len(HOUSE_FELL) + 1):
        answer = client.post(f"/ussd/africastalking/{SECRET}", data=typed(liaison, "*".join(HOUSE_FELL[:count])))
        screen = answer.get_data(as_text=True)
        assert (answer.status_code, answer.mimetype) == (200, "text/plain")
        assert screen.startswith("END " if count == len(HOUSE_FELL) else "CON ")
    (message,) = stored(session)
    assert (message.provider, message.sender, message.recipient) == ("africastalking", liaison, "*384*7#")
    assert str(message.reserved) in screen


@pytest.mark.parametrize("written", ["+8619900001001", "8619900001001", "19900001001", "008619900001001"])
def test_one_phone_is_one_caller_however_it_is_written(
    client: FlaskClient, session: Session, people: None, written: str
) -> None:
    del people
    client.post(f"/ussd/africastalking/{SECRET}", data=typed(number_of("liaison"), ""))
    for count in range(1, len(HOUSE_FELL) + 1):
        client.post(f"/ussd/africastalking/{SECRET}", data=typed(written, "*".join(HOUSE_FELL[:count])))
    assert [message.sender for message in stored(session)] == [number_of("liaison")]


def test_a_stranger_hears_where_to_go_and_nothing_is_kept(client: FlaskClient, session: Session, people: None) -> None:
    del people
    answer = client.post(f"/ussd/africastalking/{SECRET}", data=typed("+254711000111", "1*3*2*1*1*1"))
    assert answer.get_data(as_text=True).startswith("END ")
    assert "0975-8300000" in answer.get_data(as_text=True)
    assert stored(session) == []
    assert session.scalars(select(Draft)).all() == []


@pytest.mark.parametrize(
    "text",
    ["'; DROP TABLE inbound; --", "<script>alert(1)</script>", "{number}", "%s%s{0}", "\x00\x01", "🏔️" * 200, "0" * 500,
     "-1", "999999999999999999999", "１", "３*２", "**", "*" * 50, "\n\n", "1*3*9*{number}*2*1"],
)  # fmt: skip
def test_no_text_breaks_a_call(client: FlaskClient, session: Session, people: None, text: str) -> None:
    del people
    liaison = number_of("liaison")
    client.post(f"/ussd/africastalking/{SECRET}", data=typed(liaison, ""))
    for before in ("", "1*", "1*3*", "1*3*9*", "1*3*9*x*"):
        session_id = f"ATUid_{len(before)}"
        client.post(f"/ussd/africastalking/{SECRET}", data=typed(liaison, "", session_id=session_id))
        answer = client.post(
            f"/ussd/africastalking/{SECRET}", data=typed(liaison, before + text, session_id=session_id)
        )
        assert answer.status_code == 200
        assert answer.get_data(as_text=True)[:4] in {"CON ", "END "}
    assert all(message.reserved is None or message.reserved.isdigit() for message in stored(session))


def test_the_end_of_a_call_is_noted_and_nobody_stands_in_the_log(
    client: FlaskClient, session: Session, services: Services, people: None
) -> None:
    del people
    liaison = number_of("liaison")
    for text in ("", "1", "1*3"):
        client.post(f"/ussd/africastalking/{SECRET}", data=typed(liaison, text))
    with capture_logs() as lines:
        ended = {**AT_END, "sessionId": "ATUid_1", "phoneNumber": liaison}
        assert client.post(f"/ussd/africastalking/{SECRET}/end", data=ended).status_code == 200
        assert client.post(f"/ussd/africastalking/{SECRET}/end", data=ended).status_code == 200
        odd = {**ended, "sessionId": "nobody's", "status": "<b>\n"}
        assert client.post(f"/ussd/africastalking/{SECRET}/end", data=odd).status_code == 200
    assert [line["status"] for line in lines if line["event"] == "call_ended"] == ["Incomplete", "Incomplete", "other"]
    assert not any(word in str(lines) for word in (liaison[1:], liaison[3:], "2580", "ATUid"))
    assert session.scalars(select(Draft.hung_up_at)).all() == [services.clock.now()]
    page = client.get("/metrics").get_data(as_text=True)
    assert 'lianhu_ussd_ended{status="Incomplete"} 2.0' in page
    assert "lianhu_ussd_turns 3.0" in page
    assert "lianhu_drafts 1.0" in page


def test_nothing_that_was_typed_stands_in_the_log(client: FlaskClient, people: None) -> None:
    del people
    with capture_logs() as lines:
        for text in ("", "1", "1*3", "1*3*9", "1*3*9*老人病了", "1*3*9*老人病了*1", "1*3*9*老人病了*1*1"):
            client.post(f"/ussd/africastalking/{SECRET}", data=typed(number_of("liaison"), text))
    assert "老人" not in str(lines)
    assert number_of("liaison")[3:] not in str(lines)


def test_what_was_filed_goes_the_way_of_a_text(
    client: FlaskClient, session: Session, services: Services, people: None
) -> None:
    del people
    for count in range(len(HOUSE_FELL) + 1):
        client.post(f"/ussd/africastalking/{SECRET}", data=typed(number_of("liaison"), "*".join(HOUSE_FELL[:count])))
    jobs.run(services, Lane.INBOUND)
    (message,) = stored(session)
    assert (message.result, message.state) == ("report", "handled")

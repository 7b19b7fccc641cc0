"""Every carrier's real webhooks, through the web application into the table: never a 500, never a lost message."""

from collections.abc import Callable, Iterator
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from gateway import wiring
from gateway.app import create_app
from gateway.clock import ManualClock
from gateway.domain.messages import DeliveryStatus
from gateway.settings import Settings
from gateway.store.inbound import Inbound
from gateway.store.outbound import Receipt
from gateway.wiring import Services
from tests.conftest import SECRET

Post = Callable[..., TestResponse]
CARRIERS = ("simulator", "africastalking", "twilio", "kannel")
FORM = "application/x-www-form-urlencoded"
SENDER, TEXT = "+254711000111", "3 房屋倒塌 ཁང་པ་རིབ་སོང་། 🐂"
IDENTITY = "632623199001011239"
FIELDS: dict[str, dict[str, str]] = {
    "simulator": {"id": "S1", "from": SENDER, "to": "106900", "text": TEXT},
    "africastalking": {"id": "A1", "from": SENDER, "to": "28901", "text": TEXT, "linkId": "L", "cost": "0"},
    "twilio": {"MessageSid": "SM1", "AccountSid": "AC0", "From": SENDER, "To": "+15017122661", "Body": TEXT},
    "kannel": {"id": "K1", "from": SENDER, "to": "106900", "text": TEXT, "charset": "UTF-8", "coding": "2"},
}
REPORTS: dict[str, dict[str, str]] = {
    "simulator": {"id": "sim-1", "status": "delivered"},
    "africastalking": {"id": "ATXid_1", "status": "Success", "phoneNumber": SENDER},
    "twilio": {"MessageSid": "SM1", "MessageStatus": "delivered", "message": "1"},
    "kannel": {"status": "1", "message": "1", "answer": "ok"},
}
WORD = {"simulator": "status", "africastalking": "status", "twilio": "MessageStatus", "kannel": "status"}
TEXT_FIELD = {"simulator": "text", "africastalking": "text", "twilio": "Body", "kannel": "text"}
SENDER_FIELD = {"simulator": "from", "africastalking": "from", "twilio": "From", "kannel": "from"}
ID_FIELD = {"simulator": "id", "africastalking": "id", "twilio": "MessageSid", "kannel": "id"}


def signature(settings: Settings, path: str, fields: dict[str, str]) -> dict[str, str]:
    """Twilio's proof of origin over the public address."""
    made = RequestValidator(settings.twilio_auth_token).compute_signature(settings.public_url + path, fields)
    return {"X-Twilio-Signature": made}


@pytest.fixture
def post(client: FlaskClient, test_settings: Settings) -> Post:
    """Post fields to a carrier's webhook, signed where that carrier signs."""

    def send(name: str, fields: dict[str, str], event: str = "inbound", secret: str = SECRET) -> TestResponse:
        path = f"/sms/{name}/{secret}/{event}"
        headers = signature(test_settings, path, fields) if name == "twilio" else {}
        return client.post(path, data=urlencode(fields), content_type=FORM, headers=headers)

    return send


def stored(session: Session) -> list[Inbound]:
    session.rollback()
    session.expire_all()
    return list(session.scalars(select(Inbound).order_by(Inbound.id)))


# The door.


@pytest.mark.parametrize("name", CARRIERS)
@pytest.mark.parametrize("event", ["inbound", "status"])
def test_a_wrong_secret_finds_nothing(post: Post, session: Session, name: str, event: str) -> None:
    for secret in (SECRET + "x", SECRET[:-1], "x", quote("秘密"), "%FF%FE"):
        assert post(name, FIELDS[name], event, secret=secret).status_code == 404
    assert stored(session) == []


@pytest.mark.parametrize("name", ["nobody", "TWILIO", "simulator.", "%00"])
def test_an_unknown_carrier_is_not_found(post: Post, name: str) -> None:
    assert post(name, FIELDS["simulator"]).status_code == 404


@pytest.mark.parametrize("name", CARRIERS)
@pytest.mark.parametrize("event", ["inbound", "status"])
def test_only_post_brings_anything_and_get_for_kannel(
    client: FlaskClient, session: Session, name: str, event: str
) -> None:
    fields = FIELDS[name] if event == "inbound" else REPORTS[name]
    for method in ("HEAD", "PUT", "DELETE", "PATCH"):
        answer = client.open(f"/sms/{name}/{SECRET}/{event}", method=method, query_string=fields)
        assert (method, answer.status_code) == (method, 405)
    assert rows(session, Inbound) + rows(session, Receipt) == 0
    taken = name == "kannel"
    answer = client.get(f"/sms/{name}/{SECRET}/{event}", query_string=fields)
    assert answer.status_code == (200 if taken else 405)
    assert rows(session, Inbound if event == "inbound" else Receipt) == taken


def rows(session: Session, table: type[Inbound | Receipt]) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def rotating(test_settings: Settings, services: Services, clock: ManualClock) -> Iterator[FlaskClient]:
    """A gateway in the middle of changing its secret."""
    del services  # which empties the database
    built = wiring.build(test_settings.model_copy(update={"webhook_secret": "new-secret, old-secret"}), clock=clock)
    yield create_app(built).test_client()
    built.close()


def test_while_the_secret_changes_both_are_live(rotating: FlaskClient, session: Session) -> None:
    for secret in ("new-secret", "old-secret"):
        answer = rotating.post(f"/sms/africastalking/{secret}/inbound", data={**FIELDS["africastalking"], "id": secret})
        assert answer.status_code == 200
    assert rotating.post(f"/sms/africastalking/{SECRET}/inbound", data=FIELDS["africastalking"]).status_code == 404
    assert [message.provider_id for message in stored(session)] == ["new-secret", "old-secret"]


# What comes in.


@pytest.mark.parametrize("name", CARRIERS)
def test_a_text_is_stored_as_it_was_written(post: Post, session: Session, name: str) -> None:
    assert post(name, FIELDS[name]).status_code == 200
    (message,) = stored(session)
    assert (message.provider, message.sender, message.text) == (name, SENDER, TEXT)
    assert message.provider_id == FIELDS[name][ID_FIELD[name]]


@pytest.mark.parametrize("name", CARRIERS)
def test_a_text_handed_over_again_is_one_row(post: Post, session: Session, name: str) -> None:
    assert {post(name, FIELDS[name]).status_code for _ in range(5)} == {200}
    assert len(stored(session)) == 1


@pytest.mark.parametrize("name", CARRIERS)
def test_a_nul_and_half_letters_cost_nothing_but_themselves(post: Post, session: Session, name: str) -> None:
    fields = {**FIELDS[name], TEXT_FIELD[name]: "房\0屋", SENDER_FIELD[name]: f"{SENDER}\0", "extra\0": "\0"}
    assert post(name, fields).status_code == 200
    (message,) = stored(session)
    assert (message.text, message.sender) == ("房屋", SENDER)


@pytest.mark.parametrize("name", CARRIERS)
def test_an_identity_number_stands_nowhere_in_the_table(post: Post, session: Session, name: str) -> None:
    fields = {**FIELDS[name], TEXT_FIELD[name]: f"户口 {IDENTITY}", "note": f"({IDENTITY})"}
    assert post(name, fields).status_code == 200
    (message,) = stored(session)
    assert message.masked == 1
    row = session.scalar(select(func.to_jsonb(Inbound.__table__.table_valued())))
    assert IDENTITY not in str(row)
    assert IDENTITY[:14] not in str(row)


# What cannot be read.


@pytest.mark.parametrize("name", CARRIERS)
@pytest.mark.parametrize("event", ["inbound", "status"])
def test_a_body_over_64_kb_is_refused(post: Post, session: Session, name: str, event: str) -> None:
    assert post(name, {**FIELDS[name], "padding": "x" * 70_000}, event).status_code == 413
    assert stored(session) == []


@pytest.mark.parametrize("name", ["simulator", "africastalking", "kannel"])
@pytest.mark.parametrize("event", ["inbound", "status"])
def test_bytes_that_are_no_utf_8_are_a_clear_400(client: FlaskClient, name: str, event: str) -> None:
    text = "status" if event == "status" else TEXT_FIELD[name]
    body = urlencode({**FIELDS[name], **REPORTS[name], text: ""}).encode() + b"&" + text.encode() + b"2=%FF%FE\xff"
    answer = client.post(f"/sms/{name}/{SECRET}/{event}", data=body, content_type=FORM)
    assert answer.status_code in {200, 400}  # kannel reads octets: what it does not need may be anything
    if name != "kannel":
        assert answer.status_code == 400
        assert answer.text.startswith("400 ")


def test_bytes_that_are_no_utf_8_are_a_forged_signature_for_twilio(client: FlaskClient) -> None:
    answer = client.post(
        f"/sms/twilio/{SECRET}/inbound", data=b"Body=%FF\xff", content_type=FORM, headers={"X-Twilio-Signature": "x"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("name", CARRIERS)
@pytest.mark.parametrize("event", ["inbound", "status"])
def test_a_missing_field_is_named(post: Post, session: Session, name: str, event: str) -> None:
    fields = FIELDS[name] if event == "inbound" else REPORTS[name]
    needed = SENDER_FIELD[name] if event == "inbound" else WORD[name]
    answer = post(name, {key: value for key, value in fields.items() if key != needed}, event)
    assert answer.status_code == 400
    assert needed in answer.text
    assert post(name, {}, event).status_code == 400
    assert stored(session) == []


@pytest.mark.parametrize("name", CARRIERS)
@pytest.mark.parametrize("count", [900, 1001])
def test_a_thousand_fields_are_read_and_more_are_refused(
    post: Post,
    session: Session,
    name: str,
    count: int,
) -> None:
    answer = post(name, {**FIELDS[name], **{f"f{place}": "x" for place in range(count)}})
    assert answer.status_code == (200 if count < 1000 else 403 if name == "twilio" else 400)
    assert len(stored(session)) == (1 if count < 1000 else 0)


KINDS = (FORM, "application/json", "text/plain", "multipart/form-data; boundary=x", "", "x/y; =;")
RUBBISH = (
    b"",
    b"{",
    b"[[[[" * 9_000,
    b"null",
    b"7",
    b'"x"',
    b'{"from": {"a": 1}}',
    b"\xff\xfe\x00",
    b"=&=&%",
    b"7" * 9_000,
)


@pytest.mark.parametrize("name", CARRIERS)
@pytest.mark.parametrize("event", ["inbound", "status"])
def test_rubbish_is_never_an_error_of_ours(client: FlaskClient, session: Session, name: str, event: str) -> None:
    for kind in KINDS:
        for body in RUBBISH:
            answer = client.post(f"/sms/{name}/{SECRET}/{event}", data=body, content_type=kind)
            assert answer.status_code in {400, 403}, (kind, body[:20])
    assert rows(session, Inbound) + rows(session, Receipt) == 0


def test_a_field_of_any_length_is_stored_or_refused(post: Post, session: Session) -> None:
    for name in CARRIERS:
        assert post(name, {**FIELDS[name], SENDER_FIELD[name]: "1" * 5000}).status_code == 400
        assert post(name, {**FIELDS[name], ID_FIELD[name]: "9" * 5000}).status_code == 400
        assert post(name, {**FIELDS[name], TEXT_FIELD[name]: "1 " * 15_000}).status_code == 200
    assert len(stored(session)) == len(CARRIERS)


# Twilio's signature.


def test_a_forged_signature_is_refused(client: FlaskClient, session: Session) -> None:
    path = f"/sms/twilio/{SECRET}/inbound"
    for headers in ({}, {"X-Twilio-Signature": ""}, {"X-Twilio-Signature": "bm9wZQ=="}, {"X-Twilio-Signature": "é"}):
        assert client.post(path, data=FIELDS["twilio"], headers=headers).status_code == 403
    assert stored(session) == []


def test_a_signature_for_other_words_is_refused(client: FlaskClient, test_settings: Settings) -> None:
    path = f"/sms/twilio/{SECRET}/inbound"
    proof = signature(test_settings, path, FIELDS["twilio"])
    answer = client.post(path, data={**FIELDS["twilio"], "Body": "别的"}, headers=proof)
    assert answer.status_code == 403


@pytest.mark.parametrize("query", ["", "?a=%E4%B8%AD&b=x%2Fy", "?message=1&empty=", "?x=a+b%20c"])
def test_the_right_signature_is_accepted_over_the_address_as_it_was_written(
    client: FlaskClient, test_settings: Settings, query: str
) -> None:
    path = f"/sms/twilio/{SECRET}/inbound{query}"
    proof = signature(test_settings, path, FIELDS["twilio"])
    assert client.post(path, data=FIELDS["twilio"], headers=proof).status_code == 200


def test_the_answer_to_twilio_sends_nothing_of_its_own(post: Post) -> None:
    answer = post("twilio", FIELDS["twilio"])
    assert (answer.text, answer.mimetype) == ("<Response/>", "text/xml")


def test_the_answer_to_kannel_is_empty_since_it_would_go_to_the_phone(post: Post) -> None:
    assert post("kannel", FIELDS["kannel"]).text == ""


# Delivery reports.


@pytest.mark.parametrize("name", CARRIERS)
def test_a_report_is_stored_however_its_word_reads(post: Post, session: Session, name: str) -> None:
    for word in (REPORTS[name][WORD[name]], "等候", "somethingNew"):
        assert post(name, {**REPORTS[name], WORD[name]: word}, "status").status_code == 200
    rows = session.scalars(select(Receipt).order_by(Receipt.id)).all()
    assert [row.status for row in rows] == [DeliveryStatus.DELIVERED, DeliveryStatus.UNKNOWN, DeliveryStatus.UNKNOWN]
    assert [row.word for row in rows][1:] == ["等候", "somethingNew"]


def test_the_simulator_reads_a_list_of_texts(client: FlaskClient, session: Session) -> None:
    texts = [{"from": SENDER, "to": "106900", "text": f"{n} 52", "id": n} for n in range(1, 4)]
    assert client.post(f"/sms/simulator/{SECRET}/inbound", json=texts).status_code == 200
    assert [message.text for message in stored(session)] == ["1 52", "2 52", "3 52"]

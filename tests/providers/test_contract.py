"""What every adapter promises, whichever the carrier."""

from datetime import timedelta

import pytest
from twilio.request_validator import RequestValidator

from gateway.domain.messages import Failure, NotAuthentic, SendError
from gateway.raw import RawRequest
from gateway.sms.providers.registry import ADAPTERS, UnknownCarrier, build
from tests.providers.making import ACCOUNT_KEY, FACTS, INBOUND, NOW, carrier, form, outbound, request

TEXTS = [
    "3 房屋倒塌，有人被困！",
    "ཁང་པ་རྡིབ་སོང་། མི་གཅིག་ནང་ལ་ལུས་འདུག",
    "3*52 14 yaks + 1 & more = 100% lost\nsnow 😀",
]


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_adapter_goes_by_the_name_it_is_registered_under(name: str) -> None:
    assert carrier(name).name == name
    assert carrier(name).rate > 0


def test_an_unknown_carrier_is_refused_with_the_known_ones_named() -> None:
    with pytest.raises(UnknownCarrier, match=r"'pigeon'.*twilio, africastalking, kannel, simulator"):
        build("pigeon")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", ADAPTERS)
def test_a_text_in_any_script_comes_in_intact(name: str, text: str) -> None:
    (message,) = carrier(name).parse_inbound(INBOUND[name]("+8619900001111", text))
    assert (message.sender, message.text, message.received_at) == ("+8619900001111", text, NOW)


@pytest.mark.parametrize("name", ADAPTERS)
def test_the_text_stands_in_its_own_field_only(name: str) -> None:
    (message,) = carrier(name).parse_inbound(INBOUND[name]("+8619900001111", "632500199001011234"))
    assert "632500199001011234" not in "".join(message.raw.values())
    assert message.raw  # the rest is kept


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_acknowledgement_says_nothing_that_a_carrier_would_send_on(name: str) -> None:
    answer = carrier(name).acknowledge()
    assert answer.status == 200
    assert answer.body in {"", "<Response/>", '{"ok": true}'}


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_carrier_without_look_up_never_says_that_a_message_was_not_sent(name: str) -> None:
    adapter = carrier(name)
    if not adapter.can_look_up:
        with pytest.raises(SendError) as caught:
            adapter.look_up(outbound(), NOW - timedelta(minutes=1))
        assert caught.value.failure is Failure.OUTCOME_UNKNOWN


@pytest.mark.parametrize("name", [name for name in ADAPTERS if name != "simulator"])
def test_without_an_account_nothing_is_sent_and_the_channel_is_paused(name: str) -> None:
    bare = {fact: "" if isinstance(value, str) else value for fact, value in FACTS[name].items()}
    with pytest.raises(SendError) as caught:
        carrier(name, **bare).send(outbound())
    assert caught.value.failure is Failure.MISCONFIGURED


@pytest.mark.parametrize("name", ["africastalking", "kannel", "simulator"])
def test_a_carrier_that_signs_nothing_is_proven_by_the_secret_in_the_path_alone(name: str) -> None:
    carrier(name).verify(request(body=form(id="1")))  # does not raise


FIELDS = {"MessageSid": "SM1", "From": "+8619900001111", "To": "1", "Body": "3 房屋倒塌", "NumMedia": ""}


def signed(
    *, key: str = ACCOUNT_KEY, query: str = "", fields: dict[str, str] = FIELDS, sent: bytes = b""
) -> RawRequest:
    """A webhook of Twilio's, signed over `fields`; `sent` replaces the body after signing."""
    plain = request(query=query, body=sent or form(**fields))
    signature = RequestValidator(key).compute_signature(plain.url, fields)
    return request(query=query, body=plain.body, x_twilio_signature=signature)


@pytest.mark.parametrize("query", ["", "message=123", "a=%E6%88%BF&b=%2f&b=2"])
def test_what_twilio_signed_is_accepted_whatever_the_address_escapes(query: str) -> None:
    carrier("twilio").verify(signed(query=query))  # does not raise


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(request(body=form(**FIELDS)), id="no signature"),
        pytest.param(request(body=form(**FIELDS), x_twilio_signature="AAAA"), id="a made-up signature"),
        pytest.param(request(body=form(**FIELDS), x_twilio_signature="签名"), id="a signature that is no ASCII"),
        pytest.param(signed(key="another account's token"), id="another account's token"),
        pytest.param(signed(sent=form(**{**FIELDS, "Body": "3 21"})), id="another text"),
        pytest.param(signed(sent=form(**FIELDS, Extra="1")), id="a field more"),
        pytest.param(signed(sent=b"Body=%FF"), id="octets that are not UTF-8"),
    ],
)
def test_what_twilio_did_not_sign_is_refused(forged: RawRequest) -> None:
    with pytest.raises(NotAuthentic):
        carrier("twilio").verify(forged)


def test_without_a_token_of_ours_nothing_passes_as_twilios() -> None:
    with pytest.raises(NotAuthentic):
        carrier("twilio", auth_token="").verify(signed(key=""))

"""A text as each carrier hands it over: fields, escaping and signatures as in their own requests."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote_plus, urlencode

from twilio.request_validator import RequestValidator

from gateway.handset.wire import JSON, Wire, posted
from gateway.settings import Settings
from gateway.sms.segments import Encoding, measure

NETWORK = "99999"
"""Network code of Africa's Talking's sandbox."""
_KANNEL_SAFE = "-_.!~*'()"
"""What Kannel leaves as it is when it escapes a value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A text on its way to the gateway; `id` is the carrier's own and the same when it delivers twice."""

    sender: str  # E.164
    recipient: str
    text: str
    at: datetime
    id: str


def new_id(carrier: str) -> str:
    """An id as a carrier gives its messages."""
    made = uuid.uuid4()
    return f"SM{made.hex}" if carrier == "twilio" else str(made)


def request_of(carrier: str, text: Text, settings: Settings) -> Wire:
    """The request with which a carrier hands a text over; raises KeyError for a carrier that is not known."""
    path = f"/sms/{carrier}/{settings.webhook_secrets[0]}/inbound"
    return _SHAPES[carrier](text, path, settings)


def _simulator(text: Text, path: str, _settings: Settings) -> Wire:
    fields = {"from": text.sender, "to": text.recipient, "text": text.text, "id": text.id}
    return posted(path, json.dumps(fields, ensure_ascii=False), kind=JSON)


def _africastalking(text: Text, path: str, _settings: Settings) -> Wire:
    fields = {
        "date": f"{text.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "from": text.sender,
        "id": text.id,
        "linkId": "",
        "text": text.text,
        "to": text.recipient,
        "cost": "None",
        "networkCode": NETWORK,
    }
    return posted(path, urlencode(fields))


def _twilio(text: Text, path: str, settings: Settings) -> Wire:
    fields = {
        "ToCountry": settings.region,
        "SmsMessageSid": text.id,
        "NumMedia": "0",
        "SmsSid": text.id,
        "SmsStatus": "received",
        "Body": text.text,
        "To": text.recipient,
        "NumSegments": str(measure(text.text).segments),
        "MessageSid": text.id,
        "AccountSid": settings.twilio_account_sid,
        "From": text.sender,
        "ApiVersion": "2010-04-01",
    }
    return posted(path, urlencode(fields), headers={"X-Twilio-Signature": _signature(path, fields, settings)})


def _signature(path: str, fields: Mapping[str, str], settings: Settings) -> str:
    """Twilio's signature over the public address and the form."""
    validator = RequestValidator(settings.twilio_auth_token)
    return str(validator.compute_signature(f"{settings.public_url}{path}", fields))


def _kannel(text: Text, path: str, _settings: Settings) -> Wire:
    """`get-url` as docs/kannel.md sets it up: `from=%p&to=%P&text=%b&id=%I&time=%t&charset=%C&coding=%c`."""
    wide = measure(text.text).encoding is Encoding.UCS2
    octets = text.text.encode("utf-16-be" if wide else "utf-8")
    query = "&".join(
        (
            f"from={quote_plus(text.sender, safe=_KANNEL_SAFE)}",
            f"to={quote_plus(text.recipient, safe=_KANNEL_SAFE)}",
            f"text={quote_plus(octets, safe=_KANNEL_SAFE)}",
            f"id={text.id}",
            f"time={text.at.astimezone(UTC):%Y-%m-%d+%H:%M:%S}",
            f"charset={'UTF-16BE' if wide else 'UTF-8'}",
            f"coding={2 if wide else 0}",
        )
    )
    return Wire(method="GET", path=path, query=query, headers={"User-Agent": "Kannel/1.4.5"})


_SHAPES: Mapping[str, Callable[[Text, str, Settings], Wire]] = {
    "simulator": _simulator,
    "africastalking": _africastalking,
    "twilio": _twilio,
    "kannel": _kannel,
}

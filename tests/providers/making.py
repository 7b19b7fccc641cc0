"""Requests, messages and adapters as these tests need them."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode

from gateway.domain.messages import OutboundMessage
from gateway.raw import FORM, RawRequest
from gateway.sms.providers.base import SmsProvider
from gateway.sms.providers.registry import build

NOW = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)
ACCOUNT_KEY = "token-of-the-account"
PUBLIC = "https://lianhu.example/sms/twilio/s%2Fecret/inbound"


def status_url(message_id: int) -> str:
    """Where reports on a message go."""
    return f"https://lianhu.example/sms/x/s%2Fecret/status?message={message_id}"


FACTS: dict[str, dict[str, object]] = {
    "twilio": {"account_sid": "AC00", "auth_token": ACCOUNT_KEY, "sender": "+15017122661", "status_url": status_url},
    "africastalking": {"username": "county", "api_key": "key", "sender": "28901"},
    "kannel": {
        "send_url": "http://127.0.0.1:1/cgi-bin/sendsms",
        "username": "lianhu",
        "password": "pass word",
        "sender": "106900",
        "status_url": status_url,
    },
    "simulator": {},
}


def carrier(name: str, **facts: object) -> SmsProvider:
    """An adapter with an account of ours; `facts` replace parts of it."""
    return build(name, **{**FACTS[name], **facts})


def request(
    *, method: str = "POST", query: str = "", body: bytes = b"", content_type: str = FORM, **headers: str
) -> RawRequest:
    """A webhook request; `headers` with underscores for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if body:
        named["content-type"] = content_type
    url = PUBLIC + (f"?{query}" if query else "")
    return RawRequest(method=method, url=url, query=query, headers=named, body=body, received_at=NOW)


def form(**fields: str) -> bytes:
    """Fields as a form's body."""
    return urlencode(fields).encode()


def outbound(
    message_id: int = 123, *, recipient: str = "+254711000111", body: str = "已收到 148214"
) -> OutboundMessage:
    """A message to send."""
    return OutboundMessage(id=message_id, recipient=recipient, body=body, purpose="confirmation", expires_at=NOW)


# The same text and sender as each carrier hands them over.
INBOUND: dict[str, Callable[[str, str], RawRequest]] = {
    "twilio": lambda sender, text: request(body=form(MessageSid="SM1", From=sender, To="1", Body=text)),
    "africastalking": lambda sender, text: request(body=form(id="A1", **{"from": sender}, to="1", text=text)),
    "kannel": lambda sender, text: request(
        method="GET",
        query=urlencode(
            {"from": sender, "to": "1", "text": text.encode("utf-16-be"), "charset": "UTF-16BE", "coding": "2"}
        ),
    ),
    "simulator": lambda sender, text: request(body=form(**{"from": sender}, to="1", text=text)),
}

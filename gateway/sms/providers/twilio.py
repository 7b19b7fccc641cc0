"""Twilio: signed form webhooks, sending and looking up through its SDK."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import requests
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from gateway.domain.messages import (
    Accepted,
    Channel,
    DeliveryReceipt,
    DeliveryStatus,
    Failure,
    InboundMessage,
    NotAuthentic,
    OutboundMessage,
    SendError,
)
from gateway.raw import RawRequest, RawResponse
from gateway.sms.providers.base import UNKNOWN_WORD, Word
from gateway.sms.providers.http import (
    Lines,
    address,
    form,
    lost_call,
    own_id,
    present,
    refusal,
    retry_after,
    session_for,
)

STATUS_WORDS: Mapping[str, Word] = {
    "accepted": Word(status=DeliveryStatus.BUFFERED),
    "scheduled": Word(status=DeliveryStatus.BUFFERED),
    "queued": Word(status=DeliveryStatus.BUFFERED),
    "sending": Word(status=DeliveryStatus.SENT),
    "sent": Word(status=DeliveryStatus.SENT),
    "delivered": Word(status=DeliveryStatus.DELIVERED, final=True),
    "read": Word(status=DeliveryStatus.DELIVERED, final=True),
    "undelivered": Word(status=DeliveryStatus.FAILED, final=True, failure=Failure.UNREACHABLE),
    "failed": Word(status=DeliveryStatus.FAILED, final=True, failure=Failure.UNREACHABLE),
    "canceled": Word(status=DeliveryStatus.FAILED, final=True, failure=Failure.REJECTED),
}

# Twilio's error codes, the same in an answer and in a delivery report.
ERROR_CODES: Mapping[int, Failure] = {
    20003: Failure.MISCONFIGURED,  # authentication
    20429: Failure.THROTTLED,
    21211: Failure.REJECTED,  # no valid number
    21408: Failure.REJECTED,  # country not enabled
    21606: Failure.MISCONFIGURED,  # our sender cannot send
    21610: Failure.OPTED_OUT,
    21611: Failure.THROTTLED,  # our sender's queue is full
    21612: Failure.REJECTED,  # no way from this sender to that number
    21614: Failure.REJECTED,  # not a mobile number
    21617: Failure.REJECTED,  # body too long
    21635: Failure.REJECTED,  # landline
    21659: Failure.MISCONFIGURED,  # our sender is not Twilio's
    21660: Failure.MISCONFIGURED,  # our sender is another account's
    30001: Failure.THROTTLED,  # queue overflow
    30003: Failure.UNREACHABLE,  # phone off or out of reach
    30004: Failure.REJECTED,  # blocked
    30005: Failure.REJECTED,  # unknown phone
    30006: Failure.REJECTED,  # landline or unreachable network
    30007: Failure.REJECTED,  # filtered
    30017: Failure.THROTTLED,  # network congestion
    30022: Failure.THROTTLED,
    30023: Failure.THROTTLED,
    30410: Failure.UNREACHABLE,  # the network beyond Twilio timed out
}

OPT_OUT_TYPES: Mapping[str, bool] = {"STOP": True, "START": False}

API = "https://api.twilio.com"
THROTTLED_STATUS = 429
SERVER_ERROR = 500
LOOK_BACK = 100  # newest messages to one phone that a look-up reads
CLOCK_SKEW = timedelta(minutes=2)


class _Http(TwilioHttpClient):  # type: ignore[misc] # the SDK ships no types
    """The SDK's HTTP client, but with a session for each thread instead of one with six connections for all of them.

    A 429 keeps its Retry-After, which the SDK's exception drops, and nothing is logged.
    """

    def __init__(self, *, url: str, timeout: float) -> None:
        self._lines = Lines(lambda: session_for(url), requests.Session.close)
        super().__init__(pool_connections=False, timeout=timeout)

    @property
    def session(self) -> requests.Session:
        """The session of the calling thread."""
        return self._lines.own()

    @session.setter
    def session(self, session: None) -> None:
        """The SDK sets None where it is to keep no session of its own."""

    def log_request(self, kwargs: dict[str, Any]) -> None:
        """Write nothing: the SDK would log whole phone numbers, and ours are masked."""

    def log_response(self, status_code: int, response: requests.Response) -> None:
        """Write nothing, as of the request."""

    def request(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - passes the SDK's arguments through
        response = super().request(*args, **kwargs)
        if response.status_code == THROTTLED_STATUS:
            raise SendError(Failure.THROTTLED, "HTTP 429", retry_after=retry_after(response.headers or {}))
        return response


class Twilio:
    """Adapter for Twilio; `status_url` gives the public status address that carries one of our message ids."""

    name = "twilio"
    rate = 10.0
    can_look_up = True

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        sender: str,
        status_url: Callable[[int], str],
        base_url: str = "",
        timeout: float = 10.0,
    ) -> None:
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._sender = sender
        self._status_url = status_url
        self._base_url = base_url
        self._timeout = timeout

    def verify(self, request: RawRequest) -> None:
        """Check X-Twilio-Signature over the public address and the form fields; raises NotAuthentic."""
        signature = request.header("x-twilio-signature")
        if not signature or not self._auth_token:  # without a token of ours everybody could sign
            raise NotAuthentic("no signature to check")
        try:
            fields = request.form_fields()
        except ValueError as error:
            raise NotAuthentic("the signed form cannot be read") from error
        if not RequestValidator(self._auth_token).validate(request.url, fields, signature):
            raise NotAuthentic("wrong signature")

    def parse_inbound(self, request: RawRequest) -> Sequence[InboundMessage]:
        """Read one text; raises BadPayload."""
        fields = form(request)
        return (
            InboundMessage(
                channel=Channel.SMS,
                provider=self.name,
                provider_id=address(fields, "MessageSid"),
                sender=address(fields, "From"),
                recipient=address(fields, "To", empty=True),
                text=present(fields, "Body"),
                received_at=request.received_at,
                opt_out=OPT_OUT_TYPES.get(fields.get("OptOutType", "").upper()),
                raw={name: value for name, value in fields.items() if name != "Body"},
            ),
        )

    def parse_receipts(self, request: RawRequest) -> Sequence[DeliveryReceipt]:
        """Read one delivery report; raises BadPayload."""
        fields = form(request)
        return (
            self._receipt(
                provider_id=address(fields, "MessageSid"),
                message_id=own_id(fields.get("message", "")),
                word=address(fields, "MessageStatus"),
                code=fields.get("ErrorCode", ""),
                raw=fields,
            ),
        )

    def acknowledge(self) -> RawResponse:
        """Answer with empty TwiML, so that Twilio sends nothing of its own."""
        return RawResponse(body="<Response/>", content_type="text/xml; charset=utf-8")

    def send(self, message: OutboundMessage) -> Accepted:
        """Create a message; raises SendError."""
        sender = "messaging_service_sid" if self._sender.startswith("MG") else "from_"
        fields = {"to": message.recipient, "body": message.body, sender: self._sender}
        sent = self._call(
            lambda: self._client.messages.create(**fields, status_callback=self._status_url(message.id)),
        )
        if not sent.sid:
            raise SendError(Failure.OUTCOME_UNKNOWN, "answer without a sid")
        return Accepted(provider_id=sent.sid, cost=_cost(sent))

    def look_up(self, message: OutboundMessage, since: datetime) -> Accepted | None:
        """Search the newest messages to the phone for the same text; raises SendError when Twilio does not answer.

        Dates are compared here: Twilio's own filter goes by the date of sending, which a queued message has not yet.
        """
        found = self._call(lambda: self._client.messages.list(to=message.recipient, limit=LOOK_BACK))
        for sent in found:
            made = sent.date_created  # what the SDK cannot read as a date it leaves as it is
            recent = not isinstance(made, datetime) or made >= since - CLOCK_SKEW
            if sent.sid and recent and sent.to == message.recipient and sent.body == message.body:
                receipt = self._receipt(
                    provider_id=sent.sid, message_id=message.id, word=sent.status or "", code=str(sent.error_code or "")
                )
                return Accepted(provider_id=sent.sid, cost=_cost(sent), receipts=(receipt,))
        return None

    def _receipt(
        self, *, provider_id: str, message_id: int | None, word: str, code: str, raw: Mapping[str, str] | None = None
    ) -> DeliveryReceipt:
        meaning = STATUS_WORDS.get(word.lower(), UNKNOWN_WORD)
        return DeliveryReceipt(
            provider=self.name,
            provider_id=provider_id,
            message_id=message_id,
            status=meaning.status,
            word=word,
            final=meaning.final,
            detail=f"error {code}" if code else "",
            failure=ERROR_CODES.get(own_id(code) or 0, meaning.failure) if meaning.failure else None,
            raw=raw or {},
        )

    @cached_property
    def _client(self) -> Client:
        if not (self._account_sid and self._auth_token):
            raise SendError(Failure.MISCONFIGURED, "no account SID or token")
        client = Client(
            self._account_sid,
            self._auth_token,
            http_client=_Http(url=self._base_url or API, timeout=self._timeout),
            environment={"TWILIO_REGION": ""},  # an empty mapping makes the SDK read the process's environment
        )
        if self._base_url:
            client.api.base_url = self._base_url
        return client

    def _call(self, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - the SDK ships no types
        try:
            return call()
        except requests.RequestException as error:
            raise lost_call(error) from error
        except TwilioException as error:
            raise _refused(error) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:  # what the SDK makes of an answer of rubbish
            raise SendError(Failure.OUTCOME_UNKNOWN, "answer cannot be read") from error


def _refused(error: TwilioException) -> SendError:
    status = getattr(error, "status", None)
    code = getattr(error, "code", None)
    if isinstance(code, int) and code in ERROR_CODES:
        return SendError(ERROR_CODES[code], f"error {code}")
    if not isinstance(status, int):
        return SendError(Failure.OUTCOME_UNKNOWN, type(error).__name__)
    failure = Failure.OUTCOME_UNKNOWN if status >= SERVER_ERROR else refusal(status)
    return SendError(failure, f"HTTP {status}, error {code}")


def _cost(sent: Any) -> str:  # noqa: ANN401 - the SDK ships no types
    price = getattr(sent, "price", None)
    return f"{sent.price_unit or ''} {price}".strip() if price else ""

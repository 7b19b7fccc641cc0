"""Africa's Talking: form webhooks behind the path's secret, sending through its SDK."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

import requests
from africastalking.SMS import SMSService

from gateway.domain.messages import (
    Accepted,
    Channel,
    DeliveryReceipt,
    DeliveryStatus,
    Failure,
    InboundMessage,
    OutboundMessage,
    SendError,
)
from gateway.raw import RawRequest, RawResponse
from gateway.sms.providers.base import UNKNOWN_WORD, Word, no_look_up
from gateway.sms.providers.http import (
    CONNECT_TIMEOUT,
    OK_STATUSES,
    Lines,
    address,
    carrier_time,
    form,
    lost_call,
    own_id,
    present,
    refusal,
    retry_after,
    session_for,
)

STATUS_WORDS: Mapping[str, Word] = {
    "Sent": Word(status=DeliveryStatus.SENT),
    "Submitted": Word(status=DeliveryStatus.SENT),
    "Buffered": Word(status=DeliveryStatus.BUFFERED),
    "Success": Word(status=DeliveryStatus.DELIVERED, final=True),
    "Rejected": Word(status=DeliveryStatus.FAILED, final=True, failure=Failure.REJECTED),
    "Failed": Word(status=DeliveryStatus.FAILED, final=True, failure=Failure.UNREACHABLE),
    "AbsentSubscriber": Word(status=DeliveryStatus.FAILED, final=True, failure=Failure.UNREACHABLE),
    "Expired": Word(status=DeliveryStatus.FAILED, final=True, failure=Failure.UNREACHABLE),
}

FAILURE_REASONS: Mapping[str, Failure] = {
    "InsufficientCredit": Failure.MISCONFIGURED,
    "UserInBlackList": Failure.OPTED_OUT,
    "UserAccountSuspended": Failure.REJECTED,
    "UserNotSubscribedToProduct": Failure.REJECTED,
    "UserDoesNotExist": Failure.REJECTED,
}

# `statusCode` of one recipient in the answer to a send; None is accepted.
SEND_CODES: Mapping[int, Failure | None] = {
    100: None,  # processed
    101: None,  # sent
    102: None,  # queued
    401: Failure.MISCONFIGURED,  # held as a risk
    402: Failure.REJECTED,  # sender name
    403: Failure.REJECTED,  # phone number
    404: Failure.REJECTED,  # kind of number
    405: Failure.MISCONFIGURED,  # no balance
    406: Failure.OPTED_OUT,  # the phone is on the black list
    407: Failure.REJECTED,  # no route
    409: Failure.REJECTED,  # do not disturb
    500: Failure.UNREACHABLE,  # their error
    501: Failure.UNREACHABLE,  # the network's gateway
}

# A request refused as a whole names no recipient, only a word.
REFUSED_WORDS: Mapping[str, int] = {"InvalidSenderId": 402, "InsufficientBalance": 405}


class _Messaging(SMSService):  # type: ignore[misc] # the SDK ships no types
    """The SDK's SMS service, but connections are kept alive and a call returns the whole HTTP answer.

    The SDK's own call drops the status of an error and reads the body as text or JSON by the exact Content-Type.
    """

    def __init__(self, username: str, api_key: str, base_url: str) -> None:
        super().__init__(username, api_key)
        if base_url:
            self._baseUrl = base_url.rstrip("/") + "/version1"
        self._lines = Lines(lambda: session_for(self._baseUrl), requests.Session.close)

    def _make_request(
        self,
        url: str,
        method: str,
        headers: dict[str, str],
        data: dict[str, str | int],
        timeout: tuple[float, float],
        **unused: object,
    ) -> requests.Response:
        del unused  # query parameters and a callback: sending an SMS has neither
        session = self._lines.own()
        return session.request(method, url, headers=headers, data=data, timeout=timeout, allow_redirects=False)


class AfricasTalking:
    """Adapter for Africa's Talking; an empty `sender` leaves the choice to the carrier."""

    name = "africastalking"
    rate = 10.0
    can_look_up = False

    def __init__(self, *, username: str, api_key: str, sender: str, base_url: str = "", timeout: float = 10.0) -> None:
        self._username = username
        self._api_key = api_key
        self._sender = sender
        self._base_url = base_url
        self._timeout = (CONNECT_TIMEOUT, timeout)

    def verify(self, request: RawRequest) -> None:
        """Nothing to check beyond the path's secret: the carrier signs nothing."""

    def parse_inbound(self, request: RawRequest) -> Sequence[InboundMessage]:
        """Read one text; raises BadPayload."""
        fields = form(request)
        return (
            InboundMessage(
                channel=Channel.SMS,
                provider=self.name,
                provider_id=address(fields, "id"),
                sender=address(fields, "from"),
                recipient=address(fields, "to", empty=True),
                text=present(fields, "text"),
                received_at=request.received_at,
                sent_at=carrier_time(fields.get("date", "")),
                raw={name: value for name, value in fields.items() if name != "text"},
            ),
        )

    def parse_receipts(self, request: RawRequest) -> Sequence[DeliveryReceipt]:
        """Read one delivery report; raises BadPayload."""
        fields = form(request)
        word = address(fields, "status")
        meaning = STATUS_WORDS.get(word, UNKNOWN_WORD)
        reason = fields.get("failureReason", "").strip()
        return (
            DeliveryReceipt(
                provider=self.name,
                provider_id=address(fields, "id"),
                message_id=own_id(fields.get("message", "")),
                status=meaning.status,
                word=word,
                final=meaning.final,
                detail=reason,
                failure=FAILURE_REASONS.get(reason, meaning.failure) if meaning.failure else None,
                raw=fields,
            ),
        )

    def acknowledge(self) -> RawResponse:
        """Answer 200 with nothing in it."""
        return RawResponse()

    def send(self, message: OutboundMessage) -> Accepted:
        """Send to one recipient; raises SendError."""
        try:
            response = self._service.send(
                message.body, [message.recipient], sender_id=self._sender or None, timeout=self._timeout
            )
        except requests.RequestException as error:  # before ValueError: some of these are both
            raise lost_call(error) from error
        except ValueError as error:  # the SDK's own check of the number, before anything leaves
            raise SendError(Failure.REJECTED, "not a phone number") from error
        if response.status_code not in OK_STATUSES:
            raise SendError(
                refusal(response.status_code),
                f"HTTP {response.status_code}",
                retry_after=retry_after(response.headers),
            )
        return _accepted(response.text)

    def look_up(self, message: OutboundMessage, since: datetime) -> Accepted | None:
        """Africa's Talking has no list of sent messages; raises SendError."""
        del message, since
        raise no_look_up(self.name)

    @cached_property
    def _service(self) -> _Messaging:
        if not (self._username and self._api_key):
            raise SendError(Failure.MISCONFIGURED, "no user name or key")
        return _Messaging(self._username, self._api_key, self._base_url)


def _accepted(body: str) -> Accepted:
    """Read the answer to a send of one message; raises SendError."""
    try:
        data = json.loads(body)["SMSMessageData"]
        recipients = data["Recipients"]
        if not recipients:
            raise _judged(REFUSED_WORDS.get(str(data["Message"]).strip(), 0), str(data["Message"]))
        code, word = int(recipients[0]["statusCode"]), str(recipients[0].get("status", ""))
        provider_id, cost = str(recipients[0].get("messageId", "")), str(recipients[0].get("cost", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SendError(Failure.OUTCOME_UNKNOWN, "answer cannot be read") from error
    if code not in SEND_CODES or SEND_CODES[code]:
        raise _judged(code, word)
    return Accepted(provider_id="" if provider_id == "None" else provider_id, cost=cost)


def _judged(code: int, word: str) -> SendError:
    # A code that nobody has told us of says neither yes nor no; a refusal as a whole (0) is a no.
    unknown = Failure.OUTCOME_UNKNOWN if code else Failure.REJECTED
    return SendError(SEND_CODES.get(code) or unknown, f"{code} {word}"[:200].strip())

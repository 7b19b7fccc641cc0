"""Kannel's HTTP interface: the way in for operators' own gateways (SMPP, CMPP front ends) and GSM modems."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import urllib3

from gateway.domain.messages import (
    Accepted,
    BadPayload,
    Channel,
    DeliveryReceipt,
    DeliveryStatus,
    Failure,
    InboundMessage,
    OutboundMessage,
    SendError,
)
from gateway.raw import FORM, RawRequest, RawResponse
from gateway.sms.providers.base import UNKNOWN_WORD, Word, no_look_up
from gateway.sms.providers.http import (
    CONNECT_TIMEOUT,
    OK_STATUSES,
    Lines,
    address,
    carrier_time,
    clean,
    lost_call,
    octets,
    own_id,
    present,
    refusal,
    retry_after,
)
from gateway.sms.segments import Encoding, encoding_of

STATUS_WORDS: Mapping[str, Word] = {
    "1": Word(status=DeliveryStatus.DELIVERED, final=True),
    "2": Word(status=DeliveryStatus.FAILED, final=True, failure=Failure.UNREACHABLE),
    "4": Word(status=DeliveryStatus.BUFFERED),  # queued at the SMSC
    "8": Word(status=DeliveryStatus.SENT),  # handed to the SMSC
    "16": Word(status=DeliveryStatus.FAILED, final=True, failure=Failure.REJECTED),  # refused by the SMSC
}

# What an `sms-service` group must ask for; %b is the text in the octets that %C names.
INBOUND_QUERY = "from=%p&to=%P&text=%b&id=%I&time=%t&charset=%C&coding=%c"
STATUS_QUERY = "status=%d&answer=%A"
ALL_REPORTS = 31  # dlr-mask: 1 + 2 + 4 + 8 + 16

CODING_7_BIT = 0
CODING_UCS2 = 2

# Kannel's names for the octets of a text; anything else is read as UTF-8.
CHARSETS: Mapping[str, str] = {
    "utf-16be": "utf-16-be",
    "utf16be": "utf-16-be",
    "utf16-be": "utf-16-be",
    "ucs-2": "utf-16-be",
    "ucs-2be": "utf-16-be",
    "utf-16le": "utf-16-le",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "gb18030": "gb18030",
}

BINARY = "8-bit"  # what Kannel calls octets whose coding an SMSC did not tell
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # of no text; half of every letter of UCS-2 that is not Chinese

# Beginnings of Kannel's answers that tell more than their status.
ANSWERS: Mapping[str, Failure] = {
    "Not routable": Failure.REJECTED,  # no connection takes this number; comes with 403
    "Sender missing": Failure.MISCONFIGURED,
    "Temporal failure": Failure.UNREACHABLE,
}
TAKEN_STATUS = 202
TAKEN_ANSWERS = ("0:", "3:", "Sent")  # of versions that say 200
UNAVAILABLE_STATUS = 503


class Kannel:
    """Adapter for Kannel's sendsms and sms-service; `status_url` gives the public status address of a message."""

    name = "kannel"
    rate = 20.0
    can_look_up = False

    def __init__(
        self,
        *,
        send_url: str,
        username: str,
        password: str,
        sender: str,
        status_url: Callable[[int], str],
        timeout: float = 10.0,
    ) -> None:
        self._send_url = send_url
        self._lines = Lines(lambda: urllib3.PoolManager(maxsize=1, retries=False), urllib3.PoolManager.clear)
        self._account = {"username": username, "password": password}
        self._sender = sender
        self._status_url = status_url
        self._timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT, read=timeout)

    def verify(self, request: RawRequest) -> None:
        """Nothing to check beyond the path's secret: Kannel signs nothing."""

    def parse_inbound(self, request: RawRequest) -> Sequence[InboundMessage]:
        """Read one text from `get-url` (text in the query) or `post-url` (text is the body); raises BadPayload."""
        found = octets(request)
        fields = {name: _plain(value) for name, value in found.items() if name != "text"}
        return (
            InboundMessage(
                channel=Channel.SMS,
                provider=self.name,
                provider_id=address({"id": "", **fields}, "id", empty=True),
                sender=address(fields, "from"),
                recipient=address(fields, "to", empty=True),
                text=_text(request, found, fields),
                received_at=request.received_at,
                sent_at=carrier_time(fields.get("time", "")),
                raw=fields,
            ),
        )

    def parse_receipts(self, request: RawRequest) -> Sequence[DeliveryReceipt]:
        """Read one delivery report, which only our own id in the address ties to a message; raises BadPayload."""
        fields = {name: _plain(value) for name, value in octets(request).items()}
        word = address(fields, "status")
        message_id = own_id(present(fields, "message"))
        if message_id is None:
            raise BadPayload("not one of our ids: message")
        meaning = STATUS_WORDS.get(word, UNKNOWN_WORD)
        return (
            DeliveryReceipt(
                provider=self.name,
                provider_id="",
                message_id=message_id,
                status=meaning.status,
                word=word,
                final=meaning.final,
                detail=fields.get("answer", "").strip(),
                failure=meaning.failure,
                raw=fields,
            ),
        )

    def acknowledge(self) -> RawResponse:
        """Answer with nothing in it: Kannel sends what stands in an answer back to the phone."""
        return RawResponse()

    def send(self, message: OutboundMessage) -> Accepted:
        """Call sendsms; raises SendError. Kannel gives no id: its reports come back under ours."""
        if not self._send_url:
            raise SendError(Failure.MISCONFIGURED, "no sendsms address")
        try:
            # GET, because sendsms takes a POST's fields from headers, which cannot carry UTF-8.
            response = self._lines.own().request(
                "GET", self._send_url, fields=self._parameters(message), timeout=self._timeout, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise lost_call(error) from error
        status, answer = response.status, response.data.decode("utf-8", "replace").strip()
        taken = status == TAKEN_STATUS or (status in OK_STATUSES and answer.startswith(TAKEN_ANSWERS))
        if not taken:
            raise SendError(
                _judged(status, answer), f"HTTP {status}: {answer[:100]}", retry_after=retry_after(response.headers)
            )
        return Accepted(provider_id="")

    def look_up(self, message: OutboundMessage, since: datetime) -> Accepted | None:
        """Kannel has no list of sent messages; raises SendError."""
        del message, since
        raise no_look_up(self.name)

    def _parameters(self, message: OutboundMessage) -> dict[str, str]:
        wide = encoding_of(message.body) is Encoding.UCS2
        parameters = {
            **self._account,
            "to": message.recipient,
            "text": message.body,
            "charset": "UTF-8",
            "coding": str(CODING_UCS2 if wide else CODING_7_BIT),
            "dlr-mask": str(ALL_REPORTS),
            "dlr-url": _report_url(self._status_url(message.id)),
        }
        return {**parameters, "from": self._sender} if self._sender else parameters


def _report_url(status_url: str) -> str:
    """Status address with Kannel's own escapes behind ours; a percent sign of ours is doubled."""
    return status_url.replace("%", "%%") + ("&" if "?" in status_url else "?") + STATUS_QUERY


def _judged(status: int, answer: str) -> Failure:
    for beginning, failure in ANSWERS.items():
        if answer.startswith(beginning):
            return failure
    return Failure.UNREACHABLE if status == UNAVAILABLE_STATUS else refusal(status)


def _plain(value: bytes) -> str:
    """A field beside the text; an SMSC's own words may hold half a letter, and must not cost the report."""
    return clean(value.decode("utf-8", "replace"))


def _text(request: RawRequest, found: Mapping[str, bytes], fields: Mapping[str, str]) -> str:
    """The text, decoded as `charset` says, else as `coding` says; raises BadPayload when there is none."""
    charset = fields.get("charset", "")
    value = found.get("text")
    if value is None and request.body and request.content_type != FORM:  # post-url
        value = request.body
        charset = charset or request.header("content-type").partition("charset=")[2].strip(' "')
    if value is None:
        raise BadPayload("missing field: text")
    name = charset.strip().lower()
    if name == BINARY:
        return clean(_guessed(value))
    default = "utf-16-be" if not name and fields.get("coding", "").strip() == str(CODING_UCS2) else "utf-8"
    # A modem may cut a letter in half, an SMSC may name the wrong charset. Refused, the text would come again for a day
    # and then be lost; a few wrong letters are the smaller harm.
    return clean(value.decode(CHARSETS.get(name, default), "replace"))


def _guessed(value: bytes) -> str:
    """Octets without a coding: UTF-8 where they read as text, else UCS-2."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    return text if text and not CONTROL.search(text) else value.decode("utf-16-be", "replace")

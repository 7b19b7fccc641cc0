"""What crosses the boundary between the gateway and a carrier, in the gateway's own terms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Channel(StrEnum):
    """Ways in and out."""

    SMS = "sms"
    USSD = "ussd"


class DeliveryStatus(StrEnum):
    """What a delivery report says, carriers' words translated; `UNKNOWN` keeps a word we do not know."""

    BUFFERED = "buffered"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Failure(StrEnum):
    """Why a send did not succeed; the kind carries the decision (design, section 10)."""

    REJECTED = "rejected"  # permanent for this message
    OPTED_OUT = "opted_out"  # permanent, and the carrier says that the phone refuses us
    MISCONFIGURED = "misconfigured"  # pause the carrier, alarm
    THROTTLED = "throttled"  # retry with back-off
    UNREACHABLE = "unreachable"  # retry with back-off, then the next carrier
    OUTCOME_UNKNOWN = "outcome_unknown"  # look it up before repeating


class NotAuthentic(Exception):
    """A webhook request does not prove that it comes from the carrier."""


class BadPayload(Exception):
    """A webhook request is authentic but cannot be read; the text says what is missing."""


class SendError(Exception):
    """A carrier did not take a message; `retry_after` in seconds when the carrier named one."""

    def __init__(self, failure: Failure, detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(f"{failure}: {detail}" if detail else str(failure))
        self.failure = failure
        self.detail = detail
        self.retry_after = retry_after


@dataclass(frozen=True, kw_only=True, slots=True)
class InboundMessage:
    """A text as a carrier handed it over; `provider_id` is empty when the carrier gave none."""

    channel: Channel
    provider: str
    provider_id: str
    sender: str
    recipient: str
    text: str
    received_at: datetime
    sent_at: datetime | None = None
    opt_out: bool | None = None  # True: the carrier itself took a STOP; False: a START
    masked: int = 0  # identity numbers in the text that have been masked
    raw: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryReceipt:
    """A delivery report; `message_id` is our own outbound id where the carrier's address carried it."""

    provider: str
    provider_id: str
    message_id: int | None
    status: DeliveryStatus
    word: str  # the carrier's own word
    final: bool
    detail: str = ""
    failure: Failure | None = None
    raw: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboundMessage:
    """A message for a carrier to send; `body` is final text, `recipient` is E.164."""

    id: int
    recipient: str
    body: str
    purpose: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """A carrier took a message; `receipts` are reports that came with the answer itself."""

    provider_id: str
    cost: str = ""  # as the carrier writes it, e.g. "KES 0.8000"
    receipts: tuple[DeliveryReceipt, ...] = ()

"""The contract of a carrier's adapter (design, section 10): translate, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.domain.messages import (
    Accepted,
    DeliveryReceipt,
    DeliveryStatus,
    Failure,
    InboundMessage,
    OutboundMessage,
    SendError,
)
from gateway.raw import RawRequest, RawResponse


class SmsProvider(Protocol):
    """One carrier: its webhooks into our terms, our messages into its calls.

    An adapter keeps no state between calls, decides nothing, stores nothing and queues nothing. It is safe to share
    between threads. The secret in the webhook's path has been checked before any of its methods sees a request.
    """

    name: str  # as in SMS_PROVIDERS and in the webhook's path
    rate: float  # messages a second that the carrier takes when the deployment sets no limit of its own
    can_look_up: bool  # whether `look_up` can tell what became of a message

    def verify(self, request: RawRequest) -> None:
        """Check what the carrier offers as proof of origin; raises NotAuthentic."""
        ...

    def parse_inbound(self, request: RawRequest) -> Sequence[InboundMessage]:
        """Read the texts in a webhook request; raises BadPayload."""
        ...

    def parse_receipts(self, request: RawRequest) -> Sequence[DeliveryReceipt]:
        """Read the delivery reports in a webhook request, unknown words included; raises BadPayload."""
        ...

    def acknowledge(self) -> RawResponse:
        """Say "stored" to a webhook request in the form that the carrier takes without acting on it."""
        ...

    def send(self, message: OutboundMessage) -> Accepted:
        """Hand one message over, once; raises SendError, whose failure carries the decision."""
        ...

    def look_up(self, message: OutboundMessage, since: datetime) -> Accepted | None:
        """Find out what became of a send whose outcome is unknown.

        `since` is when the first attempt began (aware). None means that the carrier never took the message. Raises
        SendError when the carrier cannot say: OUTCOME_UNKNOWN always where `can_look_up` is false.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """What one of a carrier's delivery words means; `final` when no later report can change it."""

    status: DeliveryStatus
    final: bool = False
    failure: Failure | None = None


UNKNOWN_WORD = Word(status=DeliveryStatus.UNKNOWN)


def no_look_up(carrier: str) -> SendError:
    """Refusal of a carrier that offers no look-up: the caller must not take it for "never sent"."""
    return SendError(Failure.OUTCOME_UNKNOWN, f"{carrier} offers no look-up")

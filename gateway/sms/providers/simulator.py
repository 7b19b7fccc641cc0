"""The simulator: a carrier without a network, for the demo, tests and rehearsals; faults on request."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

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
from gateway.raw import RawRequest, RawResponse
from gateway.sms.providers.base import UNKNOWN_WORD, Word
from gateway.sms.providers.http import address, carrier_time, own_id, present, records

STATUS_WORDS: Mapping[str, Word] = {
    "buffered": Word(status=DeliveryStatus.BUFFERED),
    "sent": Word(status=DeliveryStatus.SENT),
    "delivered": Word(status=DeliveryStatus.DELIVERED, final=True),
    "failed": Word(status=DeliveryStatus.FAILED, final=True, failure=Failure.UNREACHABLE),
    "undelivered": Word(status=DeliveryStatus.FAILED, final=True, failure=Failure.UNREACHABLE),
}

ID_PREFIX = "sim-"


class Fault(StrEnum):
    """What shall go wrong with messages to a phone; the last five are the failures of the same name."""

    UNDELIVERED = "undelivered"  # taken, then reported as failed
    SILENT = "silent"  # taken, and never reported on
    REJECTED = "rejected"
    OPTED_OUT = "opted_out"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    OUTCOME_UNKNOWN = "outcome_unknown"


def no_faults(recipient: str) -> Fault | None:
    """Every phone answers."""
    del recipient
    return None


class Simulator:
    """Adapter of the simulated network; `faults` names what shall go wrong with messages to a recipient."""

    name = "simulator"
    rate = 1000.0
    can_look_up = True

    def __init__(self, *, faults: Callable[[str], Fault | None] = no_faults) -> None:
        self._faults = faults

    def verify(self, request: RawRequest) -> None:
        """Nothing to check beyond the path's secret."""

    def parse_inbound(self, request: RawRequest) -> Sequence[InboundMessage]:
        """Read texts from a form, a JSON object or a list of them; raises BadPayload.

        Fields: `from`, `to`, `text`, optional `id` (the carrier's) and `at` (ISO 8601, without a zone UTC).
        """
        return tuple(
            InboundMessage(
                channel=Channel.SMS,
                provider=self.name,
                provider_id=address({"id": "", **fields}, "id", empty=True),
                sender=address(fields, "from"),
                recipient=address(fields, "to", empty=True),
                text=present(fields, "text"),
                received_at=request.received_at,
                sent_at=carrier_time(fields.get("at", "")),
                raw={name: value for name, value in fields.items() if name != "text"},
            )
            for fields in records(request)
        )

    def parse_receipts(self, request: RawRequest) -> Sequence[DeliveryReceipt]:
        """Read delivery reports with `status` and `id` (ours as given at sending) or `message_id`; BadPayload else."""
        return tuple(_receipt(fields) for fields in records(request))

    def acknowledge(self) -> RawResponse:
        """Answer with a small JSON object."""
        return RawResponse(body='{"ok": true}', content_type="application/json")

    def send(self, message: OutboundMessage) -> Accepted:
        """Deliver at once, unless a fault is asked for; raises SendError."""
        fault = self._faults(message.recipient)
        if fault is None:
            return _taken(message, "delivered")
        if fault is Fault.UNDELIVERED:
            return _taken(message, "undelivered")
        if fault is Fault.SILENT:
            return Accepted(provider_id=f"{ID_PREFIX}{message.id}")
        raise SendError(Failure(fault.value), "a fault that was asked for")

    def look_up(self, message: OutboundMessage, since: datetime) -> Accepted | None:
        """Always None: what failed here never reached a phone."""
        del message, since
        return None


def _taken(message: OutboundMessage, word: str) -> Accepted:
    report = _receipt({"id": f"{ID_PREFIX}{message.id}", "status": word})
    return Accepted(provider_id=report.provider_id, receipts=(report,))


def _receipt(fields: Mapping[str, str]) -> DeliveryReceipt:
    provider_id = address({"id": "", **fields}, "id", empty=True)
    message_id = own_id(fields.get("message_id", "") or provider_id.removeprefix(ID_PREFIX))
    if not provider_id and message_id is None:
        raise BadPayload("missing field: id")
    word = address(fields, "status")
    meaning = STATUS_WORDS.get(word.lower(), UNKNOWN_WORD)
    return DeliveryReceipt(
        provider=Simulator.name,
        provider_id=provider_id or f"{ID_PREFIX}{message_id}",
        message_id=message_id,
        status=meaning.status,
        word=word,
        final=meaning.final,
        failure=meaning.failure,
        raw=dict(fields),
    )

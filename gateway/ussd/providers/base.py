"""The contract of a USSD carrier's adapter: three methods that translate, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gateway.domain.messages import BadPayload
from gateway.raw import RawRequest, RawResponse
from gateway.sms.providers.http import present
from gateway.ussd.steps import Reply

MOST_TYPED = 4000
"""Characters of all that was typed in a call; a screen takes 182 at most, and nobody types for an hour."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Callback:
    """One turn as the carrier tells it; `text` is everything typed since dialling, joined by `*`, empty at first."""

    session_id: str
    sender: str
    service_code: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """The carrier says that a call is over; `status` is its own word."""

    session_id: str
    sender: str
    status: str
    raw: dict[str, str] = field(default_factory=dict)


class UssdProvider(Protocol):
    """One carrier; shared between threads, keeps nothing. The secret in the path has been checked before."""

    name: str  # as in the webhook's path

    def read(self, request: RawRequest) -> Callback:
        """Read a turn; raises BadPayload."""
        ...

    def read_end(self, request: RawRequest) -> Ended:
        """Read the event that ends a call; raises BadPayload."""
        ...

    def answer(self, reply: Reply) -> RawResponse:
        """Write a screen as the carrier takes it."""
        ...


def typed(fields: Mapping[str, str]) -> str:
    """The field `text` as it came; raises BadPayload when it is not there or longer than any call."""
    text = present(fields, "text")
    if len(text) > MOST_TYPED:
        raise BadPayload("field too long: text")
    return text

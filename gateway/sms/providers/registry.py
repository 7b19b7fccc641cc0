"""Carriers by name: the one line that a new adapter adds outside its own file."""

from collections.abc import Callable, Mapping

from gateway.sms.providers.africastalking import AfricasTalking
from gateway.sms.providers.base import SmsProvider
from gateway.sms.providers.kannel import Kannel
from gateway.sms.providers.simulator import Simulator
from gateway.sms.providers.twilio import Twilio

# Constructors take keyword arguments of their own; that each makes an SmsProvider is checked by the type checker.
ADAPTERS: Mapping[str, Callable[..., SmsProvider]] = {
    "twilio": Twilio,
    "africastalking": AfricasTalking,
    "kannel": Kannel,
    "simulator": Simulator,
}


class UnknownCarrier(ValueError):
    """A name that is not in ADAPTERS; the text lists those that are."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown SMS provider {name!r}; known are {', '.join(ADAPTERS)}")


def build(name: str, **facts: object) -> SmsProvider:
    """Make the adapter of a carrier from its constructor's keyword arguments; raises UnknownCarrier."""
    if name not in ADAPTERS:
        raise UnknownCarrier(name)
    return ADAPTERS[name](**facts)

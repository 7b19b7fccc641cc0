"""USSD carriers by name: the one line that a new adapter adds outside its own file."""

from collections.abc import Mapping

from gateway.ussd.providers.africastalking import AfricasTalking
from gateway.ussd.providers.base import UssdProvider
from gateway.ussd.providers.simulator import Simulator

ADAPTERS: Mapping[str, UssdProvider] = {adapter.name: adapter for adapter in (AfricasTalking(), Simulator())}
"""They hold no account and keep nothing, so that one of each is enough."""

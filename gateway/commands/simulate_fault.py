"""`gateway simulate-fault`: what the simulator shall do wrong for a phone."""

import click

from gateway.at_hand import services_at_hand
from gateway.domain.phone import normalise
from gateway.sms.providers.simulator import Fault
from gateway.store import running

_NONE = "none"


@click.command("simulate-fault")
@click.argument("number")
@click.argument("kind", type=click.Choice([*(fault.value for fault in Fault), _NONE]))
def command(number: str, kind: str) -> None:
    """Play a fault for messages to a phone from now on; `none` ends it."""
    with services_at_hand() as services:
        recipient = normalise(number, services.settings.region).number
        with services.sessions.begin() as session:
            running.set_fault(session, recipient, "" if kind == _NONE else kind)
    click.echo(f"{recipient}: {kind}")

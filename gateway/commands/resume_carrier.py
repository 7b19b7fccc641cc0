"""`gateway resume-carrier`: what an operator says when a carrier's account is put right."""

import click

from gateway.at_hand import services_at_hand
from gateway.flow import carriers
from gateway.sms.providers.registry import ADAPTERS


@click.command("resume-carrier")
@click.argument("name", type=click.Choice(sorted(ADAPTERS)))
def command(name: str) -> None:
    """End a carrier's pause or rest at once, instead of waiting for its next try."""
    with services_at_hand() as services, services.sessions.begin() as session:
        carriers.worked(session, [name])
    click.echo(f"{name}: works again")

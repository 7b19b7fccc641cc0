"""`gateway unlock-codes`: what the county centre does when a locked phone has proved to be in the right hands."""

import click

from gateway.at_hand import services_at_hand
from gateway.domain.phone import normalise
from gateway.store import pins
from gateway.store.dialogue import unlock
from gateway.store.people import phone_of


@click.command("unlock-codes")
@click.argument("number")
@click.option("--new-pin", is_flag=True, help="Forget the PIN too: whoever dials next with this phone chooses one.")
def command(number: str, *, new_pin: bool) -> None:
    """Let a phone use its reply codes and its PIN again after three wrong ones."""
    with services_at_hand() as services, services.sessions.begin() as session:
        phone = phone_of(session, normalise(number, services.settings.region).number)
        if phone is None:
            raise click.ClickException(f"{number} belongs to nobody here")
        unlocked = unlock(session, phone.person)
        was_locked = pins.unlock(session, phone.person)
        forgotten = new_pin and pins.forget(session, phone.person)
    click.echo(f"{unlocked} codes unlocked")
    if forgotten:
        click.echo("PIN forgotten")
    elif was_locked:
        click.echo("PIN unlocked")

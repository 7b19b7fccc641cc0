"""`gateway messages`: what came in and what went out, in order of time."""

import click

from gateway import listings
from gateway.at_hand import services_at_hand
from gateway.listings import Wanted
from gateway.printing import show

_COLUMNS = {
    "at": "at",
    "": "direction",
    "from": "from",
    "to": "to",
    "status": "status",
    "purpose": "purpose",
    "case": "case",
    "text": "text",
}


@click.command("messages")
@click.option("--to", "recipient", default="", metavar="NUMBER", help="Only to this number, in any spelling.")
@click.option("--from", "sender", default="", metavar="NUMBER", help="Only from this number, in any spelling.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the newest so many.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list.")
def command(recipient: str, sender: str, limit: int | None, *, as_json: bool) -> None:
    """List messages of both directions, oldest first."""
    with services_at_hand() as services, services.sessions() as session:
        settings = services.settings
        wanted = Wanted(
            region=settings.region,
            own_numbers=listings.own_numbers(settings),
            sender=sender,
            recipient=recipient,
            limit=limit,
        )
        rows = listings.messages(session, wanted)
    show(rows, _COLUMNS, as_json=as_json)

"""`gateway cases`: every case with its people and its history."""

import click

from gateway import listings
from gateway.at_hand import services_at_hand
from gateway.flow.scene import local_day
from gateway.printing import show

_COLUMNS = {
    "number": "number",
    "state": "state",
    "light": "light",
    "urgent": "urgent",
    "category": "category",
    "level": "level",
    "owner": "owner.name",
    "phone": "owner.phone",
    "due": "due_at",
    "text": "text",
}


@click.command("cases")
@click.option("--number", default="", help="Only this case.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the newest so many.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list.")
def command(number: str, limit: int | None, *, as_json: bool) -> None:
    """List cases, oldest first."""
    with services_at_hand() as services, services.sessions() as session:
        now = services.clock.now()
        rows = listings.cases(session, number=number, limit=limit, now=now, today=local_day(session, now))
    show(rows, _COLUMNS, as_json=as_json)

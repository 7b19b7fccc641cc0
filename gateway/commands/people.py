"""`gateway people`: who holds which post, on which phone, with which households."""

import click

from gateway import listings
from gateway.at_hand import services_at_hand
from gateway.domain.terms import Role
from gateway.flow.scene import local_day
from gateway.printing import show
from gateway.store import units

_COLUMNS = {
    "id": "id",
    "name": "name",
    "role": "role",
    "unit": "unit",
    "phone": "phone",
    "language": "language",
    "households": "households",
}


@click.command("people")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Only this role.")
@click.option("--unit", "code", metavar="CODE", help="Only this unit and everything below it.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list.")
def command(role: str | None, code: str | None, *, as_json: bool) -> None:
    """List everybody who holds a post today, and the contacts of households."""
    with services_at_hand() as services, services.sessions() as session:
        unit = units.by_code(session, code) if code else None
        if code and unit is None:
            message = f"no unit has the code {code}"
            raise click.ClickException(message)
        today = local_day(session, services.clock.now())
        rows = listings.people(session, role=Role(role) if role else None, unit=unit, today=today)
    show(rows, _COLUMNS, as_json=as_json)

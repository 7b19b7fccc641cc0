"""`gateway seed-demo`: builds the demo county Gande, or a province of 45 such counties."""

from collections.abc import Iterable

import click

from gateway.at_hand import services_at_hand
from gateway.demo.build import seed
from gateway.demo.people import Somebody, populate
from gateway.demo.places import Size, county
from gateway.domain.terms import Role
from gateway.wiring import Services

_SHOWN = {
    Role.LIAISON: "联户员 liaison",
    Role.GRID_LEADER: "网格长 grid leader",
    Role.TOWNSHIP_COMMANDER: "乡镇指挥长 township commander",
    Role.COUNTY_OPERATOR: "综治中心 county centre",
}
_SHOWN_VILLAGE = "632623204201"  # 隆吉村 in 江千乡, where the demo is told in full


@click.command("seed-demo")
@click.option("--size", type=click.Choice([size.value for size in Size]), default=Size.COUNTY.value, show_default=True)
def command(size: str) -> None:
    """Build the demo county Gande with invented people; what is there already stays as it is."""
    with services_at_hand(demo=True) as services:
        built = seed(services, Size(size))
    click.echo("demo seeded" if built else "the demo is there already, nothing was changed")


def seed_demo_once(services: Services) -> bool:
    """Build the demo county unless it is there; True when it was built now."""
    return seed(services, Size.COUNTY)


def demo_logins() -> Iterable[str]:
    """Somebody of each role along one report's way, by phone; the same at every run."""
    population = populate(county(0))
    everybody = [*(each.liaison for each in population.rounds), *population.officials]
    for role, label in _SHOWN.items():
        person = next(person for person in everybody if person.role is role and _on_the_way(person))
        yield f"{person.phones[0]}  {label} {person.name}"


def _on_the_way(person: Somebody) -> bool:
    return _SHOWN_VILLAGE.startswith(person.unit)

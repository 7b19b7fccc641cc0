"""`gateway code-card`: the printed card of one person, or of everybody in a village."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy.orm import Session

from gateway.at_hand import services_at_hand
from gateway.cards.card import Card, NoCard, card_of
from gateway.cards.holders import holder, holders_at
from gateway.cards.paper import CannotPrint, render
from gateway.flow.scene import rules_of
from gateway.store import cards, units
from gateway.store.people import Person


@click.command("code-card")
@click.argument("person", required=False)
@click.option("--unit", "code", metavar="CODE", help="Instead of PERSON: everybody with a post there and below.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: code-card-ID.pdf here.")
def command(person: str | None, code: str | None, out: Path | None) -> None:
    """Make the code card of PERSON (id, phone number, or a name that only one person has) as PDF, A6, two sides.

    What is printed is noted: who holds a card that is out of date is told so in answers.
    """
    if bool(person) == bool(code):
        raise click.UsageError("name a PERSON or a --unit")
    with services_at_hand() as services, services.sessions.begin() as session:
        now = services.clock.now()
        try:
            made = [card_of(session, each, rules_of(session).day(now)) for each in _meant(session, person, code, now)]
            pdf = render(made)
        except (NoCard, CannotPrint) as error:
            raise click.ClickException(str(error)) from error
        path = out or Path(f"code-card-{code or made[0].person_id}.pdf")
        _write(path, pdf)
        for card in made:
            cards.printed(session, card.person_id, card.version, now)
    click.echo(f"{path}: {_told(made)}")


def _meant(session: Session, person: str | None, code: str | None, now: datetime) -> Sequence[Person]:
    if not code:
        return [holder(session, person or "", rules_of(session).region)]
    unit = units.by_code(session, code)
    if unit is None:
        raise NoCard(f"no unit has the code {code}")
    people = holders_at(session, unit, rules_of(session).day(now))
    if not people:
        raise NoCard(f"nobody holds a post at {code}")
    return people


def _write(path: Path, pdf: bytes) -> None:
    try:
        path.write_bytes(pdf)
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}"
        raise click.ClickException(message) from error


def _told(made: Sequence[Card]) -> str:
    if len(made) == 1:
        return f"{made[0].person_id} {made[0].name}, version {made[0].version}"
    return f"{len(made)} cards"

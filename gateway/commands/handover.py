"""`gateway handover`: one command moves a post's households and open cases to its next holder."""

from dataclasses import dataclass

import click
from sqlalchemy.orm import Session

from gateway.at_hand import services_at_hand
from gateway.domain.phone import SenderKind, normalise
from gateway.domain.terms import Language, Role
from gateway.flow import handover
from gateway.flow.handover import Handover, NoHandover
from gateway.jobs import Lane
from gateway.store import units
from gateway.store.people import Person, Phone, phone_of
from gateway.wiring import Services

_ROLES = [role.value for role in Role if role is not Role.RESIDENT]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What was typed."""

    from_person: int
    to_person: int | None
    to_phone: str
    to_name: str
    language: str
    role: str
    unit: str


@click.command("handover")
@click.option("--from-person", type=int, required=True, metavar="ID", help="Who leaves (`gateway people`).")
@click.option("--to-person", type=int, metavar="ID", help="Who takes over.")
@click.option("--to-phone", default="", metavar="NUMBER", help="Phone of who takes over, instead of --to-person.")
@click.option("--to-name", default="", metavar="NAME", help="Name, where that phone is nobody's yet.")
@click.option("--language", type=click.Choice([language.value for language in Language]), default=Language.ZH.value)
@click.option("--role", type=click.Choice(_ROLES), required=True)
@click.option("--unit", required=True, metavar="CODE", help="Unit of the post.")
@click.option("--yes", is_flag=True, help="Do it; without this it is only shown.")
def command(*, yes: bool, **wish: str | int | None) -> None:
    """Give a post to its next holder, with all households and open cases; both are told by SMS."""
    with services_at_hand() as services:
        try:
            _carry_out(services, Wish(**wish), sure=yes)  # type: ignore[arg-type]
        except NoHandover as error:
            raise click.ClickException(str(error)) from error
        if yes:
            services.nudger.nudge(Lane.OUTBOUND)


def _carry_out(services: Services, wish: Wish, *, sure: bool) -> None:
    now = services.clock.now()
    with services.sessions() as session:
        unit = units.by_code(session, wish.unit)
        leaves = session.get(Person, wish.from_person)
        if unit is None or leaves is None:
            raise NoHandover(f"no unit has the code {wish.unit}" if unit is None else f"nobody is {wish.from_person}")
        old = handover.post_of(session, leaves, Role(wish.role), unit, now=now)
        planned = handover.prepare(session, old, _next_holder(session, wish, services.settings.region), now=now)
        click.echo(_told(planned))
        if sure:
            handover.hand_over(session, planned, now=now)
            session.commit()
    click.echo("done, both are told" if sure else "nothing was changed: repeat with --yes to do it")


def _next_holder(session: Session, wish: Wish, region: str) -> Person:
    """Whoever was named, made where a new name came with a new phone; raises NoHandover."""
    if bool(wish.to_phone) == (wish.to_person is not None):
        raise NoHandover("name the next holder with --to-person or with --to-phone")
    if wish.to_person is not None:
        person = session.get(Person, wish.to_person)
        if person is None:
            raise NoHandover(f"nobody is {wish.to_person}")
        return person
    sender = normalise(wish.to_phone, region)
    if sender.kind is not SenderKind.MOBILE_OR_FIXED:
        raise NoHandover(f"{wish.to_phone} is no phone number")
    phone = phone_of(session, sender.number)
    if phone is not None:
        return phone.person
    if not wish.to_name:
        raise NoHandover(f"{sender.number} is nobody's yet: add --to-name")
    person = Person(name=wish.to_name, language=Language(wish.language), phones=[Phone(number=sender.number, rank=1)])
    session.add(person)
    session.flush()
    return person


def _told(planned: Handover) -> str:
    old, new = planned.old, planned.person
    cases = " ".join(case.number for case in planned.cases)
    return (
        f"{old.role} at {old.unit.code} {old.unit.name_zh}\n"
        f"from {old.person_id} {old.person.name} to {new.id} {new.name}\n"
        f"households: {len(planned.households)}\nopen cases: {len(planned.cases)} {cases}".rstrip()
    )

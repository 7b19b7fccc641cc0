"""Whose card is meant: a person by id, phone number or name, or everybody of a place."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from gateway.cards.card import NoCard
from gateway.domain.phone import SenderKind, normalise
from gateway.store.people import Person, Post, phone_of
from gateway.store.units import Unit


def holder(session: Session, named: str, region: str) -> Person:
    """The person of an id, a phone number in any spelling, or a name that one person has; raises NoCard."""
    sender = normalise(named, region)
    phone = phone_of(session, sender.number) if sender.kind is SenderKind.MOBILE_OR_FIXED else None
    if phone is not None:
        return phone.person
    if named.isascii() and named.isdigit():
        person = session.get(Person, int(named))
        if person is None:
            raise NoCard(f"nobody has the id or the number {named}")
        return person
    return _of_name(session, named)


def holders_at(session: Session, unit: Unit, today: date) -> Sequence[Person]:
    """Everybody who holds a post at a unit or below it on a day, place by place."""
    posts = session.scalars(
        select(Post)
        .join(Post.unit)
        .where(
            Unit.path.op("<@")(unit.path),
            Post.from_day <= today,
            or_(Post.to_day.is_(None), Post.to_day >= today),
        )
        .order_by(Unit.path, Post.role, Post.rank, Post.id)
    )
    return list(dict.fromkeys(post.person for post in posts))


def _of_name(session: Session, name: str) -> Person:
    found = session.scalars(select(Person).where(Person.name == name).order_by(Person.id)).all()
    if not found:
        raise NoCard(f"nobody is called {name}")
    if len(found) > 1:
        ids = ", ".join(str(person.id) for person in found[:20])
        raise NoCard(f"{len(found)} people are called {name}: name one by id ({ids})")
    return found[0]

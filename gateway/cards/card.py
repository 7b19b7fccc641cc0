"""What stands on somebody's code card, as a value: read from the people and households, the rest is the code book's."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from gateway.cards.words import Pair, pair
from gateway.domain.terms import Language, Role, UnitKind
from gateway.flow.code_cards import homes_of, version_of
from gateway.flow.labels import short_name
from gateway.flow.scene import rules_of
from gateway.store import households
from gateway.store.people import Person, Post, current_posts
from gateway.store.units import Unit
from gateway.wording import part

_WITHIN_A_TOWNSHIP = (UnitKind.VILLAGE, UnitKind.GROUP)


class NoCard(Exception):
    """Nobody needs a card who can neither report nor act; the text says whom it is about."""


class Side(StrEnum):
    """What the front of a card explains."""

    LIAISON = "liaison"  # report for households by ordinal
    RESIDENT = "resident"  # report for the own household
    OFFICIAL = "official"  # act on cases


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """A household as its liaison counts it; nothing else of it is printed (docs/code-card.md)."""

    ordinal: int
    head: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """One person's card."""

    person_id: int
    name: str
    language: Language
    side: Side
    role: Pair
    place: Pair
    homes: tuple[Home, ...]
    sms_number: str
    ussd_code: str
    centre_phone: str
    version: str


def card_of(session: Session, person: Person, today: date) -> Card:
    """The card of a person as things stand on a day of the county; raises NoCard."""
    posts = current_posts(person, today)
    side, role, unit = _holding(session, person, posts)
    homes = homes_of(session, posts)
    rules = rules_of(session)
    return Card(
        person_id=person.id,
        name=person.name,
        language=person.language,
        side=side,
        role=pair(person.language, lambda language: part(f"part_role_{role}", language)),
        place=pair(person.language, lambda language: _place(unit, language)),
        homes=tuple(Home(ordinal=ordinal, head=head) for ordinal, head in homes),
        sms_number=rules.sms_number,
        ussd_code=rules.ussd_code,
        centre_phone=rules.centre_phone,
        version=version_of(session, homes),
    )


def _holding(session: Session, person: Person, posts: list[Post]) -> tuple[Side, Role, Unit]:
    """What somebody is first of all: an official's households are listed too, a liaison has nothing to accept."""
    offices = [post for post in posts if post.role is not Role.LIAISON]
    if offices:
        return Side.OFFICIAL, offices[0].role, offices[0].unit
    if posts:
        return Side.LIAISON, Role.LIAISON, posts[0].unit
    household = households.of_contact(session, person)
    if household is None:
        raise NoCard(f"{person.id} {person.name} holds no post and belongs to no household")
    return Side.RESIDENT, Role.RESIDENT, household.unit


def _place(unit: Unit, language: Language) -> str:
    """A village with its township, anything else by its own name."""
    above = unit.parent if unit.kind in _WITHIN_A_TOWNSHIP else None
    return " ".join(short_name(each.name(language)) for each in (above, unit) if each is not None)

"""Writes the demo's places and people into the database, once."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from gateway.demo.people import Population, Round, Somebody, populate
from gateway.demo.places import County, Place, Size, counties
from gateway.domain.terms import Language
from gateway.store import households, units
from gateway.store.households import Household
from gateway.store.people import Person, Phone, Post
from gateway.store.units import Unit
from gateway.wiring import Services

FROM_DAY = date(2026, 1, 1)  # since when everybody holds their post
_LOCK = 0x64656D6F  # "demo": two processes that seed at the same time take turns


def seed(services: Services, size: Size) -> bool:
    """Build what is not there yet, each county in one transaction; False when nothing was missing."""
    built = False
    for county in counties(size):
        with services.sessions.begin() as session:
            session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            if units.by_code(session, county.place.code) is None:
                _build(session, county)
                built = True
    return built


def _build(session: Session, county: County) -> None:
    places = _insert_places(session, county)
    population = populate(county)
    _insert_posts(session, population.officials, _insert_persons(session, population.officials), places)
    liaisons = [each.liaison for each in population.rounds]
    posts = _insert_posts(session, liaisons, _insert_persons(session, liaisons), places)
    _insert_households(session, population, posts, places)


def _insert_places(session: Session, county: County) -> Mapping[str, int]:
    """Ids by code; one statement for each depth of the tree, since a row names its parent."""
    ids: dict[str, int] = {}
    by_depth: dict[int, list[Place]] = {}
    for place in county.places():
        by_depth.setdefault(place.path.count("."), []).append(place)
    for _, level in sorted(by_depth.items()):
        rows = [
            {
                "code": place.code,
                "kind": place.kind,
                "parent_id": ids.get(place.parent),
                "path": place.path,
                "name_zh": place.names[Language.ZH],
                "name_bo": place.names[Language.BO],
                "name_en": place.names[Language.EN],
                "slug": place.slug,
                "longitude": place.longitude,
                "latitude": place.latitude,
            }
            for place in level
        ]
        ids |= zip((place.code for place in level), _insert(session, Unit, rows), strict=True)
    return ids


def _insert_persons(session: Session, people: Sequence[Somebody]) -> list[int]:
    """Ids of persons, whose phones are written too."""
    ids = _insert(session, Person, [{"name": person.name, "language": person.language} for person in people])
    phones = [
        {"person_id": id_, "number": number, "rank": rank}
        for id_, person in zip(ids, people, strict=True)
        for rank, number in enumerate(person.phones, start=1)
    ]
    _insert(session, Phone, phones)
    return ids


def _insert_posts(session: Session, people: Sequence[Somebody], ids: list[int], places: Mapping[str, int]) -> list[int]:
    rows = [
        {
            "person_id": id_,
            "unit_id": places[person.unit],
            "role": person.role,
            "rank": person.rank,
            "from_day": FROM_DAY,
        }
        for id_, person in zip(ids, people, strict=True)
    ]
    return _insert(session, Post, rows)


def _insert_households(session: Session, population: Population, posts: list[int], places: Mapping[str, int]) -> None:
    contacts = [home.contact for each in population.rounds for home in each.homes if home.contact]
    contact_ids = iter(_insert_persons(session, contacts))
    numbers = iter(households.next_numbers(session, sum(len(each.homes) for each in population.rounds)))

    def rows(each: Round, post: int) -> list[dict[str, Any]]:
        return [
            {
                "number": next(numbers),
                "unit_id": places[each.liaison.unit],
                "liaison_id": post,
                "ordinal": home.ordinal,
                "head_name": home.head,
                "members": home.members,
                "contact_id": next(contact_ids) if home.contact else None,
            }
            for home in each.homes
        ]

    found = zip(population.rounds, posts, strict=True)
    _insert(session, Household, [row for each, post in found for row in rows(each, post)])


def _insert(session: Session, table: type[Any], rows: list[dict[str, Any]]) -> list[int]:
    """Many rows at once; their ids in the order of the rows."""
    if not rows:
        return []
    statement = insert(table).returning(table.id, sort_by_parameter_order=True)
    return list(session.scalars(statement, rows).all())

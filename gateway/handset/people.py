"""Whose phones can be picked: everybody on the way of a report from one village, and somebody nobody knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from gateway.console import looks
from gateway.console.looks import Neighbourhood
from gateway.domain.terms import Language, Role
from gateway.store import households, units
from gateway.store.people import Person, current_posts
from gateway.views import View
from gateway.wording import part

STRANGER = "+8619900099999"
"""A number of the demo that nobody is ever given: the last of the last block."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """How names are shown: in which language of the page, and by which day posts count."""

    language: Language
    today: date


def around(session: Session, village: str, reader: Reader) -> dict[str, Any] | None:
    """The village, all villages, and who can be picked; None where there is no village yet."""
    found = looks.neighbourhood(session, village, reader.today)
    if found is None:
        return None
    departments = looks.departments(session, units.county_of(found.village))
    names = {unit.code: unit.name(reader.language) for unit in departments}
    people = [_pick(view, names, reader.language) for group in found.groups.values() for view in group]
    return {
        "village": found.village.code,
        "villages": [{"code": unit.code, "name": unit.name(reader.language)} for unit in found.villages],
        "people": [each for each in people if each["number"]],
        "pair": _pair(found),
    }


def owner(session: Session, number: str, reader: Reader) -> dict[str, Any] | None:
    """Whose number it is, as in `around`; None when nobody's."""
    person = looks.person_of(session, number)
    if person is None:
        return None
    post = next(iter(current_posts(person, reader.today)), None)
    role = post.role if post else Role.RESIDENT
    return {
        "number": number,
        "name": person.name,
        "role": role.value,
        "title": part(f"part_role_{role}", reader.language),
        "place": post.unit.name(reader.language) if post else "",
        "language": person.language.value,
        "deputy": bool(post and post.deputy),
        "reports": looks.reports(person),
        "card": post is not None or households.of_contact(session, person) is not None,
    }


def village_of(session: Session, number: str) -> str:
    """The code of the village in which the holder of a number has a post; empty when there is none."""
    person: Person | None = looks.person_of(session, number) if number else None
    return looks.village_code(person)


def _pick(view: View, departments: Mapping[str, str], language: Language) -> dict[str, Any]:
    return {
        "number": view["phone"],
        "name": view["name"],
        "role": view["role"],
        "title": part(f"part_role_{view['role']}", language),
        "place": departments.get(view["unit"], ""),
        "language": view["language"],
        "deputy": view["deputy"],
        "reports": view["role"] in {Role.LIAISON, Role.RESIDENT},
        "card": True,  # whoever can be picked holds a post or is the contact of a household
    }


def _pair(found: Neighbourhood) -> Sequence[str]:
    """The two phones to begin with: the village's first liaison and its grid leader."""
    first = (next((view["phone"] for view in found.groups[role] if view["phone"]), "") for role in _PAIR)
    return [number or STRANGER for number in first]


_PAIR = (Role.LIAISON, Role.GRID_LEADER)

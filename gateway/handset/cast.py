"""The people of a session as stories call them: the small county of tests/scenarios has every post once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from gateway.console import looks
from gateway.domain.terms import Language, Role, UnitKind
from gateway.store import units
from gateway.store.people import Person, Post, current_posts, posts_at
from gateway.store.units import Unit

STRANGER, RESIDENT = "stranger", "resident"
_AT = {
    UnitKind.VILLAGE: ((Role.GRID_LEADER, 0, "grid_leader"), (Role.GRID_LEADER, 1, "grid_deputy")),
    UnitKind.TOWNSHIP: ((Role.TOWNSHIP_COMMANDER, 0, "township_commander"), (Role.TOWNSHIP_DESK, 0, "township_desk")),
    UnitKind.COUNTY: ((Role.COUNTY_OPERATOR, 0, "operator"), (Role.COUNTY_COMMANDER, 0, "county_commander")),
}
"""Who holds which post along the way of a report: role, place in the order of deputies, name in stories."""
_MAY_BE_AWAY = frozenset({"grid_deputy"})
"""Posts that only some villages have; all others are left out of the story's file where nobody holds them."""


class NotInStories(LookupError):
    """Somebody did something whom stories do not know; the text is the number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Somebody of the county as a story needs them; the defaults are what its file leaves out."""

    language: Language = Language.ZH
    second_phone: bool = False
    absent: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Cast:
    """Who is who: role and place of the phone by number, and what is not as usual with each role."""

    phones: Mapping[str, tuple[str, int]]
    parts: Mapping[str, Part]
    posts: Mapping[int, str]  # role by the id of the post

    def who(self, number: str) -> tuple[str, int]:
        """Role, and 1 or 2 for the phone; raises NotInStories."""
        if number not in self.phones:
            raise NotInStories(number)
        return self.phones[number]


def cast(session: Session, actors: Sequence[str], today: date) -> Cast:
    """The cast of a session in which these numbers did something, in the order in which they first did."""
    people = {number: looks.person_of(session, number) for number in actors}
    held = {number: current_posts(person, today) for number, person in people.items() if person}
    liaisons = [post for posts in held.values() for post in posts if post.role is Role.LIAISON]
    roles: list[tuple[str, Person | None, Post | None]] = [*_liaisons(liaisons)]
    village = _village(liaisons, held, session)
    if village is not None:
        roles += _officials(session, village, today)
    named = {person.id for _, person, _ in roles if person}
    residents = [person for number, person in people.items() if person and person.id not in named and not held[number]]
    roles += [(RESIDENT, person, None) for person in residents[:1]]
    phones = {phone.number: (role, phone.rank) for role, person, _ in roles if person for phone in person.phones}
    strangers = [number for number, person in people.items() if person is None]
    return Cast(
        phones=phones | dict.fromkeys(strangers[:1], (STRANGER, 1)),
        parts={role: _part(person) for role, person, _ in roles},
        posts={post.id: role for role, _, post in roles if post},
    )


def _liaisons(posts: Sequence[Post]) -> Iterator[tuple[str, Person, Post]]:
    """The first one and a second one of the same village; one of the next village, one of another township."""
    names: dict[str, Post] = {}
    for post in posts:
        first = names.setdefault("liaison", post)
        if first.unit_id == post.unit_id:
            name = "liaison" if first is post else "liaison_2"
        else:
            name = "liaison_3" if first.unit.parent_id == post.unit.parent_id else "liaison_4"
        names.setdefault(name, post)
    yield from ((name, post.person, post) for name, post in names.items())


def _village(liaisons: Sequence[Post], held: Mapping[str, Sequence[Post]], session: Session) -> Unit | None:
    """Where the session happens: the village of its first liaison, else of anybody in it."""
    posts = [*liaisons, *(post for posts in held.values() for post in posts)]
    found = next((post.unit for post in posts if post.unit.kind is UnitKind.VILLAGE), None)
    return found or looks.busiest_village(session)


def _officials(session: Session, village: Unit, today: date) -> Iterator[tuple[str, Person | None, Post | None]]:
    for unit in units.at_and_above(village):
        for role, place, name in _AT.get(unit.kind, ()):
            posts = posts_at(session, unit, (role,), today)
            post = posts[place] if place < len(posts) else None
            if post or name in _MAY_BE_AWAY:
                yield name, post.person if post else None, post
    for unit in looks.departments(session, units.county_of(village)):
        for post in posts_at(session, unit, (Role.DEPARTMENT_OFFICER,), today)[:1]:
            yield unit.slug or "", post.person, post


def _part(person: Person | None) -> Part:
    if person is None:
        return Part(absent=True)
    return Part(language=person.language, second_phone=len(person.phones) > 1)

"""Word to the county centre when something needs a person: nobody can be reached, a code is being guessed."""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway.domain.terms import Role
from gateway.flow.notify import About, tell
from gateway.flow.scene import local_day
from gateway.store import people, units
from gateway.store.cases import Case
from gateway.store.people import Person, Post
from gateway.store.units import Unit
from gateway.wording import say

OPERATORS = (Role.COUNTY_OPERATOR,)
"""Who takes the telephone at the county centre."""


def operators(session: Session, case: Case, now: datetime) -> list[Post]:
    """The operators of the case's county, the one on duty first."""
    return _operators_over(session, case.unit, now)


def _operators_over(session: Session, unit: Unit, now: datetime) -> list[Post]:
    return people.posts_at(session, units.county_of(unit), OPERATORS, local_day(session, now))


def tell_centre(session: Session, case: Case, key: str, about: Person, *, now: datetime) -> None:
    """Send a text of the catalogue (slots `number`, `who`) about a person to the first operator who is not that one."""
    for post in operators(session, case, now)[:1]:
        if post.person.id != about.id:
            said = say(key, post.person.language, number=case.number, who=about.name)
            tell(session, post.person, said, About(case=case, urgent=True), now=now)


def tell_centre_of(session: Session, person: Person, key: str, *, now: datetime) -> None:
    """Send a text (slot `who`) about a person to the first operator of the person's counties who is not that one."""
    counties = {units.county_of(post.unit).id: post.unit for post in person.posts}
    for unit in counties.values():
        others = [post for post in _operators_over(session, unit, now) if post.person.id != person.id]
        for post in others[:1]:
            said = say(key, post.person.language, who=person.name)
            tell(session, post.person, said, About(urgent=True), now=now)

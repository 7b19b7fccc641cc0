"""Word to the county centre when something needs a person: nobody can be reached, a code is being guessed."""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway.domain.terms import Role
from gateway.flow.notify import About, tell
from gateway.flow.scene import local_day
from gateway.store import people, units
from gateway.store.cases import Case
from gateway.store.people import Person, Post
from gateway.wording import say


def operators(session: Session, case: Case, now: datetime) -> list[Post]:
    """The operators of the case's county, the one on duty first."""
    return people.posts_at(session, units.county_of(case.unit), (Role.COUNTY_OPERATOR,), local_day(session, now))


def tell_centre(session: Session, case: Case, key: str, about: Person, *, now: datetime) -> None:
    """Send a text of the catalogue (slots `number`, `who`) about a person to the first operator who is not that one."""
    for post in operators(session, case, now)[:1]:
        if post.person.id != about.id:
            said = say(key, post.person.language, number=case.number, who=about.name)
            tell(session, post.person, said, About(case=case, urgent=True), now=now)

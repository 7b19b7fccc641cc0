"""What tests on the seeded county share: who sits where, what a command printed, which code a text carried."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from click.testing import Result
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.domain.terms import Role
from gateway.store import units
from gateway.store.cases import Case
from gateway.store.outbound import Outbound
from gateway.store.people import Person, Post, posts_at

VILLAGE = "632623204201"  # 隆吉村 in 江千乡

Gateway = Callable[..., Result]
Write = Callable[[Post, str], None]


def holder(session: Session, role: Role, code: str = VILLAGE, *, position: int = 0) -> Post:
    """One of the posts of a role at a unit."""
    unit = units.by_code(session, code)
    assert unit
    return posts_at(session, unit, (role,), datetime(2026, 3, 10, tzinfo=UTC).date())[position]


def phone(post: Post) -> str:
    """The first number of a post's holder."""
    return post.person.phones[0].number


def rows(result: Result) -> list[dict[str, Any]]:
    """What a command printed as JSON, and nothing beside it."""
    assert (result.exit_code, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert isinstance(found, list)
    return found


def the_case(session: Session) -> Case:
    """The only case, read afresh."""
    session.expire_all()
    return session.scalars(select(Case)).one()


def done_code(session: Session, person: Person) -> str:
    """The reply code in a person's newest text."""
    text = session.scalars(select(Outbound.body).where(Outbound.person_id == person.id).order_by(Outbound.id.desc()))
    return next(word for body in text for word in _threes(body))


def _threes(body: str) -> list[str]:
    runs = "".join(letter if letter.isdigit() else " " for letter in body).split()
    return [run for run in runs if len(run) == 3]

"""Persons, their phones and the posts they hold."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, Index, Text, and_, any_, cast, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from gateway.domain.terms import Language, Role
from gateway.store.ahead import foreseen
from gateway.store.base import Row
from gateway.store.units import Unit

UNREACHABLE_FOR = timedelta(hours=6)  # a phone out of coverage comes back; nobody is written off for good


class Person(Row):
    """Somebody who holds a post or is a household's contact."""

    __tablename__ = "persons"

    name: Mapped[str]
    language: Mapped[Language] = mapped_column(default=Language.ZH)

    phones: Mapped[list["Phone"]] = relationship(back_populates="person", order_by="Phone.rank", lazy="selectin")
    posts: Mapped[list["Post"]] = relationship(back_populates="person", order_by="Post.id")


class Phone(Row):
    """A number of a person, first number first; a number belongs to one person only."""

    __tablename__ = "phones"

    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    number: Mapped[str] = mapped_column(unique=True)  # E.164
    rank: Mapped[int] = mapped_column(default=1)
    opted_out_at: Mapped[datetime | None]
    latin: Mapped[bool] = mapped_column(default=False)  # draws Latin letters only: menus come in pinyin and Wylie
    unreachable_since: Mapped[datetime | None]  # an alert was not delivered; cleared by any receipt or text from it

    person: Mapped[Person] = relationship(back_populates="phones", lazy="joined", innerjoin=True)

    def reachable(self, now: datetime) -> bool:
        """Whether an alert has a chance on this phone; a failed delivery counts against it for some hours."""
        rested = self.unreachable_since is None or now - self.unreachable_since >= UNREACHABLE_FOR
        return self.opted_out_at is None and rested


class Post(Row):
    """A person holds a role at a unit from a day to a day; rank 1 is the holder, 2 and up are deputies in order."""

    __tablename__ = "posts"
    __table_args__ = (Index("ix_posts_unit_role", "unit_id", "role", "rank"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    role: Mapped[Role]
    rank: Mapped[int] = mapped_column(default=1)
    from_day: Mapped[date]
    to_day: Mapped[date | None]

    person: Mapped[Person] = relationship(back_populates="posts", lazy="joined", innerjoin=True)
    unit: Mapped[Unit] = relationship(lazy="joined", innerjoin=True)

    @property
    def deputy(self) -> bool:
        """Whether this post stands in for another."""
        return self.rank > 1

    def held_on(self, day: date) -> bool:
        """Whether the person holds it on a day; the last day is included."""
        return self.from_day <= day and (self.to_day is None or day <= self.to_day)


def phone_of(session: Session, number: str) -> Phone | None:
    """The phone of an E.164 number."""
    return foreseen(session, ("phone_of", number), lambda: session.scalar(select(Phone).where(Phone.number == number)))


def reached(session: Session, numbers: Sequence[str]) -> None:
    """Phones have shown that they can be reached."""
    unreachable = Phone.number == any_(cast(list(numbers), ARRAY(Text))), Phone.unreachable_since.is_not(None)
    session.execute(update(Phone).where(*unreachable).values(unreachable_since=None))


def posts_at(session: Session, unit: Unit, roles: Sequence[Role], day: date) -> list[Post]:
    """Posts held at a unit on a day, in the order of `roles`, then holder before deputies."""

    def ask() -> list[Post]:
        found = session.scalars(select(Post).where(Post.unit_id == unit.id, Post.role.in_(roles), held_on(day)))
        return in_order(found, roles)

    return foreseen(session, ("posts_at", unit.id, tuple(roles), day), ask)


def held_on(day: date) -> ColumnElement[bool]:
    """Posts that are held on a day; the last day is included."""
    return and_(Post.from_day <= day, or_(Post.to_day.is_(None), Post.to_day >= day))


def in_order(posts: Iterable[Post], roles: Sequence[Role]) -> list[Post]:
    """Posts in the order in which they are asked: that of `roles`, then holder before deputies."""
    return sorted(posts, key=lambda post: (roles.index(post.role), post.rank, post.id))


def holding(session: Session, roles: Sequence[Role], day: date) -> Sequence[Post]:
    """Every post of some roles that is held on a day, by person."""
    return session.scalars(
        select(Post)
        .where(Post.role.in_(roles), held_on(day))
        .order_by(Post.person_id, Post.id)
        .options(joinedload(Post.unit), joinedload(Post.person).selectinload(Person.phones))
    ).all()


def current_posts(person: Person, day: date) -> list[Post]:
    """Posts that a person holds on a day."""
    return [post for post in person.posts if post.held_on(day)]


def best_phone(person: Person, now: datetime) -> Phone | None:
    """The first phone that can be reached, else the first one that has not opted out, else the first."""
    usable = [phone for phone in person.phones if phone.opted_out_at is None]
    reachable = [phone for phone in usable if phone.reachable(now)]
    return next(iter(reachable or usable or person.phones), None)


def reachable(person: Person, now: datetime) -> bool:
    """Whether any phone of a person has a chance."""
    return any(phone.reachable(now) for phone in person.phones)

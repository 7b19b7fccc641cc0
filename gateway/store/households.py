"""Households and which liaison looks after them."""

from collections.abc import Sequence

from sqlalchemy import ForeignKey, Index, func, select
from sqlalchemy import Sequence as DbSequence
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from gateway.domain import numbers
from gateway.store.ahead import foreseen
from gateway.store.base import Base, Row
from gateway.store.people import Person, Post
from gateway.store.units import Unit

_household_serial = DbSequence("household_serial", metadata=Base.metadata)


class Household(Row):
    """A family; `ordinal` is how its liaison counts it, 1 upwards."""

    __tablename__ = "households"
    __table_args__ = (Index("uq_households_liaison_ordinal", "liaison_id", "ordinal", unique=True),)

    number: Mapped[str] = mapped_column(unique=True)  # 2…, with check digit
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    liaison_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    ordinal: Mapped[int]
    head_name: Mapped[str]
    members: Mapped[int] = mapped_column(default=1)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"), index=True)  # a resident who may write

    unit: Mapped[Unit] = relationship(lazy="joined", innerjoin=True)
    liaison: Mapped[Post] = relationship(lazy="joined", innerjoin=True)
    contact: Mapped[Person | None] = relationship()


def next_number(session: Session) -> str:
    """The next household number, with its check digit."""
    return next_numbers(session, 1)[0]


def next_numbers(session: Session, count: int) -> list[str]:
    """The next `count` household numbers in one statement."""
    serials = session.scalars(select(_household_serial.next_value()).select_from(func.generate_series(1, count)))
    return [numbers.make(numbers.Kind.HOUSEHOLD, serial) for serial in serials]


def of_liaison(session: Session, post: Post) -> Sequence[Household]:
    """A liaison's households by ordinal."""
    return session.scalars(select(Household).where(Household.liaison_id == post.id).order_by(Household.ordinal)).all()


def called_by(session: Session, posts: Sequence[Post]) -> Sequence[Household]:
    """The households that the holder of these posts counts; of two with one ordinal the one that a text means first."""
    return session.scalars(
        select(Household)
        .where(Household.liaison_id.in_([post.id for post in posts]))
        .order_by(Household.liaison_id, Household.ordinal)
    ).all()


def by_ordinal(session: Session, posts: Sequence[Post], ordinal: int) -> Household | None:
    """The household that one of these posts counts as `ordinal`."""
    counting = tuple(sorted(post.id for post in posts))

    def ask() -> Household | None:
        return session.scalar(
            select(Household)
            .where(Household.liaison_id.in_(counting), Household.ordinal == ordinal)
            .order_by(Household.liaison_id)
            .limit(1)
        )

    return foreseen(session, ("by_ordinal", counting, ordinal), ask)


def by_number(session: Session, number: str) -> Household | None:
    """The household of a full number."""

    def ask() -> Household | None:
        return session.scalar(select(Household).where(Household.number == number))

    return foreseen(session, ("household", number), ask)


def of_contact(session: Session, person: Person) -> Household | None:
    """The household that a resident belongs to."""

    def ask() -> Household | None:
        return session.scalar(
            select(Household).where(Household.contact_id == person.id).order_by(Household.id).limit(1)
        )

    return foreseen(session, ("of_contact", person.id), ask)

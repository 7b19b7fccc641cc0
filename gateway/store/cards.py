"""Code cards that were printed: which version a person holds."""

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from gateway.store.base import Base


class CodeCard(Base):
    """The card printed last for a person."""

    __tablename__ = "code_cards"

    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), primary_key=True, autoincrement=False)
    version: Mapped[str]
    printed_at: Mapped[datetime]


def printed_version(session: Session, person_id: int) -> str | None:
    """The version of the card printed last for a person; None without one."""
    return session.scalar(select(CodeCard.version).where(CodeCard.person_id == person_id))


def printed(session: Session, person_id: int, version: str, now: datetime) -> None:
    """Note that a card was printed; the one before counts no longer."""
    facts = {"version": version, "printed_at": now}
    statement = insert(CodeCard).values(person_id=person_id, **facts)
    session.execute(statement.on_conflict_do_update(index_elements=["person_id"], set_=facts))

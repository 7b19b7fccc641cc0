"""PINs of officials: what proves over USSD that the phone is in the right hands."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from gateway.store.base import Base
from gateway.store.people import Person


class Pin(Base):
    """An argon2id hash; three wrong ones in a row lock it until the county centre unlocks it."""

    __tablename__ = "pins"

    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), primary_key=True, autoincrement=False)
    hash: Mapped[str]
    wrong: Mapped[int] = mapped_column(default=0)
    set_at: Mapped[datetime]
    locked_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]  # the county centre has heard of the lock

    person: Mapped[Person] = relationship()


def unlock(session: Session, person: Person) -> bool:
    """Let a person use the PIN again; whether it was locked."""
    pin = session.get(Pin, person.id, with_for_update=True)
    if pin is None or pin.locked_at is None:
        return False
    pin.locked_at, pin.told_at, pin.wrong = None, None, 0
    return True


def forget(session: Session, person: Person) -> bool:
    """Forget a person's PIN, so that the next use chooses one; whether there was one."""
    pin = session.get(Pin, person.id, with_for_update=True)
    if pin is None:
        return False
    session.delete(pin)
    return True


def locked_unknown(session: Session) -> Sequence[Pin]:
    """Locked PINs of which the county centre has not heard, locked for change."""
    return session.scalars(
        select(Pin).where(Pin.locked_at.is_not(None), Pin.told_at.is_(None)).with_for_update(skip_locked=True)
    ).all()

"""Reports that were begun over USSD and not ended: one a phone, kept until filed or begun anew."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from gateway.store.base import Row
from gateway.store.people import Person


class Draft(Row):
    """A report as far as it was told; `answers` is `gateway.ussd.caller.Draft` as JSON."""

    __tablename__ = "drafts"

    sender: Mapped[str] = mapped_column(unique=True)  # E.164
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    provider: Mapped[str]
    session_id: Mapped[str]  # the carrier's, of the phone's last call
    answers: Mapped[dict[str, Any]]
    touched_at: Mapped[datetime] = mapped_column(index=True)  # when an answer came, or the phone dialled
    hung_up_at: Mapped[datetime | None]  # the carrier said that this call has ended
    told_at: Mapped[datetime | None]  # the one SMS about it, as it is now, has been written

    person: Mapped[Person] = relationship()


def left_alone(session: Session, *, idle_since: datetime, hung_up_before: datetime, old: datetime) -> Sequence[int]:
    """Ids of reports that nobody goes on with and that nobody was told of, and of those untouched since `old`."""
    alone = or_(Draft.touched_at <= idle_since, Draft.hung_up_at <= hung_up_before)
    wanted = or_(alone & Draft.told_at.is_(None), Draft.touched_at <= old)
    return session.scalars(select(Draft.id).where(wanted).order_by(Draft.id)).all()


def lock(session: Session, draft_id: int) -> Draft | None:
    """A kept report, locked for change; None when it is gone, or being changed by a call at this moment."""
    return session.scalar(select(Draft).where(Draft.id == draft_id).with_for_update(skip_locked=True, of=Draft))


def waiting(session: Session) -> int:
    """How many begun reports are kept."""
    return session.scalar(select(func.count()).select_from(Draft)) or 0

"""Cases: one problem from report to close, its rungs, its history, its deadlines."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, or_, select
from sqlalchemy import Sequence as DbSequence
from sqlalchemy.orm import Mapped, Session, joinedload, lazyload, mapped_column, relationship, selectinload

from gateway.domain import numbers
from gateway.domain.ladder import DeadlineKind, Facts, above
from gateway.domain.lifecycle import ENDED, State, Trigger
from gateway.domain.terms import Level
from gateway.store.ahead import foreseen
from gateway.store.base import Base, Row
from gateway.store.households import Household
from gateway.store.inbound import Inbound
from gateway.store.people import Person, Post
from gateway.store.units import Unit

_case_serial = DbSequence("case_serial", metadata=Base.metadata)
_ids = DbSequence("cases_id_seq")  # of the table's own key


class Case(Row):
    """One problem; only `flow/advance.py` writes its state."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("state = 'new' OR owner_id IS NOT NULL", name="ck_cases_owned"),
        Index("ix_cases_closed_at", "closed_at", postgresql_where="closed_at IS NOT NULL"),
        Index("ix_cases_household_category", "household_id", "category", "opened_at"),
        Index("ix_cases_owner_live", "owner_id", postgresql_where="state IN ('open', 'accepted', 'resolved')"),
        Index("ix_cases_reporter", "reporter_id", "opened_at"),
        Index("ix_cases_unit_opened", "unit_id", "opened_at"),
    )

    number: Mapped[str] = mapped_column(unique=True)
    state: Mapped[State] = mapped_column(default=State.NEW)
    level: Mapped[Level] = mapped_column(default=Level.VILLAGE)
    category: Mapped[str]
    code: Mapped[str] = mapped_column(default="")
    values: Mapped[list[Any]] = mapped_column(default=list)
    urgent: Mapped[bool]
    confidence: Mapped[float]
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    to_sort: Mapped[bool] = mapped_column(default=False)
    unfinished: Mapped[bool] = mapped_column(default=False)  # the reporter's call broke off; filed by the clock
    text: Mapped[str]
    household_id: Mapped[int | None] = mapped_column(ForeignKey("households.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    reporter_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"))
    opened_at: Mapped[datetime] = mapped_column(index=True)
    due_at: Mapped[datetime]
    alerted_at: Mapped[datetime]
    stage_from: Mapped[datetime]
    stage_misses: Mapped[int] = mapped_column(default=0)
    stage_extra_days: Mapped[int] = mapped_column(default=0)
    extended_days: Mapped[int] = mapped_column(default=0)
    climbs: Mapped[int] = mapped_column(default=0)
    reminders: Mapped[int] = mapped_column(default=0)
    bounces: Mapped[int] = mapped_column(default=0)
    overdue_told_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    confirmed: Mapped[bool | None]  # closed: the reporter said yes (True) or stayed silent (False)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))

    household: Mapped[Household | None] = relationship()
    unit: Mapped[Unit] = relationship()
    reporter: Mapped[Person] = relationship()
    owner: Mapped[Post | None] = relationship()
    rungs: Mapped[list["Rung"]] = relationship(back_populates="case", order_by="Rung.id")
    absorbed: Mapped[list["Case"]] = relationship(foreign_keys=merged_into_id, viewonly=True)  # merged into this one
    events: Mapped[list["CaseEvent"]] = relationship(back_populates="case", order_by="CaseEvent.id")

    @property
    def owning_post(self) -> Post:
        """The post that answers for the case now; every case past `new` has one."""
        if self.owner is None:
            raise LookupError(f"case {self.number} has no owner yet")
        return self.owner

    def facts(self) -> Facts:
        """What the case's deadlines and light follow from."""
        return Facts(
            state=self.state,
            urgent=self.urgent,
            level=self.level,
            opened_at=self.opened_at,
            due_at=self.due_at,
            alerted_at=self.alerted_at,
            stage_from=self.stage_from,
            reminders=self.reminders,
            stage_misses=self.stage_misses,
            stage_extra_days=self.stage_extra_days,
            climbs=self.climbs,
            at_top=above(self.level) is None,
            overdue_told_at=self.overdue_told_at,
            resolved_at=self.resolved_at,
        )


TOLD = "told"
"""Why of a rung that was informed and not asked."""


class Rung(Row):
    """A post that was made answerable for a case, and why; earlier rungs stay accountable."""

    __tablename__ = "rungs"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    level: Mapped[Level]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), index=True)
    why: Mapped[str]
    at: Mapped[datetime]

    case: Mapped[Case] = relationship(back_populates="rungs")
    post: Mapped[Post] = relationship()


class CaseEvent(Row):
    """One entry of a case's history; never changed."""

    __tablename__ = "case_events"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[datetime]
    event: Mapped[Trigger]
    source: Mapped[State]
    target: Mapped[State]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))  # nobody: the clock
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"))
    text: Mapped[str] = mapped_column(default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)

    case: Mapped[Case] = relationship(back_populates="events")
    actor: Mapped[Person | None] = relationship()


class Deadline(Row):
    """A moment at which something must have happened to a case."""

    __tablename__ = "deadlines"
    __table_args__ = (
        Index("uq_deadlines_case_kind", "case_id", "kind", unique=True, postgresql_where="done_at IS NULL"),
        Index("ix_deadlines_due", "due_at", postgresql_where="done_at IS NULL"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[DeadlineKind]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    missed: Mapped[bool] = mapped_column(default=False)


def next_keys(session: Session, count: int = 1) -> list[tuple[int, str]]:
    """Ids and numbers (with check digit) for the next `count` cases, in one statement."""
    rows = session.execute(
        select(_ids.next_value(), _case_serial.next_value()).select_from(func.generate_series(1, count))
    )
    return [(each, numbers.make(numbers.Kind.CASE, serial)) for each, serial in rows]


def by_number(session: Session, number: str) -> Case | None:
    """The case of a number, not locked; also by the number that a screen named for a report which joined the case."""

    def ask() -> Case | None:
        joined = select(Inbound.case_id).where(Inbound.reserved == number, Inbound.case_id.is_not(None))
        return session.scalar(select(Case).where(or_(Case.number == number, Case.id == joined.scalar_subquery())))

    return foreseen(session, ("case", number), ask)


def lock(session: Session, case_id: int) -> Case:
    """The case, locked for change and read afresh."""

    def ask() -> Case:
        query = select(Case).where(Case.id == case_id).with_for_update(of=Case)
        return session.scalars(query.execution_options(populate_existing=True)).one()

    return foreseen(session, ("lock", case_id), ask)


def lock_all(session: Session, case_ids: Sequence[int]) -> Sequence[Case]:
    """Cases with whom they concern, locked for change and read afresh; those that somebody else has locked are left."""
    post = selectinload(Case.rungs).options(joinedload(Rung.post).options(lazyload(Post.unit)))
    return session.scalars(
        select(Case)
        .where(Case.id.in_(case_ids))
        .order_by(Case.id)
        .with_for_update(of=Case, skip_locked=True)
        .options(
            post,
            joinedload(Case.reporter).selectinload(Person.phones),
            joinedload(Case.household).options(lazyload(Household.unit), lazyload(Household.liaison)),
        )
    ).all()


def survivor(session: Session, case: Case) -> Case:
    """The case that a merged case lives on in; a case that was not merged is its own."""
    while case.merged_into_id is not None:
        case = session.get_one(Case, case.merged_into_id)
    return case


def to_follow_up(session: Session, household: Household, category: str, since: datetime) -> Case | None:
    """The live case of the same household and category that was opened after `since`."""

    def ask() -> Case | None:
        return session.scalar(
            select(Case)
            .where(
                Case.household_id == household.id,
                Case.category == category,
                Case.opened_at >= since,
                Case.state.in_((State.OPEN, State.ACCEPTED)),
            )
            .order_by(Case.id.desc())
            .limit(1)
        )

    return foreseen(session, ("to_follow_up", household.id), ask)


def known_to(session: Session, person: Person, numbers_given: Sequence[str], posts: Sequence[Post]) -> list[Case]:
    """Of some numbers, the cases that a person reported, owns or answers for."""
    post_ids = [post.id for post in posts]
    return list(
        session.scalars(
            select(Case)
            .where(
                Case.number.in_(numbers_given),
                (Case.reporter_id == person.id)
                | Case.owner_id.in_(post_ids)
                | Case.rungs.any(Rung.post_id.in_(post_ids)),
            )
            .order_by(Case.number)
        )
    )


def live_of_reporter(session: Session, person: Person) -> Sequence[Case]:
    """Cases of a reporter that are not over, oldest first."""
    return session.scalars(
        select(Case).where(Case.reporter_id == person.id, Case.state.not_in(ENDED)).order_by(Case.id)
    ).all()


def live_of_household(session: Session, household: Household) -> Sequence[Case]:
    """Cases of a household that are not over, oldest first."""
    return session.scalars(
        select(Case).where(Case.household_id == household.id, Case.state.not_in(ENDED)).order_by(Case.id)
    ).all()


def pending_deadlines(session: Session, case: Case) -> dict[DeadlineKind, Deadline]:
    """The deadlines that still stand, by kind."""
    return foreseen(session, ("deadlines", case.id), lambda: standing_deadlines(session, [case])[case.id])


def standing_deadlines(session: Session, of: Sequence[Case]) -> dict[int, dict[DeadlineKind, Deadline]]:
    """The deadlines of some cases that still stand, by case and kind."""
    found: dict[int, dict[DeadlineKind, Deadline]] = {case.id: {} for case in of}
    for each in session.scalars(select(Deadline).where(Deadline.case_id.in_(found), Deadline.done_at.is_(None))):
        found[each.case_id][each.kind] = each
    return found


def due(session: Session, now: datetime, limit: int, *, without: Collection[int] = ()) -> list[int]:
    """Ids of cases with a deadline that has passed, those who wait longest first; each once."""
    passed = session.scalars(
        select(Deadline.case_id)
        .where(Deadline.done_at.is_(None), Deadline.due_at <= now, Deadline.case_id.not_in(without))
        .order_by(Deadline.due_at, Deadline.id)
        .limit(limit)
    )
    return list(dict.fromkeys(passed))


def without_deadline(session: Session) -> int:
    """How many live cases have no deadline; anything but 0 is a fault."""
    waiting = select(Deadline.id).where(Deadline.case_id == Case.id, Deadline.done_at.is_(None)).exists()
    return session.scalar(select(func.count()).where(Case.state.not_in(ENDED), Case.state != State.NEW, ~waiting)) or 0

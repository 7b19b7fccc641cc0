"""The figures of digests, console and bulletin: one query each (design, section 8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, FromClause, Select, func, not_, or_, select
from sqlalchemy.orm import Session

from gateway.domain.lifecycle import State
from gateway.domain.terms import Role, UnitKind
from gateway.store.cases import Case, Rung
from gateway.store.people import Post
from gateway.store.units import Unit

LIVE = (State.OPEN, State.ACCEPTED, State.RESOLVED)
WAITING = (State.OPEN, State.ACCEPTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Daily:
    """One official's morning: counts since `since`, what stands now, and the most pressing case numbers."""

    new: int
    waiting: int
    late: int
    closed: int
    pressing: tuple[tuple[str, bool], ...]  # number and whether it is past its time; urgent first, then oldest

    @property
    def empty(self) -> bool:
        """Whether there is nothing to say."""
        return not (self.new or self.waiting or self.late or self.closed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A unit's week or month; rates are None when nothing fell due or was closed."""

    received: int
    received_before: int
    due: int
    closed: int
    closed_on_time: int
    confirmed: int
    hot: tuple[tuple[str, int], ...]  # category and count, most frequent first

    @property
    def empty(self) -> bool:
        """Whether there is nothing to say."""
        return not (self.received or self.due or self.closed)

    @property
    def closing_rate(self) -> float | None:
        """Closed among received and due."""
        return self.closed / self.due if self.due else None

    @property
    def on_time_rate(self) -> float | None:
        """Done within their time, among the closed."""
        return self.closed_on_time / self.closed if self.closed else None

    @property
    def confirmed_rate(self) -> float | None:
        """Closed by the reporter's own yes, among the closed."""
        return self.confirmed / self.closed if self.closed else None


def concerning(posts: Sequence[Post]) -> ColumnElement[bool]:
    """Cases that concern the holder of some posts."""
    held = held_posts().where(Post.id.in_([post.id for post in posts]))
    return concerning_holder(held.subquery("held"))


def held_posts() -> Select[int, Role, int, UnitKind, str]:
    """Posts with what `concerning_holder` wants to know of them; narrow it with `where`."""
    return select(Post.id, Post.role, Unit.id.label("unit_id"), Unit.kind, Unit.path).join(
        Unit, Unit.id == Post.unit_id
    )


def concerning_holder(held: FromClause) -> ColumnElement[bool]:
    """Cases that concern whoever holds these `held_posts`: each unit's subtree, and what was laid on a post itself.

    A department has no subtree: it sees what was laid on it.
    """
    of_department = or_(held.c.role == Role.DEPARTMENT_OFFICER, held.c.kind == UnitKind.DEPARTMENT)
    laid = select(Rung.case_id).where(Rung.post_id.in_(select(held.c.id)))
    within = select(Unit.id).join(held, Unit.path.op("<@")(held.c.path)).where(not_(of_department))
    return or_(Case.id.in_(laid), Case.unit_id.in_(within))


def counts(
    scope: ColumnElement[bool], since: datetime | ColumnElement[datetime], now: datetime | ColumnElement[datetime]
) -> Select[int, int, int, int]:
    """The query of the daily counts: new, waiting, late, closed."""
    waiting = Case.state.in_(WAITING)
    return select(
        func.count().filter(Case.opened_at > since, Case.opened_at <= now).label("new"),
        func.count().filter(waiting).label("waiting"),
        func.count().filter(waiting, Case.due_at < now).label("late"),
        func.count().filter(Case.state == State.CLOSED, Case.closed_at > since).label("closed"),
    ).where(scope, or_(waiting, Case.opened_at > since, Case.closed_at > since))


def daily(session: Session, scope: ColumnElement[bool], *, since: datetime, now: datetime, most: int = 12) -> Daily:
    """The counts of one official's digest."""
    found = session.execute(counts(scope, since, now)).one()
    pressing = session.execute(
        select(Case.number, Case.due_at < now)
        .where(scope, Case.state.in_(WAITING))
        .order_by(Case.urgent.desc(), Case.opened_at, Case.id)
        .limit(most)
    ).all()
    return Daily(
        new=found[0],
        waiting=found[1],
        late=found[2],
        closed=found[3],
        pressing=tuple((number, late) for number, late in pressing),
    )


def period(session: Session, scope: ColumnElement[bool], *, start: datetime, end: datetime, before: datetime) -> Period:
    """The counts of a week or month, and of the one before it that began at `before`."""
    closed = (Case.state == State.CLOSED) & (Case.closed_at >= start) & (Case.closed_at < end)
    counts = session.execute(
        select(
            func.count().filter(Case.opened_at >= start, Case.opened_at < end),
            func.count().filter(Case.opened_at >= before, Case.opened_at < start),
            func.count().filter(or_(closed, (Case.due_at < end) & Case.state.in_(LIVE))),
            func.count().filter(closed),
            func.count().filter(closed, Case.resolved_at <= Case.due_at),  # as the light: silence is not lateness
            func.count().filter(closed, Case.confirmed.is_(True)),
        ).where(scope)
    ).one()
    hot = session.execute(
        select(Case.category, func.count())
        .where(scope, Case.opened_at >= start, Case.opened_at < end)
        .group_by(Case.category)
        .order_by(func.count().desc(), Case.category)
        .limit(3)
    ).all()
    return Period(
        received=counts[0],
        received_before=counts[1],
        due=counts[2],
        closed=counts[3],
        closed_on_time=counts[4],
        confirmed=counts[5],
        hot=tuple((category, number) for category, number in hot),
    )

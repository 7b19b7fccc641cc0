"""The figures of digests, console and bulletin: one query each (design, section 8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from gateway.domain.lifecycle import State
from gateway.domain.terms import Role, UnitKind
from gateway.store.cases import Case, Rung
from gateway.store.people import Post
from gateway.store.units import Unit

LIVE = (State.OPEN, State.ACCEPTED, State.RESOLVED)
_WAITING = (State.OPEN, State.ACCEPTED)


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
    """Cases that concern the holder of some posts: the unit's subtree, and whatever was laid on the post itself."""
    conditions: list[ColumnElement[bool]] = []
    for post in posts:
        laid = Case.rungs.any(Rung.post_id == post.id)
        if post.role is Role.DEPARTMENT_OFFICER or post.unit.kind is UnitKind.DEPARTMENT:
            conditions.append(laid)
        else:
            within = select(Unit.id).where(Unit.path.op("<@")(post.unit.path))
            conditions.append(or_(laid, Case.unit_id.in_(within)))
    return or_(*conditions)


def daily(session: Session, scope: ColumnElement[bool], *, since: datetime, now: datetime, most: int = 12) -> Daily:
    """The counts of one official's digest."""
    waiting = Case.state.in_(_WAITING)
    counts = session.execute(
        select(
            func.count().filter(Case.opened_at > since, Case.opened_at <= now),
            func.count().filter(waiting),
            func.count().filter(waiting, Case.due_at < now),
            func.count().filter(Case.state == State.CLOSED, Case.closed_at > since),
        ).where(scope, or_(waiting, Case.opened_at > since, Case.closed_at > since))
    ).one()
    pressing = session.execute(
        select(Case.number, Case.due_at < now)
        .where(scope, waiting)
        .order_by(Case.urgent.desc(), Case.opened_at, Case.id)
        .limit(most)
    ).all()
    return Daily(
        new=counts[0],
        waiting=counts[1],
        late=counts[2],
        closed=counts[3],
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

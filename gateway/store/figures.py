"""The figures of digests, console and bulletin: one query each (design, section 8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, CompoundSelect, FromClause, Select, func, not_, or_, select, union
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
    laid = select(Rung.case_id).where(Rung.post_id.in_(select(held.c.id)))
    within = select(Unit.id).join(held, Unit.path.op("<@")(held.c.path)).where(not_(_of_department(held)))
    return or_(Case.id.in_(laid), Case.unit_id.in_(within))


def _of_department(held: FromClause) -> ColumnElement[bool]:
    return or_(held.c.role == Role.DEPARTMENT_OFFICER, held.c.kind == UnitKind.DEPARTMENT)


def counts(
    scope: ColumnElement[bool], since: datetime | ColumnElement[datetime], now: datetime | ColumnElement[datetime]
) -> Select[int, int, int, int]:
    """The query of the daily counts over a scope: new, waiting, late, closed."""
    waiting = Case.state.in_(WAITING)
    return _counted(since, now).where(scope, or_(waiting, Case.opened_at > since, Case.closed_at > since))


def _counted(
    since: datetime | ColumnElement[datetime], now: datetime | ColumnElement[datetime]
) -> Select[int, int, int, int]:
    waiting = Case.state.in_(WAITING)
    return select(
        func.count().filter(Case.opened_at > since, Case.opened_at <= now).label("new"),
        func.count().filter(waiting).label("waiting"),
        func.count().filter(waiting, Case.due_at < now).label("late"),
        func.count().filter(Case.state == State.CLOSED, Case.closed_at > since).label("closed"),
    )


def daily(
    session: Session, posts: Sequence[Post], *, since: datetime, now: datetime, most: int = 12
) -> dict[int, Daily]:
    """The digests of everybody who holds one of some posts, by person, in two statements however many they are."""
    concerned = _concerned(posts, since).subquery("concerned")
    mine = concerned.c.case_id == Case.id
    found = session.execute(
        _counted(since, now)
        .add_columns(concerned.c.person_id)
        .join_from(concerned, Case, mine)
        .group_by(concerned.c.person_id)
    )
    pressing = _pressing(session, select(concerned.c.person_id, concerned.c.case_id), now, most)
    digests = {
        person_id: Daily(new=0, waiting=0, late=0, closed=0, pressing=()) for person_id in {p.person_id for p in posts}
    }
    for new, waiting, late, closed, person_id in found:
        cases = tuple(pressing.get(person_id, ()))
        digests[person_id] = Daily(new=new, waiting=waiting, late=late, closed=closed, pressing=cases)
    return digests


def _concerned(posts: Sequence[Post], since: datetime) -> CompoundSelect[int, int]:
    """Whom each case concerns that a digest speaks of, as `concerning_holder` has it for one: person and case."""
    held = held_posts().add_columns(Post.person_id).where(Post.id.in_([post.id for post in posts])).cte("held")
    spoken_of = or_(Case.state.in_(WAITING), Case.opened_at > since, Case.closed_at > since)
    within = (
        select(held.c.person_id, Case.id.label("case_id"))
        .join_from(held, Unit, Unit.path.op("<@")(held.c.path))
        .join(Case, Case.unit_id == Unit.id)
        .where(not_(_of_department(held)), spoken_of)
    )
    laid = select(held.c.person_id, Rung.case_id).join_from(held, Rung, Rung.post_id == held.c.id)
    return union(within, laid.join(Case, Case.id == Rung.case_id).where(spoken_of))


def _pressing(
    session: Session, concerned: Select[int, int], now: datetime, most: int
) -> dict[int, list[tuple[str, bool]]]:
    """The most pressing waiting cases of each person: number, and whether it is past its time."""
    each = concerned.subquery()
    order = Case.urgent.desc(), Case.opened_at, Case.id
    place = func.row_number().over(partition_by=each.c.person_id, order_by=order).label("place")
    ranked = (
        select(each.c.person_id, Case.number, (Case.due_at < now).label("late"), place)
        .join_from(each, Case, each.c.case_id == Case.id)
        .where(Case.state.in_(WAITING))
        .subquery()
    )
    found: dict[int, list[tuple[str, bool]]] = {}
    first = select(ranked).where(ranked.c.place <= most).order_by(ranked.c.person_id, ranked.c.place)
    for person_id, number, late, _ in session.execute(first):
        found.setdefault(person_id, []).append((number, late))
    return found


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

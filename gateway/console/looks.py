"""What the pages ask the database for beyond the listings: one phone's texts, one case's papers, who is where."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from gateway import listings, views
from gateway.domain.terms import Role, UnitKind
from gateway.store import people, units
from gateway.store.cases import Case, Deadline
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound
from gateway.store.people import Person, Post
from gateway.store.units import Unit
from gateway.views import View

SHOWN = 50
"""Rows of each kind on a page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Neighbourhood:
    """Everybody along the way of a report from one village; empty lists where nobody is."""

    village: Unit
    villages: Sequence[Unit]
    groups: Mapping[Role, Sequence[View]]


def texts_of(session: Session, number: str, own_numbers: Mapping[str, str]) -> list[View]:
    """The newest texts from and to a phone (E.164), newest first."""
    return _texts(session, own_numbers, Inbound.sender == number, Outbound.recipient == number)


def texts_about(session: Session, case: Case, own_numbers: Mapping[str, str]) -> list[View]:
    """The newest texts about a case, newest first."""
    return _texts(session, own_numbers, Inbound.case_id == case.id, Outbound.case_id == case.id)


def deadlines_of(session: Session, case: Case) -> Sequence[Deadline]:
    """All deadlines that a case ever had, in the order in which they fall due."""
    return session.scalars(
        select(Deadline).where(Deadline.case_id == case.id).order_by(Deadline.due_at, Deadline.id)
    ).all()


def places(session: Session, cases: Iterable[View]) -> Mapping[str, Unit]:
    """The units that some cases speak of, by code."""
    codes = {case["unit"] for case in cases}
    return {unit.code: unit for unit in session.scalars(select(Unit).where(Unit.code.in_(codes)))}


def departments(session: Session, county: Unit) -> Sequence[Unit]:
    """The departments of a county."""
    return session.scalars(
        select(Unit).where(Unit.kind == UnitKind.DEPARTMENT, Unit.parent_id == county.id).order_by(Unit.path)
    ).all()


def person_of(session: Session, number: str) -> Person | None:
    """Whose phone this is, with posts and all phones."""
    phone = people.phone_of(session, number)
    return phone.person if phone else None


def village_code(person: Person | None) -> str:
    """The code of the village in which somebody holds a post; empty when there is none."""
    posts = person.posts if person else []
    return next((post.unit.code for post in posts if post.unit.kind is UnitKind.VILLAGE), "")


def reports(person: Person | None) -> bool:
    """Whether somebody writes about households: liaisons do, and residents, who hold no post."""
    return person is not None and (not person.posts or any(post.role is Role.LIAISON for post in person.posts))


def neighbourhood(session: Session, code: str, today: date) -> Neighbourhood | None:
    """The people of the village with a code, or of the one with most liaisons; None when there is no village."""
    village = units.by_code(session, code) if code else None
    if village is None or village.kind is not UnitKind.VILLAGE:
        village = busiest_village(session)
    if village is None:
        return None
    county = units.county_of(village)
    line = {unit.kind: unit for unit in units.at_and_above(village)}
    township = line.get(UnitKind.TOWNSHIP, county)
    below = select(Unit).where(Unit.kind == UnitKind.VILLAGE, Unit.path.op("<@")(county.path)).order_by(Unit.path)
    asked: Mapping[Role, Unit] = {
        Role.LIAISON: village,
        Role.GRID_LEADER: village,
        Role.TOWNSHIP_COMMANDER: township,
        Role.TOWNSHIP_DESK: township,
        Role.DEPARTMENT_OFFICER: county,
        Role.COUNTY_OPERATOR: county,
        Role.COUNTY_COMMANDER: county,
        Role.RESIDENT: village,
    }
    groups = {role: listings.people(session, role=role, unit=unit, today=today) for role, unit in asked.items()}
    return Neighbourhood(village=village, villages=session.scalars(below).all(), groups=groups)


def busiest_village(session: Session) -> Unit | None:
    """The village with most liaisons; None when there is no village."""
    return session.scalar(
        select(Unit)
        .outerjoin(Post, (Post.unit_id == Unit.id) & (Post.role == Role.LIAISON))
        .where(Unit.kind == UnitKind.VILLAGE)
        .group_by(Unit.id)
        .order_by(func.count(Post.id).desc(), Unit.path)
        .limit(1)
    )


def _texts(
    session: Session, own_numbers: Mapping[str, str], received: ColumnElement[bool], sent: ColumnElement[bool]
) -> list[View]:
    """The newest of both directions; a text stands before (here: below) the answer of the same moment."""
    came = session.execute(
        select(Inbound, Case.number)
        .outerjoin(Case, Case.id == Inbound.case_id)
        .where(received)
        .order_by(Inbound.id.desc())
        .limit(SHOWN)
    ).all()
    went = session.execute(
        select(Outbound, Case.number)
        .outerjoin(Case, Case.id == Outbound.case_id)
        .where(sent)
        .order_by(Outbound.id.desc())
        .limit(SHOWN)
    ).all()
    rows = [views.received(message, number) for message, number in came]
    rows += [views.to_send(message, number, own_numbers) for message, number in went]
    rows.sort(key=lambda row: (row["at"], row["direction"], row["id"]), reverse=True)
    return rows[:SHOWN]

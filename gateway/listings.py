"""What the listing commands ask the database for: messages both ways, cases, people."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from gateway import views
from gateway.domain.phone import normalise
from gateway.domain.terms import Role
from gateway.settings import Settings
from gateway.store.base import InboundState
from gateway.store.cases import Case, CaseEvent, Rung
from gateway.store.households import Household
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound
from gateway.store.people import Person, Post
from gateway.store.units import Unit
from gateway.views import View

_Query = TypeVar("_Query", bound=Select[Any])
_SPELLED_AS_CAME = (InboundState.NEW, InboundState.IGNORED, InboundState.FAILED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which messages: numbers in any spelling, the newest `limit`; `own_numbers` is what each carrier sends from."""

    region: str
    own_numbers: Mapping[str, str]
    sender: str = ""
    recipient: str = ""
    limit: int | None = None


def own_numbers(settings: Settings) -> Mapping[str, str]:
    """What each carrier sends from; what no carrier has yet, under "", will leave through the first one."""
    numbers = settings.own_numbers
    return {**numbers, "": numbers[settings.providers[0]]}


def messages(session: Session, wanted: Wanted) -> list[View]:
    """Messages of both directions, oldest first; a text stands before the answer of the same moment."""
    rows = [*_received(session, wanted), *_sent(session, wanted)]
    for key, number in (("from", wanted.sender), ("to", wanted.recipient)):
        if number:
            same = _same_as(number, wanted.region)
            rows = [row for row in rows if same(row[key])]
    rows.sort(key=lambda row: (row["at"], row["direction"], row["id"]))
    return rows if wanted.limit is None else rows[max(0, len(rows) - wanted.limit) :]


def cases(session: Session, *, number: str = "", limit: int | None = None, now: datetime, today: date) -> list[View]:
    """Cases by the moment they were opened, oldest first; with a number that one alone."""
    query = (
        select(Case)
        .order_by(Case.opened_at.desc(), Case.id.desc())
        .limit(limit)
        .options(
            joinedload(Case.unit),
            joinedload(Case.household).joinedload(Household.unit),
            selectinload(Case.reporter).options(
                selectinload(Person.phones), selectinload(Person.posts).joinedload(Post.unit)
            ),
            joinedload(Case.owner).options(joinedload(Post.unit), joinedload(Post.person).selectinload(Person.phones)),
            selectinload(Case.events).joinedload(CaseEvent.actor),
            selectinload(Case.rungs)
            .joinedload(Rung.post)
            .options(joinedload(Post.unit), joinedload(Post.person).selectinload(Person.phones)),
        )
    )
    if number:
        query = query.where(Case.number == "".join(number.split()))
    found = session.scalars(query).all()
    return [views.case(each, now=now, today=today) for each in reversed(found)]


def people(session: Session, *, role: Role | None = None, unit: Unit | None = None, today: date) -> list[View]:
    """Everybody who holds a post today and every household's contact, by place; `unit` means all below it too."""
    rows = []
    if role is not Role.RESIDENT:
        rows += _posts(session, role, unit, today)
    if role in {None, Role.RESIDENT}:
        rows += _contacts(session, unit)
    return rows


def _posts(session: Session, role: Role | None, unit: Unit | None, today: date) -> list[View]:
    query = (
        select(Post)
        .join(Post.unit)
        .where(Post.from_day <= today, or_(Post.to_day.is_(None), Post.to_day >= today))
        .order_by(Unit.path, Post.role, Post.rank, Post.id)
        .options(joinedload(Post.unit), joinedload(Post.person).selectinload(Person.phones))
    )
    held = session.scalars(_within(query if role is None else query.where(Post.role == role), unit)).all()
    homes: dict[int, list[Household]] = defaultdict(list)
    below = _within(select(Post.id).join(Post.unit), unit)
    for household in session.scalars(
        select(Household).where(Household.liaison_id.in_(below)).order_by(Household.ordinal)
    ):
        homes[household.liaison_id].append(household)
    return [views.post(each, homes.get(each.id, [])) for each in held]


def _contacts(session: Session, unit: Unit | None) -> list[View]:
    query = (
        select(Household)
        .join(Household.unit)
        .where(Household.contact_id.is_not(None))
        .order_by(Unit.path, Household.id)
        .options(joinedload(Household.unit), joinedload(Household.contact).selectinload(Person.phones))
    )
    found = session.scalars(_within(query, unit)).all()
    return [views.contact(household, household.contact) for household in found if household.contact]


def _within(query: _Query, unit: Unit | None) -> _Query:
    return query if unit is None else query.where(Unit.path.op("<@")(unit.path))


def _received(session: Session, wanted: Wanted) -> list[View]:
    query = (
        select(Inbound, Case.number)
        .outerjoin(Case, Case.id == Inbound.case_id)
        .order_by(Inbound.received_at.desc(), Inbound.id.desc())
    )
    if wanted.sender:
        number = normalise(wanted.sender, wanted.region).number
        query = query.where(or_(Inbound.sender == number, Inbound.state.in_(_SPELLED_AS_CAME)))
    found = session.execute(query.limit(_most(wanted))).all()
    return [views.received(message, number) for message, number in found]


def _sent(session: Session, wanted: Wanted) -> list[View]:
    query = (
        select(Outbound, Case.number)
        .outerjoin(Case, Case.id == Outbound.case_id)
        .order_by(Outbound.created_at.desc(), Outbound.id.desc())
    )
    if wanted.recipient:
        query = query.where(Outbound.recipient == normalise(wanted.recipient, wanted.region).number)
    found = session.execute(query.limit(_most(wanted))).all()
    return [views.to_send(message, number, wanted.own_numbers) for message, number in found]


def _most(wanted: Wanted) -> int | None:
    """Only where nothing is sifted afterwards may the database leave rows out."""
    return None if wanted.sender or wanted.recipient else wanted.limit


def _same_as(number: str, region: str) -> Callable[[str], bool]:
    meant = normalise(number, region).number
    return lambda other: normalise(other, region).number == meant

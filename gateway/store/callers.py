"""Everything that a call needs to know of a phone, in one statement (design, section 3, rule 3).

The same statement takes the phone's kept report in hand: somebody who dials is not to be texted about it in mid-call.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    ScalarSelect,
    Select,
    Text,
    TextClause,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    union,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql

from gateway.domain.lifecycle import ENDED, State, Trigger
from gateway.domain.terms import REPORTING_ROLES, Role
from gateway.store.cases import TOLD, Case, CaseEvent, Rung
from gateway.store.deeds import Origin
from gateway.store.dialogue import Question, QuestionKind
from gateway.store.drafts import Draft
from gateway.store.figures import WAITING, concerning_holder, counts, held_posts
from gateway.store.households import Household
from gateway.store.inbound import Inbound
from gateway.store.people import Person, Phone, Post
from gateway.store.pins import Pin
from gateway.store.units import Unit

MOST_HOMES = 12
MOST_CASES = 40
"""In one list; what presses most comes first."""
FIGURES_SINCE = timedelta(days=1)
"""As the morning's digest counts; what was heard of somebody before that decides nothing either."""

_number: ColumnElement[str] = literal_column("CAST(:number AS text)", Text())
_provider: ColumnElement[str] = literal_column("CAST(:provider AS text)", Text())
_session_id: ColumnElement[str] = literal_column("CAST(:session_id AS text)", Text())
_today: ColumnElement[date] = literal_column("CAST(:today AS date)", Date())
_now: ColumnElement[datetime] = literal_column("CAST(:now AS timestamptz)", DateTime(timezone=True))
_since: ColumnElement[datetime] = literal_column("CAST(:since AS timestamptz)", DateTime(timezone=True))


class Listed(StrEnum):
    """The lists of cases that a caller has; a case may stand in several."""

    REPORTED = "reported"  # by the caller, of the caller's households, or now part of one of these; not over
    UNCONFIRMED = "unconfirmed"  # of those, what is said to be done
    WAITING = "waiting"  # nobody has accepted; the caller owns it, was asked, or was only told and may help first
    MINE = "mine"  # accepted and owned
    LATE = "late"  # concerns an official and is past its time


def facts(connection: Connection, dialled: Origin, *, today: date) -> Mapping[str, Any]:
    """What there is of a phone that dials, as JSON values: keys as `_query` names them, times as ISO 8601 in UTC."""
    values = {
        "number": dialled.sender,
        "provider": dialled.provider,
        "session_id": dialled.session_id,
        "today": today,
        "now": dialled.at,
        "since": dialled.at - FIGURES_SINCE,
    }
    found: Mapping[str, Any] = connection.execute(_statement(), values).scalar_one()
    return found


@cache
def _statement() -> TextClause:
    """The statement as a text, made once; states stand in it as words, so that one plan with partial indexes holds."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call] # SQLAlchemy's own, untyped
    return text(str(_query().compile(dialect=dialect, compile_kwargs={"literal_binds": True})))


def _query() -> Select[Any]:
    """The statement; `person` is null for a phone that nobody has."""
    person = (
        select(Person.id, Person.language, Phone.latin, Phone.opted_out_at.is_(None).label("texts"))
        .join(Phone, Phone.person_id == Person.id)
        .where(Phone.number == _number)
        .cte("person")
    )
    held = (
        held_posts()
        .join(person, Post.person_id == person.c.id)
        .where(Post.from_day <= _today, or_(Post.to_day.is_(None), Post.to_day >= _today))
        .cte("held")
    )
    office = select(held).where(held.c.role.not_in(REPORTING_ROLES)).cte("office")
    official = exists(select(office.c.id))
    figures = counts(concerning_holder(office), _since, _now)
    registered = or_(
        exists(select(Post.id).join(person, Post.person_id == person.c.id)),
        exists(select(Household.id).join(person, Household.contact_id == person.c.id)),
    )
    draft = (
        update(Draft)
        .where(Draft.sender == _number)
        .values(provider=_provider, session_id=_session_id, touched_at=_now, hung_up_at=None)
        .returning(Draft.answers)
        .cte("draft")
    )
    values: dict[str, ColumnElement[Any] | ScalarSelect[Any]] = {
        "person": _one(select(person, registered.label("registered"))),
        "roles": _many(select(held.c.role)),
        "homes": _many(_homes(held)),
        "cases": _many(_cases(person, held, office)),
        "figures": case((official, _one(figures))),  # else not even looked at: it goes through every case
        "pin": _one(select(Pin.hash, Pin.wrong, Pin.locked_at).join(person, Pin.person_id == person.c.id)),
        "draft": _one(select(draft)),
        "heard_at": _heard_at(person),
    }
    return select(func.json_build_object(*[part for name in values for part in (text(f"'{name}'"), values[name])]))


def _heard_at(person: CTE) -> ScalarSelect[Any]:
    """When something of this person's, from any phone, was last received or handled."""
    phones = select(Phone.number).join(person, Phone.person_id == person.c.id)
    last = func.max(func.greatest(Inbound.received_at, Inbound.handled_at))
    return select(last).where(Inbound.sender.in_(phones), Inbound.received_at >= _since).scalar_subquery()


def _homes(held: CTE) -> Select[Any]:
    """The caller's households; two of one ordinal: the one that a text means."""
    live = (
        select(func.string_agg(Case.number, text("' ' ORDER BY cases.id")))
        .where(Case.household_id == Household.id, Case.state.not_in(ENDED))
        .scalar_subquery()
    )
    return (
        select(Household.ordinal, Household.number, Household.head_name, Household.members, live.label("live"))
        .where(Household.liaison_id.in_(select(held.c.id)))
        .ext(postgresql.distinct_on(Household.ordinal))
        .order_by(Household.ordinal, Household.liaison_id)
        .limit(MOST_HOMES)
    )


def _cases(person: CTE, held: CTE, office: CTE) -> Select[Any]:
    """The caller's cases list by list, each with its place there and with all that labels and moves follow from."""
    mine, listed = _reported(person, held), []
    official, owned = exists(select(office.c.id)), Case.owner_id.in_(select(held.c.id))
    to_accept = or_(owned, _is_asked(person), _is_told(person, office))
    of_caller = Case.id.in_(select(mine.c.id))
    newest, oldest = (Case.urgent.desc(), Case.id.desc()), (Case.urgent.desc(), Case.opened_at, Case.id)
    for name, order, *conditions in (
        (Listed.REPORTED, newest, of_caller, Case.state.not_in(ENDED)),
        (Listed.UNCONFIRMED, newest, of_caller, Case.state == State.RESOLVED),
        (Listed.WAITING, oldest, official, Case.state == State.OPEN, to_accept),
        (Listed.MINE, oldest, official, Case.state == State.ACCEPTED, owned),
        (Listed.LATE, oldest, official, Case.state.in_(WAITING), Case.due_at < _now, concerning_holder(office)),
    ):
        place = func.row_number().over(order_by=order).label("place")
        listed.append(
            select(Case.id.label("case_id"), literal(name.value, Text()).label("list"), place)
            .where(*conditions)
            .order_by(place)
            .limit(MOST_CASES)
        )
    return _told(union_all(*(select(each.subquery()) for each in listed)).cte("listed"), mine, held)


def _is_asked(person: CTE) -> ColumnElement[bool]:
    return exists(
        select(Question.id)
        .join(person, Question.person_id == person.c.id)
        .where(
            Question.case_id == Case.id,
            Question.kind == QuestionKind.ALERT,
            Question.answered_at.is_(None),
            Question.expires_at > _now,
        )
    )


def _is_told(person: CTE, office: CTE) -> ColumnElement[bool]:
    """Whether the caller was told of an urgent case, and has not handed it on since."""
    told = (Rung.case_id == Case.id, Rung.why == TOLD, Rung.post_id.in_(select(office.c.id)))
    passed_on = (
        CaseEvent.case_id == Case.id,
        CaseEvent.actor_id.in_(select(person.c.id)),
        CaseEvent.event.in_((Trigger.PASSED_UP, Trigger.BOUNCED)),
    )
    return exists(select(Rung.id).where(*told)) & ~exists(select(CaseEvent.id).where(*passed_on))


def _reported(person: CTE, held: CTE) -> CTE:
    """Cases whose reporter the caller counts as: see `flow.owners.parties`; with those that they were merged into."""
    gone = Case.state.in_((State.CLOSED, State.WITHDRAWN))
    homes = select(Household.id).where(Household.liaison_id.in_(select(held.c.id)))
    own = union(
        select(Case.id, Case.merged_into_id).where(Case.reporter_id.in_(select(person.c.id)), ~gone),
        select(Case.id, Case.merged_into_id).where(Case.household_id.in_(homes), ~gone),
    ).subquery()
    mine = select(own).cte("mine", recursive=True)
    return mine.union(select(Case.id, Case.merged_into_id).join(mine, Case.id == mine.c.merged_into_id))


def _told(listed: CTE, mine: CTE, held: CTE) -> Select[Any]:
    owner, holder = Post.__table__.alias("owning"), Person.__table__.alias("holder")
    phone = (
        select(Phone.number).where(Phone.person_id == Case.reporter_id).order_by(Phone.rank).limit(1).scalar_subquery()
    )
    laid = exists(select(Rung.id).where(Rung.case_id == Case.id, Rung.post_id.in_(select(held.c.id))))
    county = exists(
        select(held.c.id).where(held.c.role == Role.COUNTY_OPERATOR, Unit.path.op("<@")(held.c.path))
    )  # operators sit at a county
    return (
        select(
            listed.c.list, listed.c.place,
            Case.number, Case.state, Case.category, Case.code, Case.values, Case.urgent, Case.text, Case.confirmed,
            Case.opened_at, Case.due_at, Case.extended_days, Case.reporter_id,
            Household.ordinal, Household.contact_id,
            Unit.name_zh, Unit.name_bo, Unit.name_en,
            owner.c.role.label("owner_role"), holder.c.name.label("owner_name"), phone.label("reporter_phone"),
            Case.id.in_(select(mine.c.id)).label("is_reporter"),
            Case.owner_id.in_(select(held.c.id)).label("is_owner"),
            laid.label("is_responsible"), county.label("is_county"),
        )
        .join(Case, Case.id == listed.c.case_id)
        .join(Unit, Unit.id == Case.unit_id)
        .outerjoin(Household, Household.id == Case.household_id)
        .join(owner, owner.c.id == Case.owner_id)
        .join(holder, holder.c.id == owner.c.person_id)
    )  # fmt: skip


def _one(query: Select[*tuple[Any, ...]]) -> ScalarSelect[Any]:
    """A query's first row as a JSON object, or NULL."""
    rows = query.limit(1).subquery()
    return select(func.to_json(rows.table_valued())).scalar_subquery()


def _many(query: Select[*tuple[Any, ...]]) -> ScalarSelect[Any]:
    """A query's rows as a JSON list."""
    rows = query.subquery()
    return select(func.coalesce(func.json_agg(rows.table_valued()), text("'[]'::json"))).scalar_subquery()

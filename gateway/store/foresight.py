"""What plain reports ask of the database, for a whole set of them at once: each function answers one kind of question.

The answers are keyed as `gateway.store.ahead.foreseen` asks for them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased, joinedload, lazyload

from gateway.domain.lifecycle import State
from gateway.domain.terms import Role, UnitKind
from gateway.store import cases
from gateway.store.ahead import Question as Asked
from gateway.store.base import OutboundState
from gateway.store.cases import Case
from gateway.store.dialogue import PASSING, Question, ReplyCode
from gateway.store.households import Household
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound
from gateway.store.people import Person, Phone, Post, held_on, in_order
from gateway.store.units import Unit

Answers = dict[Asked, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Windows:
    """How far back questions about a message look."""

    same_text: timedelta
    brake: timedelta


def unentangled(session: Session, messages: Collection[Inbound], windows: Windows, now: datetime) -> Answers:
    """What phones have been asked, said and told: answers for messages that nothing earlier has to do with."""
    earlier = aliased(Inbound)
    asked = exists().where(
        Question.person_id == Phone.person_id,
        Question.answered_at.is_(None),
        or_(Question.expires_at > now, Question.kind.in_(PASSING)),
    )
    said = exists().where(
        earlier.sender == Inbound.sender,
        earlier.received_at >= Inbound.received_at - windows.same_text,
        earlier.id < Inbound.id,
        earlier.text == Inbound.text,
    )
    answered = (
        select(func.count())
        .where(
            Outbound.recipient == Inbound.sender,
            Outbound.created_at >= now - windows.brake,
            Outbound.reply_to_id.is_not(None),
            Outbound.state != OutboundState.SUPPRESSED,
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(Inbound.id, Inbound.sender, Phone.person_id, answered)
        .join(Phone, Phone.number == Inbound.sender)
        .where(Inbound.id.in_([message.id for message in messages]), ~asked, ~said)
    )
    answers: Answers = {}
    for message_id, sender, person_id, count in rows:
        answers |= {
            ("same_text_before", message_id): None,
            ("answers_since", sender): count,
            ("questions", person_id): (),
            ("never asked", person_id): True,
        }
    return answers


def senders(session: Session, numbers: Collection[str]) -> Answers:
    """The phones of some numbers, with their persons and the posts these hold."""
    person = joinedload(Phone.person)
    posts = person.selectinload(Person.posts).options(lazyload(Post.person), lazyload(Post.unit))
    found = session.scalars(
        select(Phone).where(Phone.number.in_(numbers)).options(posts, person.selectinload(Person.phones))
    )
    return {("phone_of", phone.number): phone for phone in found}


def places(session: Session, unit_ids: Collection[int], day: date, orders: Sequence[tuple[Role, ...]]) -> Answers:
    """The units above some units, their counties' departments, and who answers there, in each order of roles."""
    below = aliased(Unit)
    here_and_above = select(Unit).where(exists().where(below.id.in_(unit_ids), Unit.path.op("@>")(below.path)))
    line = session.scalars(here_and_above).all()
    counties = [unit.id for unit in line if unit.kind is UnitKind.COUNTY]
    offices = session.scalars(select(Unit).where(Unit.kind == UnitKind.DEPARTMENT, Unit.parent_id.in_(counties))).all()
    there = [*line, *offices]
    by_unit: dict[int, list[Post]] = {unit.id: [] for unit in there}
    for post in session.scalars(
        select(Post)
        .where(
            Post.unit_id.in_(by_unit),
            Post.role.in_({role for order in orders for role in order}),
            held_on(day),
        )
        .options(lazyload(Post.unit), joinedload(Post.person).selectinload(Person.phones))
    ):
        by_unit[post.unit_id].append(post)
    answers: Answers = {("units",): there}  # held, so that a unit's parent is at hand without a query
    answers |= {("department", office.parent_id, office.slug): office for office in offices}
    for unit_id, posts in by_unit.items():
        for order in orders:
            answers["posts_at", unit_id, order, day] = in_order((post for post in posts if post.role in order), order)
    return answers


def households(
    session: Session,
    counted: Collection[tuple[tuple[int, ...], int]],
    numbers: Collection[str],
    contacts: Collection[int],
) -> Answers:
    """Households by a liaison's posts and ordinal, by number, and by the resident who writes."""
    pairs = {(post_id, ordinal) for post_ids, ordinal in counted for post_id in post_ids}
    found = session.scalars(
        select(Household)
        .where(
            or_(
                tuple_(Household.liaison_id, Household.ordinal).in_(pairs),
                Household.number.in_(numbers),
                Household.contact_id.in_(contacts),
            )
        )
        .order_by(Household.id)
        .options(lazyload(Household.liaison), lazyload(Household.unit))
    ).all()
    by_place = {(each.liaison_id, each.ordinal): each for each in found}
    answers: Answers = {("household", number): None for number in numbers}
    answers |= {("of_contact", contact): None for contact in contacts}
    answers |= {("household", each.number): each for each in found}
    answers |= {("of_contact", each.contact_id): each for each in reversed(found) if each.contact_id in contacts}
    for post_ids, ordinal in counted:
        theirs = (by_place.get((post_id, ordinal)) for post_id in post_ids)
        answers["by_ordinal", post_ids, ordinal] = next((each for each in theirs if each is not None), None)
    return answers


def without_live_case(session: Session, household_ids: Collection[int], since: datetime) -> Answers:
    """Households that no new report can add to."""
    busy = set(
        session.scalars(
            select(Case.household_id).where(
                Case.household_id.in_(household_ids),
                Case.opened_at >= since,
                Case.state.in_((State.OPEN, State.ACCEPTED)),
            )
        )
    )
    return {("to_follow_up", each): None for each in household_ids if each not in busy}


def dialogue(session: Session, case_ids: Collection[int]) -> Answers:
    """What was asked about cases and is open, and the codes that were printed for them, by person."""
    asked: dict[int, list[Question]] = {case_id: [] for case_id in case_ids}
    codes: dict[int, dict[int, ReplyCode]] = {case_id: {} for case_id in case_ids}
    for question in session.scalars(
        select(Question).where(Question.case_id.in_(asked), Question.answered_at.is_(None))
    ):
        if question.case_id is not None:
            asked[question.case_id].append(question)
    for code in session.scalars(select(ReplyCode).where(ReplyCode.case_id.in_(codes))):  # to be printed, not checked
        codes[code.case_id][code.person_id] = code
    answers: Answers = {("asked about", case_id): found for case_id, found in asked.items()}
    return answers | {("codes", case_id): by_person for case_id, by_person in codes.items()}


def keys(session: Session, messages: Sequence[Inbound]) -> Answers:
    """An id and a number for a case of each message."""
    found = cases.next_keys(session, len(messages))
    return {("keys", message.id): [key] for message, key in zip(messages, found, strict=True)}


def free_numbers(session: Session, reserved: Collection[str]) -> Answers:
    """Numbers that screens have named and no case has."""
    if not reserved:
        return {}
    taken = set(session.scalars(select(Case.number).where(Case.number.in_(reserved))))
    joined = select(Inbound.reserved).where(Inbound.reserved.in_(reserved), Inbound.case_id.is_not(None))
    taken |= set(session.scalars(joined))
    return {("case", number): None for number in reserved if number not in taken}

"""What the naive job writes for one report: plain ORM reads and writes, one after the other."""

from datetime import datetime, timedelta
from secrets import randbelow

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.domain import numbers
from gateway.domain.ladder import limits, pace, plan, roles_at
from gateway.domain.lifecycle import State, Trigger
from gateway.domain.rules import Rules
from gateway.domain.terms import Level, Purpose, UnitKind
from gateway.flow import labels
from gateway.sms.judging import SURE, is_urgent, judge
from gateway.sms.reading import Parsed, SubjectKind
from gateway.store.cases import Case, CaseEvent, Deadline, Rung
from gateway.store.dialogue import Question, QuestionKind, ReplyCode
from gateway.store.households import Household
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound
from gateway.store.people import Phone, Post
from gateway.store.units import Unit
from gateway.wording import Said, say

_LIFE = timedelta(hours=24)


def report(session: Session, message: Inbound, parsed: Parsed, rules: Rules, now: datetime) -> None:
    """A new case, or a line in the history of one that is known."""
    person = session.scalars(select(Phone).where(Phone.number == message.sender)).one().person
    post = person.posts[0]
    household = _household(session, post, parsed)
    unit = household.unit if household else post.unit
    found = judge(parsed.code, parsed.text)
    sure = bool(parsed.code) or found.confidence >= SURE
    known = _known(session, household, found.category, now) if household and sure else None
    if known is not None:
        message.case_id, message.result = known.id, "follow_up"
        _history(session, known, Trigger.FOLLOWED_UP, message, now)
        _answer(session, message, known, "case_followed", now)
        return
    urgent = parsed.urgent or is_urgent(parsed.code, found)
    owner = _first(session, unit, Level.VILLAGE)
    case = Case(
        number=numbers.make(numbers.Kind.CASE, session.scalar(select(func.nextval("case_serial"))) or 0),
        state=State.OPEN,
        level=Level.VILLAGE,
        category=found.category,
        code=parsed.code,
        values=list(parsed.values),
        urgent=urgent,
        confidence=found.confidence,
        to_sort=not sure,
        text=parsed.text,
        household=household,
        unit=unit,
        reporter=person,
        owner=owner,
        inbound_id=message.id,
        opened_at=message.received_at,
        due_at=message.received_at + pace(urgent=urgent).overall,
        alerted_at=now,
        stage_from=now,
        stage_misses=0,
        stage_extra_days=0,
        climbs=0,
        reminders=0,
    )
    session.add(case)
    session.flush()
    message.case_id, message.result = case.id, "report"
    session.add(Rung(case_id=case.id, level=Level.VILLAGE, post_id=owner.id, why="new", at=now))
    _history(session, case, Trigger.OPENED, message, now)
    _answer(session, message, case, "case_opened", now)
    _alert(session, case, owner, now)
    _copy(session, case, now)
    for kind, due in plan(case.facts(), rules.calendar).items():
        session.add(Deadline(case_id=case.id, kind=kind, due_at=due))


def _household(session: Session, post: Post, parsed: Parsed) -> Household | None:
    if parsed.subject is None or parsed.subject.kind is not SubjectKind.ORDINAL:
        return None
    return session.scalar(
        select(Household).where(Household.liaison_id == post.id, Household.ordinal == int(parsed.subject.number))
    )


def _known(session: Session, household: Household, category: str, now: datetime) -> Case | None:
    return session.scalars(
        select(Case).where(
            Case.household_id == household.id,
            Case.category == category,
            Case.opened_at >= now - limits().follow_up,
            Case.state.in_((State.OPEN, State.ACCEPTED)),
        )
    ).first()


def _first(session: Session, unit: Unit, level: Level) -> Post:
    """Who answers at a level for a place."""
    kind = {Level.VILLAGE: UnitKind.VILLAGE, Level.TOWNSHIP: UnitKind.TOWNSHIP}.get(level, UnitKind.COUNTY)
    office: Unit | None = unit
    while office is not None and office.kind is not kind:
        office = office.parent
    return session.scalars(
        select(Post)
        .where(Post.unit_id == (office or unit).id, Post.role.in_(roles_at(level)), Post.to_day.is_(None))
        .order_by(Post.role, Post.rank)
    ).all()[0]


def _history(session: Session, case: Case, event: Trigger, message: Inbound, now: datetime) -> None:
    source = State.NEW if event is Trigger.OPENED else case.state
    session.add(
        CaseEvent(
            case_id=case.id,
            at=now,
            event=event,
            source=source,
            target=case.state,
            actor_id=message.person_id,
            inbound_id=message.id,
            text=message.text,
        )
    )


def _answer(session: Session, message: Inbound, case: Case, key: str, now: datetime) -> None:
    language = case.reporter.language
    said = say(
        key,
        language,
        what=labels.what_for_reporter(case, language),
        number=case.number,
        owner=labels.owner(case.owning_post, language),
    )
    row = _text(case, message.sender, said, now)
    row.reply_to_id, row.person_id = message.id, message.person_id
    session.add(row)


def _alert(session: Session, case: Case, owner: Post, now: datetime) -> None:
    language = owner.person.language
    code = ReplyCode(person_id=owner.person_id, case_id=case.id, code=f"{randbelow(900) + 100}", wrong=0)
    session.add(code)
    said = say(
        "alert_urgent" if case.urgent else "alert",
        language,
        why="",
        what=labels.what_for_official(case, language),
        number=case.number,
        words=labels.words_for_official(case),
        code=code.code,
        caller=labels.caller(case),
    )
    row = _text(case, owner.person.phones[0].number, said, now)
    row.post_id, row.person_id = owner.id, owner.person_id
    session.add(row)
    session.add(
        Question(
            person_id=owner.person_id,
            kind=QuestionKind.ALERT,
            case_id=case.id,
            options={"1": {"verb": "accept", "number": case.number}},
            asked_at=now,
            expires_at=now + timedelta(days=7),
        )
    )


def _copy(session: Session, case: Case, now: datetime) -> None:
    """The county centre; and where it is urgent the township commander."""
    told = [("copy_county", _first(session, case.unit, Level.COUNTY))]
    if case.urgent:
        told.append(("told", _first(session, case.unit, Level.TOWNSHIP)))
    for key, post in told:
        language = post.person.language
        slots = {"words": labels.words_for_official(case), "caller": labels.caller(case)} if key == "told" else {}
        said = say(
            key,
            language,
            number=case.number,
            what=labels.what_with_urgency(case, language),
            owner=labels.owner(case.owning_post, language),
            **slots,
        )
        row = _text(case, post.person.phones[0].number, said, now)
        row.person_id = post.person_id
        session.add(row)


def _text(case: Case, recipient: str, said: Said, now: datetime) -> Outbound:
    return Outbound(
        recipient=recipient,
        body=said.text,
        template=said.key,
        language=said.language,
        segments=said.segments,
        purpose=Purpose(said.purpose),
        urgent=case.urgent,
        case_id=case.id,
        created_at=now,
        not_before=now,
        expires_at=now + _LIFE,
        changed_at=now,
    )

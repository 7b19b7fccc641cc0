"""A report becomes a case: classify, look whether it is known already, open it (design, sections 5 and 6)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from gateway.domain import numbers
from gateway.domain.classify import Classification, classify
from gateway.domain.ladder import limits, pace
from gateway.domain.lifecycle import Trigger
from gateway.flow import labels, notify
from gateway.flow.advance import advance
from gateway.flow.owners import first_level, route
from gateway.flow.scene import Event
from gateway.sms.codebook import codebook
from gateway.store import cases
from gateway.store.cases import Case
from gateway.store.households import Household
from gateway.store.inbound import Inbound
from gateway.store.people import Person, Post
from gateway.store.units import Unit
from gateway.wording import say

SURE = 0.5  # below this confidence the county centre sorts the case; it is routed by place all the same


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a registered person says has happened."""

    reporter: Person
    message: Inbound
    unit: Unit
    household: Household | None = None
    code: str = ""
    values: tuple[int, ...] = ()
    text: str = ""
    urgent: bool = False
    rehearsal: bool = False
    answered: bool = False  # the message has had its one answer already; the sender is told by a message of its own


def triage(session: Session, report: Report, *, now: datetime) -> str:
    """Open a case or add to one, and answer; returns what the message was taken for."""
    found = _classify(report)
    if report.rehearsal:
        _rehearse(session, report, found, now)
        return "rehearsal"
    case = _known(session, report, found)
    trigger = Trigger.FOLLOWED_UP
    if case is None:
        case, trigger = _new_case(session, report, found), Trigger.OPENED
        session.add(case)
        session.flush()
    report.message.case_id = case.id
    event = Event(trigger=trigger, text=report.text, inbound=None if report.answered else report.message)
    advance(session, case.id, event, actor=report.reporter, now=now)
    if report.answered:
        _confirm_late(session, case, now)
    return "report" if trigger is Trigger.OPENED else "follow_up"


def _confirm_late(session: Session, case: Case, now: datetime) -> None:
    """The message has had its one answer; what became of it is told in a message of its own."""
    person, language = case.reporter, case.reporter.language
    said = say(
        "case_opened",
        language,
        what=labels.what_for_reporter(case, language),
        number=case.number,
        owner=labels.owner(case.owning_post, language),
    )
    notify.tell(session, person, said, notify.About(case=case, urgent=case.urgent), now=now)


def _classify(report: Report) -> Classification:
    code = codebook().codes.get(report.code)
    return classify(report.text, hint=code.category if code else "")


def _is_urgent(report: Report, found: Classification) -> bool:
    code = codebook().codes.get(report.code)
    return report.urgent or found.urgent or (code is not None and code.urgent)


def _known(session: Session, report: Report, found: Classification) -> Case | None:
    """The open case that this report adds to; an urgent report never disappears in an ordinary case."""
    if report.household is None:
        return None
    since = report.message.received_at - limits().follow_up
    case = cases.to_follow_up(session, report.household, found.category, since)
    if case is not None and _is_urgent(report, found) and not case.urgent:
        return None
    return case


def _new_case(session: Session, report: Report, found: Classification) -> Case:
    opened, urgent = report.message.received_at, _is_urgent(report, found)
    return Case(
        number=cases.next_number(session),
        category=found.category,
        code=report.code,
        values=list(report.values),
        urgent=urgent,
        confidence=found.confidence,
        reasons=[f"{evidence.word}→{evidence.category} {evidence.weight:+g}" for evidence in found.reasons],
        to_sort=not report.code and found.confidence < SURE,
        text=report.text,
        household=report.household,
        unit=report.unit,
        reporter=report.reporter,
        inbound_id=report.message.id,
        level=first_level(report.unit),
        opened_at=opened,
        due_at=opened + pace(urgent=urgent).overall,
        alerted_at=opened,
        stage_from=opened,
        stage_misses=0,
        stage_extra_days=0,
        extended_days=0,
        climbs=0,
        reminders=0,
        bounces=0,
    )


def _rehearse(session: Session, report: Report, found: Classification, now: datetime) -> None:
    """The same answer as for a real report, with a specimen number; no row but the answer."""
    specimen = Case(
        number=numbers.make(numbers.Kind.CASE, 0),
        category=found.category,
        code=report.code,
        values=list(report.values),
        urgent=_is_urgent(report, found),
        household=report.household,
        unit=report.unit,
    )
    choice = route(session, specimen, first_level(report.unit), now=now)
    language = report.reporter.language
    notify.answer_with(
        session,
        report.message,
        report.reporter,
        "case_opened",
        now=now,
        rehearsal=True,
        what=labels.what_for_reporter(specimen, language),
        number=specimen.number,
        owner=labels.owner(session.get_one(Post, choice.post_id), language),
    )

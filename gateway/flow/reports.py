"""Words from a registered person that are no command: always a report (design, section 5)."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from gateway.domain.ladder import limits
from gateway.domain.terms import Role
from gateway.flow import notify
from gateway.flow.scene import local_day
from gateway.flow.triage import Report, triage
from gateway.sms.reading import Parsed, Subject, SubjectKind
from gateway.store import cases, households, units
from gateway.store.dialogue import QuestionKind, close_passing, open_questions
from gateway.store.households import Household
from gateway.store.inbound import Inbound, same_text_before
from gateway.store.people import Person, current_posts
from gateway.store.units import Unit

REPORTING_ROLES = frozenset({Role.LIAISON, Role.RESIDENT})


def file(session: Session, person: Person, message: Inbound, parsed: Parsed, *, now: datetime) -> None:
    """Turn words into a case or a follow-up; the same words again within ten minutes are one report."""
    before = same_text_before(session, message, message.received_at - limits().same_text)
    if before is not None and before.case_id is not None and not parsed.rehearsal:
        case = session.get_one(cases.Case, before.case_id)
        message.case_id, message.result = case.id, "repeat"
        notify.answer_with(session, message, person, "case_repeated", now=now, case=case, number=case.number)
        return
    message.result = triage(session, _report(session, person, message, parsed, now), now=now)


def file_late(session: Session, person: Person, message: Inbound, parsed: Parsed, *, now: datetime) -> None:
    """Turn words into a case after their message was already answered with a question; the sender is told anew."""
    report = replace(_report(session, person, message, parsed, now), answered=True)
    message.result = triage(session, report, now=now)


def _report(session: Session, person: Person, message: Inbound, parsed: Parsed, now: datetime) -> Report:
    household = household_of(session, person, parsed.subject, now) or _asked_about(session, person, now)
    known = parsed.subject is None or household is not None
    close_passing(session, person, now)
    return Report(
        reporter=person,
        message=message,
        unit=household.unit if household else _place(session, person, now),
        household=household,
        code=parsed.code,
        values=parsed.values,
        text=parsed.text if known else message.text,  # "25 years old …" is no household: the words stay whole
        urgent=parsed.urgent,
        rehearsal=parsed.rehearsal,
    )


def household_of(session: Session, person: Person, subject: Subject | None, now: datetime) -> Household | None:
    """The household that a subject names to this person; a resident without a subject means the own one."""
    if subject is None:
        return households.of_contact(session, person)
    if subject.kind is SubjectKind.HOUSEHOLD:
        return households.by_number(session, subject.number)
    if subject.kind is SubjectKind.ORDINAL:
        posts = current_posts(person, local_day(session, now))
        return households.by_ordinal(session, posts, int(subject.number))
    return None


def answers_for(session: Session, person: Person, household: Household, now: datetime) -> bool:
    """Whether a person may ask about a household: its liaison, its contact, or an official of its unit or above."""
    if household.contact_id == person.id:
        return True
    line = {unit.id for unit in units.at_and_above(session, household.unit)}
    for post in current_posts(person, local_day(session, now)):
        if post.id == household.liaison_id or (post.role not in REPORTING_ROLES and post.unit_id in line):
            return True
    return False


def _asked_about(session: Session, person: Person, now: datetime) -> Household | None:
    """The household that we asked about just now ("3? what happened?")."""
    for question in open_questions(session, person, now):
        if question.kind is QuestionKind.HOUSEHOLD:
            return households.by_number(session, question.options["household"]["number"])
    return None


def _place(session: Session, person: Person, now: datetime) -> Unit:
    """Where a report without a household belongs: the sender's own unit."""
    posts = current_posts(person, local_day(session, now)) or sorted(person.posts, key=lambda post: post.id)[-1:]
    return posts[0].unit

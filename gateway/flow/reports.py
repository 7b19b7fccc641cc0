"""Words from a registered person that are no command: always a report (design, section 5)."""

from dataclasses import replace

from gateway.domain.ladder import limits
from gateway.domain.lifecycle import ENDED
from gateway.domain.terms import REPORTING_ROLES
from gateway.flow.triage import Report, triage
from gateway.flow.turn import Turn
from gateway.sms.reading import Parsed, Subject, SubjectKind
from gateway.store import households, units
from gateway.store.cases import Case, survivor
from gateway.store.dialogue import QuestionKind, close_passing, open_questions
from gateway.store.households import Household
from gateway.store.inbound import same_text_before
from gateway.store.units import Unit


def file(turn: Turn, parsed: Parsed) -> None:
    """Turn words into a case or a follow-up; the same words again within ten minutes are one report."""
    case = None if parsed.rehearsal else _repeated(turn)
    if case is None:
        file_anew(turn, parsed)
        return
    turn.message.case_id, turn.message.result = case.id, "repeat"
    turn.answer_about(case, "case_repeated", {"number": case.number})


def file_anew(turn: Turn, parsed: Parsed) -> None:
    """Turn a message into a case or a follow-up although the same was typed just before: "1" answers many questions."""
    turn.message.result = triage(_report(turn, parsed))


def file_late(turn: Turn, parsed: Parsed) -> None:
    """Turn words into a case after their message was already answered with a question; the sender is told anew."""
    turn.message.result = triage(replace(_report(turn, parsed), answered=True))


def _repeated(turn: Turn) -> Case | None:
    """The case that the same words became within ten minutes; one that is over by now does not swallow them."""
    message = turn.message
    before = same_text_before(turn.session, message, message.received_at - limits().same_text)
    if before is None or before.case_id is None:
        return None
    case = survivor(turn.session, turn.session.get_one(Case, before.case_id))
    return None if case.state in ENDED else case


def _report(turn: Turn, parsed: Parsed) -> Report:
    named = _named(turn, parsed)
    known = parsed.subject is None or named is not None
    household = meant(turn, parsed)
    close_passing(turn.session, turn.person, turn.now)
    return Report(
        turn=turn,
        unit=household.unit if household else _place(turn),
        household=household,
        code=parsed.code,
        values=parsed.values,
        text=parsed.text if known else turn.message.text,  # "25 years old …" is no household: the words stay whole
        urgent=parsed.urgent,
        rehearsal=parsed.rehearsal,
    )


def meant(turn: Turn, parsed: Parsed) -> Household | None:
    """The household that a report is filed under: the one it names, else a resident's own."""
    own = None if turn.person.posts else households.of_contact(turn.session, turn.person)
    return _named(turn, parsed) or own


def _named(turn: Turn, parsed: Parsed) -> Household | None:
    """The household that the words name, or that we asked about just now."""
    return household_of(turn, parsed.subject) or (None if turn.by_menu else _asked_about(turn))


def household_of(turn: Turn, subject: Subject | None) -> Household | None:
    """The household that a subject names to this person; a resident without a subject means the own one."""
    if subject is None:
        return households.of_contact(turn.session, turn.person)
    if subject.kind is SubjectKind.HOUSEHOLD:
        return households.by_number(turn.session, subject.number)
    if subject.kind is SubjectKind.ORDINAL:
        return households.by_ordinal(turn.session, turn.posts, int(subject.number))
    return None


def answers_for(turn: Turn, household: Household) -> bool:
    """Whether the sender may ask about a household: its liaison, its contact, an official of its unit or above."""
    if household.contact_id == turn.person.id:
        return True
    line = {unit.id for unit in units.at_and_above(household.unit)}
    return any(
        post.id == household.liaison_id or (post.role not in REPORTING_ROLES and post.unit_id in line)
        for post in turn.posts
    )


def _asked_about(turn: Turn) -> Household | None:
    """The household that we asked about just now ("3? what happened?")."""
    for question in open_questions(turn.session, turn.person, turn.now):
        if question.kind is QuestionKind.HOUSEHOLD:
            return households.by_number(turn.session, question.options["household"]["number"])
    return None


def _place(turn: Turn) -> Unit:
    """Where a report without a household belongs: the sender's own unit, the last one held when none is held now."""
    posts = turn.posts or sorted(turn.person.posts, key=lambda post: post.id)[-1:]
    return posts[0].unit

"""What to do with a message received: who sent it, is it a reply, a command, a report? (design, section 5)"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gateway.domain.phone import SenderKind, normalise
from gateway.flow import asking, notify, reports
from gateway.flow.replies import nothing_open, reply, verb_alone
from gateway.flow.resolve import Command, resolve
from gateway.flow.scene import local_day, rules_of
from gateway.sms.parser import parse
from gateway.sms.reading import NotParsed, Parsed, Reason, Subject, SubjectKind, Verb
from gateway.store import cases, households, outbound
from gateway.store.base import InboundState
from gateway.store.dialogue import QuestionKind, close_passing
from gateway.store.inbound import Inbound, failures_in_a_row
from gateway.store.people import Person, Phone, current_posts, phone_of
from gateway.wording import say

_STRANGER_HEARS_AGAIN = timedelta(days=1)


def take(session: Session, message: Inbound, *, now: datetime) -> None:
    """Handle one message received, in the caller's transaction: exactly one answer, or a reason why there is none."""
    message.handled_at = now
    message.state = InboundState.HANDLED
    sender = normalise(message.sender, rules_of(session).region)
    if sender.kind is not SenderKind.MOBILE_OR_FIXED or sender.number in rules_of(session).own_numbers:
        message.state, message.result = InboundState.IGNORED, "not_answerable"
        return
    message.sender = sender.number
    phone = phone_of(session, sender.number)
    if phone is None or not (phone.person.posts or households.of_contact(session, phone.person)):
        _stranger(session, message, now)
        return
    message.person_id = phone.person_id
    phone.unreachable_since = None
    parsed = parse(message.text)
    if not _subscription(session, message, phone, parsed, now):
        _read(session, phone.person, message, parsed, now)


def _stranger(session: Session, message: Inbound, now: datetime) -> None:
    """One generic answer a day; the message waits in quarantine for the county centre."""
    message.state, message.result = InboundState.QUARANTINED, "unknown_sender"
    if outbound.told_since(session, message.sender, "stranger", now - _STRANGER_HEARS_AGAIN):
        return
    rules = rules_of(session)
    notify.answer(session, message, say("stranger", rules.language, phone=rules.centre_phone), now=now)


def _subscription(session: Session, message: Inbound, phone: Phone, parsed: Parsed | NotParsed, now: datetime) -> bool:
    """STOP and START, typed or taken by the carrier itself; True when the message was one."""
    verb = parsed.verb if isinstance(parsed, Parsed) else None
    if message.opt_out is True or verb is Verb.OPT_OUT:
        key, phone.opted_out_at = "opted_out", now
    elif message.opt_out is False or verb is Verb.OPT_IN:
        key, phone.opted_out_at = "opted_in", None
    else:
        return False
    message.result = key
    if message.opt_out is None:  # a carrier that takes STOP itself also answers it itself
        notify.answer_with(session, message, phone.person, key, now=now)
    return True


def _read(session: Session, person: Person, message: Inbound, parsed: Parsed | NotParsed, now: datetime) -> None:
    if isinstance(parsed, NotParsed):
        _not_parsed(session, person, message, parsed, now)
    elif parsed.reply:
        _digits(session, person, message, parsed, now)
    elif parsed.verb is not None:
        _command(session, person, message, parsed, parsed.verb, now)
    else:
        reports.file(session, person, message, parsed, now=now)


def _digits(session: Session, person: Person, message: Inbound, parsed: Parsed, now: datetime) -> None:
    if reply(session, person, parsed.reply, message=message, now=now):
        return
    if parsed.subject is not None and parsed.subject.kind is SubjectKind.ORDINAL:
        _ask_what_happened(session, person, message, parsed.subject.number, now)
    else:
        nothing_open(session, person, message=message, now=now)


def _command(session: Session, person: Person, message: Inbound, parsed: Parsed, verb: Verb, now: datetime) -> None:
    message.result = "command"
    subject = parsed.subject
    if verb is Verb.HELP:
        _help(session, person, message, now)
    elif subject is None:
        if not verb_alone(session, person, verb, message=message, now=now):
            _status_or_nothing(session, person, message, verb, now)
    elif subject.kind is SubjectKind.CASE:
        close_passing(session, person, now)
        resolve(session, person, Command.of(parsed, verb, subject.number), message=message, now=now)
    elif subject.kind is SubjectKind.HOUSEHOLD:
        _household_state(session, person, message, subject, now)
    else:  # orders and notices are not sent yet: no such number can exist
        notify.answer_with(session, message, person, "number_unknown", now=now, given=subject.number)


def _status_or_nothing(session: Session, person: Person, message: Inbound, verb: Verb, now: datetime) -> None:
    """查 alone asks for the newest of one's own cases; any other word alone answers nothing that is open."""
    mine = cases.live_of_reporter(session, person)
    if verb is Verb.STATUS and mine:
        resolve(session, person, Command(verb=verb, number=mine[-1].number), message=message, now=now)
    else:
        nothing_open(session, person, message=message, now=now)


def _help(session: Session, person: Person, message: Inbound, now: datetime) -> None:
    message.result = "help"
    reporting = all(post.role in reports.REPORTING_ROLES for post in current_posts(person, local_day(session, now)))
    key = "help_liaison" if reporting else "help_official"
    notify.answer_with(session, message, person, key, now=now, phone=rules_of(session).centre_phone)


def _household_state(session: Session, person: Person, message: Inbound, subject: Subject, now: datetime) -> None:
    household = households.by_number(session, subject.number)
    if household is None or not reports.answers_for(session, person, household, now):
        notify.answer_with(session, message, person, "number_unknown", now=now, given=subject.number)
        return
    found = " ".join(case.number for case in cases.live_of_household(session, household))
    key = "household_state" if found else "household_no_cases"
    slots = {"cases": found} if found else {}
    notify.answer_with(session, message, person, key, now=now, household=household.number, **slots)


def _not_parsed(session: Session, person: Person, message: Inbound, parsed: NotParsed, now: datetime) -> None:
    if parsed.reason is Reason.CHECK_DIGIT:
        _near(session, person, message, parsed, now)
    elif parsed.reason is Reason.SUBJECT_ONLY:
        _ask_what_happened(session, person, message, parsed.token, now)
    else:
        _not_understood(session, person, message, now)


def _near(session: Session, person: Person, message: Inbound, parsed: NotParsed, now: datetime) -> None:
    """Ask which number was meant; without a candidate the words become a report, so that nothing is lost."""
    posts = current_posts(person, local_day(session, now))
    meant = cases.known_to(session, person, parsed.near, posts)[:4]
    if not meant and parsed.text:
        reports.file(session, person, message, Parsed(text=message.text, urgent=parsed.urgent), now=now)
        return
    if not meant:
        message.result = "not_understood"
        notify.answer_with(session, message, person, "number_unknown", now=now, given=parsed.token)
        return
    options: dict[str, asking.Option] = {}
    for place, case in enumerate(meant, start=1):
        again = parse(f"{case.number} {parsed.text}")
        verb = again.verb if isinstance(again, Parsed) and again.verb else Verb.NOTE
        rest = again if isinstance(again, Parsed) else Parsed(text=parsed.text)
        options[str(place)] = asking.command(
            verb, case.number, text=rest.text, values=list(rest.values), code=rest.reply_code
        )
    if parsed.text:
        options["report"] = {"text": message.text}
    asking.ask_passing(session, person, QuestionKind.NEAR, options, now=now, about=message)
    message.result = "near"
    pairs = [(str(place), case.number) for place, case in enumerate(meant, start=1)]
    notify.answer_with(
        session, message, person, "number_near", now=now, given=parsed.token, choices=asking.choices(pairs)
    )


def _ask_what_happened(session: Session, person: Person, message: Inbound, ordinal: str, now: datetime) -> None:
    """A household and nothing else: ask for the words, or offer a call."""
    household = reports.household_of(session, person, Subject(kind=SubjectKind.ORDINAL, number=ordinal), now)
    if household is None:
        nothing_open(session, person, message=message, now=now)
        return
    message.result = "asked"
    options = {"1": {"call": True}, "household": {"number": household.number}}
    asking.ask_passing(session, person, QuestionKind.HOUSEHOLD, options, now=now, about=message)
    notify.answer_with(
        session, message, person, "household_ask", now=now, household=ordinal, code_hint=f"{ordinal}*21"
    )


def _not_understood(session: Session, person: Person, message: Inbound, now: datetime) -> None:
    """Say so once; the second time in a row offer a call."""
    message.result = "not_understood"
    phone = rules_of(session).centre_phone
    if failures_in_a_row(session, message) == 0:
        notify.answer_with(session, message, person, "not_understood", now=now, phone=phone)
        return
    asking.ask_passing(session, person, QuestionKind.CALL, {"1": {"call": True}}, now=now, about=message)
    notify.answer_with(session, message, person, "not_understood_call", now=now, phone=phone)



"""What to do with a message received: who sent it, is it a reply, a command, a report (design, section 5)."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gateway.domain.phone import SenderKind, normalise
from gateway.flow import commands, notify, proof, questions, reports
from gateway.flow.replies import nothing_open, reply, worded
from gateway.flow.scene import rules_of
from gateway.flow.turn import Turn
from gateway.sms.parser import parse
from gateway.sms.reading import NotParsed, Parsed, ParseResult, Reason, SubjectKind, Verb
from gateway.store import households, outbound
from gateway.store.base import InboundState
from gateway.store.inbound import Inbound
from gateway.store.people import Phone, phone_of
from gateway.wording import say

_STRANGER_HEARS_AGAIN = timedelta(days=1)


def read(message: Inbound) -> ParseResult:
    """What a message says: a text by the grammar, what came by menu as the menus understood it."""
    return parse(message.text) if message.reading is None else Parsed.from_json(message.reading)


def take(session: Session, message: Inbound, parsed: ParseResult, *, now: datetime) -> None:
    """Handle one message that was read, in the caller's transaction: one answer, or a reason why there is none."""
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
    message.person, message.person_id = phone.person, phone.person_id
    phone.unreachable_since = None
    turn = Turn(session=session, message=message, person=phone.person, now=now)
    proof.take_note(turn)
    if not _subscription(turn, phone, parsed):
        _read(turn, parsed)


def _stranger(session: Session, message: Inbound, now: datetime) -> None:
    """One generic answer a day; the message waits in quarantine for the county centre."""
    message.state, message.result = InboundState.QUARANTINED, "unknown_sender"
    if outbound.told_since(session, message.sender, "stranger", now - _STRANGER_HEARS_AGAIN):
        return
    rules = rules_of(session)
    notify.answer(session, message, say("stranger", rules.language, phone=rules.centre_phone), now=now)


def _subscription(turn: Turn, phone: Phone, parsed: Parsed | NotParsed) -> bool:
    """STOP and START, typed or taken by the carrier itself; True when the message was one."""
    verb = parsed.verb if isinstance(parsed, Parsed) else None
    if turn.message.opt_out is True or verb is Verb.OPT_OUT:
        key, phone.opted_out_at = "opted_out", turn.now
    elif turn.message.opt_out is False or verb is Verb.OPT_IN:
        key, phone.opted_out_at = "opted_in", None
    else:
        return False
    turn.message.result = key
    if turn.message.opt_out is None:  # a carrier that takes STOP itself also answers it itself
        turn.answer(key)
    return True


def _read(turn: Turn, parsed: Parsed | NotParsed) -> None:
    if isinstance(parsed, NotParsed):
        _not_parsed(turn, parsed)
    elif parsed.reply:
        _digits(turn, parsed)
    elif parsed.verb is not None:
        commands.command(turn, parsed, parsed.verb)
    elif turn.by_menu or not worded(turn, parsed):
        reports.file(turn, parsed)


def _digits(turn: Turn, parsed: Parsed) -> None:
    """A bare digit answers what is open; otherwise it names a household, and we ask what happened there."""
    if reply(turn, parsed.reply):
        return
    if parsed.subject is not None and parsed.subject.kind is SubjectKind.ORDINAL:
        questions.what_happened(turn, parsed.subject.number)
    else:
        nothing_open(turn)


def _not_parsed(turn: Turn, parsed: NotParsed) -> None:
    match parsed.reason:
        case Reason.CHECK_DIGIT:
            questions.which_number(turn, parsed)
        case Reason.SUBJECT_ONLY:
            questions.what_happened(turn, parsed.token)
        case Reason.EMPTY | Reason.NOT_AN_ACTION:
            questions.not_understood(turn)

"""Commands on a case: who may, whether it is still time, whether the phone proved itself, then the move."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gateway.domain.ladder import limits
from gateway.domain.lifecycle import WHO, Effect, State, Trigger, move_for
from gateway.flow import asking, labels, notify
from gateway.flow.advance import advance
from gateway.flow.owners import parties
from gateway.flow.scene import Event, local_day, rules_of
from gateway.sms.codebook import codebook
from gateway.sms.reading import Parsed, SubjectKind, Verb
from gateway.domain.categories import categories
from gateway.store import cases
from gateway.store.cases import Case
from gateway.store.dialogue import QuestionKind, reply_code
from gateway.store.inbound import Inbound
from gateway.store.people import Person
from gateway.wording import part

TRIGGERS = {
    Verb.ACCEPT: Trigger.ACCEPTED,
    Verb.DONE: Trigger.DONE,
    Verb.PASS_UP: Trigger.PASSED_UP,
    Verb.NOT_MINE: Trigger.BOUNCED,
    Verb.EXTEND: Trigger.EXTENDED,
    Verb.NOTE: Trigger.NOTED,
    Verb.FIXED: Trigger.FIXED,
    Verb.NOT_FIXED: Trigger.DISPUTED,
    Verb.UNDO: Trigger.UNDONE,
    Verb.FORWARD: Trigger.FORWARDED,
    Verb.MERGE: Trigger.MERGED,
}
CONSEQUENTIAL = frozenset({Verb.DONE, Verb.PASS_UP, Verb.NOT_MINE, Verb.EXTEND, Verb.FORWARD, Verb.MERGE})
_LOCKED_FOR = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command as it was read, from words on the wire or from a stored option."""

    verb: Verb
    number: str
    text: str = ""
    values: tuple[int, ...] = ()
    code: str = ""  # the reply code that came with it
    rehearsal: bool = False

    @classmethod
    def of(cls, parsed: Parsed, verb: Verb, number: str) -> "Command":
        """The command in a text."""
        return cls(
            verb=verb, number=number, text=parsed.text, values=parsed.values, code=parsed.reply_code,
            rehearsal=parsed.rehearsal,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """One command on its way: who sent it, on which message, about which case."""

    session: Session
    person: Person
    message: Inbound
    case: Case
    now: datetime

    def answer(self, key: str, *, rehearsal: bool = False, **slots: str | int) -> None:
        """Give the one answer."""
        notify.answer_with(
            self.session, self.message, self.person, key, now=self.now, case=self.case, rehearsal=rehearsal, **slots
        )


def resolve(session: Session, person: Person, command: Command, *, message: Inbound, now: datetime) -> None:
    """Carry out a command, or say why not; a case that is not the sender's is answered like one that is not there."""
    case = cases.by_number(session, command.number)
    case = cases.survivor(session, case) if case else None
    mine = parties(session, case, person, local_day(session, now)) if case else frozenset()
    if case is None or not mine:
        notify.answer_with(session, message, person, "number_unknown", now=now, given=command.number)
        return
    message.case_id = case.id
    desk = Desk(session=session, person=person, message=message, case=case, now=now)
    if command.verb is Verb.STATUS or command.rehearsal:
        _tell_state(desk, rehearsal=command.rehearsal)
    elif not mine & WHO[TRIGGERS[command.verb]]:
        desk.answer("not_yours", number=case.number)
    elif Effect.TELL_LATE in move_for(case.state, TRIGGERS[command.verb]).effects:
        _move(desk, command, Event(trigger=TRIGGERS[command.verb], text=command.text, inbound=message))
    elif _in_time(desk, command) and _proven(desk, command):
        event = _event(desk, command)
        if event is not None:
            _move(desk, command, event)


def _move(desk: Desk, command: Command, event: Event) -> None:
    advance(desk.session, desk.case.id, event, actor=desk.person, now=desk.now)


def _tell_state(desk: Desk, *, rehearsal: bool) -> None:
    case, language = desk.case, desk.person.language
    desk.answer(
        "case_state",
        rehearsal=rehearsal,
        number=case.number,
        what=labels.what_for_reporter(case, language),
        state=labels.state(case, language),
        owner=labels.owner(case.owning_post, language),
        due=labels.due(desk.session, case.due_at, urgent=case.urgent, language=language),
    )


def _in_time(desk: Desk, command: Command) -> bool:
    """Windows of the lifecycle: undo, extension, reopening."""
    case, rule = desk.case, limits()
    if command.verb is Verb.UNDO and desk.message.received_at > case.opened_at + rule.undo:
        desk.answer("undo_too_late", number=case.number)
        return False
    if command.verb is Verb.EXTEND:
        return _may_extend(desk, command)
    closed = case.closed_at if case.state is State.CLOSED else None
    if command.verb is Verb.NOT_FIXED and closed and desk.now > closed + rule.reopen:
        language = desk.person.language
        state, owner = labels.state(case, language), labels.owner(case.owning_post, language)
        desk.answer("late", number=case.number, state=state, owner=owner)
        return False
    return True


def _may_extend(desk: Desk, command: Command) -> bool:
    case, most = desk.case, limits().extend_days - desk.case.extended_days
    if desk.now >= case.due_at:
        desk.answer("extend_too_late", number=case.number)
        return False
    if not command.values or not 1 <= command.values[0] <= most:
        desk.answer("extend_bad_days", number=case.number, most=max(most, 0))
        return False
    return True


def _proven(desk: Desk, command: Command) -> bool:
    """Whether a consequential command carries the code that our own alert to this person printed."""
    if command.verb not in CONSEQUENTIAL:
        return True
    mine = reply_code(desk.session, desk.person, desk.case)
    phone = rules_of(desk.session).centre_phone
    if mine.locked_at is not None and desk.now < mine.locked_at + _LOCKED_FOR:
        desk.answer("code_locked", phone=phone)
        return False
    if mine.locked_at is not None:
        mine.locked_at, mine.wrong = None, 0
    if command.code == mine.code:
        mine.wrong = 0
        return True
    if not command.code:
        _ask_for_code(desk, command, mine.code)
        return False
    mine.wrong += 1
    if mine.wrong >= limits().wrong_codes:
        mine.locked_at = desk.now
        desk.answer("code_locked", phone=phone)
    else:
        desk.answer("wrong_code", left=limits().wrong_codes - mine.wrong)
    return False


def _ask_for_code(desk: Desk, command: Command, code: str) -> None:
    stored = asking.command(command.verb, desk.case.number, text=command.text, values=list(command.values))
    asking.ask_passing(
        desk.session, desk.person, QuestionKind.CODE, {code: stored}, now=desk.now, about=desk.message
    )
    action = part(f"part_action_{command.verb}", desk.person.language)
    desk.answer("need_code", action=action, number=desk.case.number, code=code)


def _event(desk: Desk, command: Command) -> Event | None:
    """The event of a proven command; None when its object is not there, which has then been answered."""
    trigger = TRIGGERS[command.verb]
    if command.verb is Verb.MERGE:
        other = cases.by_number(desk.session, str(command.values[0])) if command.values else None
        other = cases.survivor(desk.session, other) if other else None
        if other is None or other.id == desk.case.id or not parties(
            desk.session, other, desk.person, local_day(desk.session, desk.now)
        ):
            desk.answer("number_unknown", given=str(command.values[0]) if command.values else desk.case.number)
            return None
        return Event(trigger=trigger, text=command.text, other=other, inbound=desk.message)
    slug = ""
    if command.values and command.verb in {Verb.FORWARD, Verb.PASS_UP}:
        code = codebook().codes.get(f"{command.values[0]:02d}")
        if code is None:
            desk.answer("bad_forward", number=desk.case.number)
            return None
        slug = categories()[code.category].department
    days = command.values[0] if command.verb is Verb.EXTEND else 0
    return Event(trigger=trigger, text=command.text, days=days, slug=slug, inbound=desk.message)


def is_case(parsed: Parsed) -> bool:
    """Whether a text names a case."""
    return parsed.subject is not None and parsed.subject.kind is SubjectKind.CASE

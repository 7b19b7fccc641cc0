"""Commands on a case: who may, whether it is still time, whether the phone proved itself, then the move."""

from gateway.domain.categories import categories
from gateway.domain.ladder import limits
from gateway.domain.lifecycle import ENDED, WHO, Effect, State, Trigger, move_for
from gateway.flow import labels, reports
from gateway.flow.advance import advance
from gateway.flow.desk import Command, Desk
from gateway.flow.moves import TRIGGERS, days_left, in_undo_window
from gateway.flow.owners import parties
from gateway.flow.proof import proven
from gateway.flow.scene import Event
from gateway.flow.turn import Turn
from gateway.sms.codebook import codebook
from gateway.sms.reading import Parsed, Subject, SubjectKind, Verb
from gateway.store import cases


def resolve(turn: Turn, command: Command) -> None:
    """Carry out a command, or say why not; a case that is not the sender's is answered like one that is not there."""
    case = cases.by_number(turn.session, command.number)
    case = cases.survivor(turn.session, case) if case else None
    mine = parties(case, turn.person, turn.today) if case else frozenset()
    if case is None or not mine:
        turn.answer("number_unknown", given=command.number)
        return
    turn.message.case_id = case.id
    desk = Desk(turn=turn, case=case)
    if command.verb is Verb.STATUS or command.rehearsal:
        _tell_state(desk, rehearsal=command.rehearsal)
        return
    trigger = TRIGGERS[command.verb]
    late = Effect.TELL_LATE in move_for(case.state, trigger).effects
    if not mine & WHO[trigger]:
        desk.answer("not_yours", number=case.number)
    elif late:
        _move(desk, Event(trigger=trigger, text=command.text, inbound=turn.message))
    elif _in_time(desk, command) and proven(desk, command):
        event = _event(desk, command)
        if event is not None:
            _move(desk, event)


def _move(desk: Desk, event: Event) -> None:
    turn = desk.turn
    advance(turn.session, desk.case.id, event, actor=turn.person, now=turn.now)


def _tell_state(desk: Desk, *, rehearsal: bool) -> None:
    case, language = desk.case, desk.turn.person.language
    due = labels.due(desk.turn.rules.calendar.zone, case.due_at, urgent=case.urgent, language=language)
    desk.answer(
        "case_state",
        rehearsal=rehearsal,
        number=case.number,
        what=labels.what_for_reporter(case, language),
        state=labels.state(case, language),
        owner=labels.owner_now(case, language),
        due="" if case.state in ENDED else due,
    )


def _in_time(desk: Desk, command: Command) -> bool:
    """Windows of the lifecycle: undo, extension, reopening."""
    case = desk.case
    if command.verb is Verb.UNDO and not in_undo_window(case, desk.turn.message.received_at):
        desk.answer("undo_too_late", number=case.number)
        return False
    if command.verb is Verb.EXTEND:
        return _may_extend(desk, command)
    closed = case.closed_at if case.state is State.CLOSED else None
    if command.verb is Verb.NOT_FIXED and closed and desk.turn.now > closed + limits().reopen:
        _report_anew(desk, command)
        return False
    return True


def _report_anew(desk: Desk, command: Command) -> None:
    """Too late to reopen: what is wrong now is a case of its own, and without words the sender hears how it stands."""
    case, turn = desk.case, desk.turn
    if command.text:
        subject = Subject(kind=SubjectKind.HOUSEHOLD, number=case.household.number) if case.household else None
        reports.file_anew(turn, Parsed(subject=subject, text=command.text))
    else:
        desk.answer("late", number=case.number, state=labels.state(case, turn.person.language), owner="")


def _may_extend(desk: Desk, command: Command) -> bool:
    case, most = desk.case, days_left(desk.case, desk.turn.now)
    if not most:
        desk.answer("extend_too_late", number=case.number)
        return False
    if not command.values or not 1 <= command.values[0] <= most:
        desk.answer("extend_bad_days", number=case.number, most=most)
        return False
    return True


def _event(desk: Desk, command: Command) -> Event | None:
    """The event of a proven command; None when its object is not there, which has then been answered."""
    if command.verb is Verb.MERGE:
        return _merge(desk, command)
    slug = ""
    if command.values and command.verb in {Verb.FORWARD, Verb.PASS_UP}:
        code = codebook().codes.get(f"{command.values[0]:02d}")
        if code is None:
            desk.answer("bad_forward", number=desk.case.number)
            return None
        slug = categories()[code.category].department
    days = command.values[0] if command.verb is Verb.EXTEND else 0
    trigger = TRIGGERS[command.verb]
    return Event(trigger=trigger, text=command.text, days=days, slug=slug, inbound=desk.turn.message)


def _merge(desk: Desk, command: Command) -> Event | None:
    """Into another case that the sender has to do with as well, and that is not itself merged away."""
    turn, given = desk.turn, str(command.values[0]) if command.values else desk.case.number
    other = cases.by_number(turn.session, given)
    other = cases.survivor(turn.session, other) if other else None
    if other is None or other.id == desk.case.id or not parties(other, turn.person, turn.today):
        desk.answer("number_unknown", given=given)
        return None
    return Event(trigger=Trigger.MERGED, text=command.text, other=other, inbound=turn.message)

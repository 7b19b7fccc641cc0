"""Proof that a consequential command comes from whom it says: our alert's reply code, or a PIN (design, section 5)."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gateway.domain.ladder import limits
from gateway.domain.terms import Proof
from gateway.flow import asking
from gateway.flow.centre import tell_centre, tell_centre_of
from gateway.flow.desk import Command, Desk
from gateway.flow.notify import About, tell
from gateway.flow.turn import Turn
from gateway.sms.reading import Verb
from gateway.store import pins
from gateway.store.dialogue import QuestionKind, ReplyCode, reply_code
from gateway.store.pins import Pin
from gateway.wording import part, say

CONSEQUENTIAL = frozenset({Verb.DONE, Verb.PASS_UP, Verb.NOT_MINE, Verb.EXTEND, Verb.FORWARD, Verb.MERGE})
_LOCKED_FOR = timedelta(hours=24)


def take_note(turn: Turn) -> None:
    """Whoever chose a PIN just now hears it by SMS, so that nobody else chooses one on a phone that lies about."""
    if turn.message.proof is Proof.NEW_PIN:
        said = say("pin_set", turn.person.language, phone=turn.rules.centre_phone)
        tell(turn.session, turn.person, said, About(), now=turn.now)


def tell_of_locks(session: Session, *, now: datetime) -> int:
    """Tell the county centre once of every PIN that three wrong ones have locked; returns how many there were."""
    locked = pins.locked_unknown(session)
    for pin in locked:
        pin.told_at = now
        tell_centre_of(session, pin.person, "pin_locked_centre", now=now)
    return len(locked)


def proven(desk: Desk, command: Command) -> bool:
    """Whether a consequential command carries the code that our own alert to this person printed, or came by PIN."""
    if command.verb not in CONSEQUENTIAL or _by_pin(desk.turn):
        return True
    mine, now = reply_code(desk.turn.session, desk.turn.person, desk.case), desk.turn.now
    if mine.locked_at is not None and now >= mine.locked_at + _LOCKED_FOR:
        mine.locked_at, mine.wrong = None, 0
    if mine.locked_at is None and command.code == mine.code:
        mine.wrong = 0
        return True
    if mine.locked_at is None and not command.code:
        _ask_for_code(desk, command, mine.code)
        return False
    mine.wrong += 1
    if mine.wrong >= limits().wrong_codes:
        _lock(desk, mine)
    else:
        desk.answer("wrong_code", left=limits().wrong_codes - mine.wrong)
    return False


def _by_pin(turn: Turn) -> bool:
    """Whether the menus checked a PIN; one that was locked meanwhile proves nothing."""
    if turn.message.proof is Proof.NONE:
        return False
    pin = turn.session.get(Pin, turn.person.id)
    return pin is not None and pin.locked_at is None


def _ask_for_code(desk: Desk, command: Command, code: str) -> None:
    stored = asking.command(command.verb, desk.case.number, text=command.text, values=list(command.values))
    asking.ask_passing(desk.turn, QuestionKind.CODE, {code: stored})
    action = part(f"part_action_{command.verb}", desk.turn.person.language)
    desk.answer("need_code", action=action, number=desk.case.number, code=code)


def _lock(desk: Desk, mine: ReplyCode) -> None:
    """Three wrong codes: this phone can do nothing consequential for a day, and the county centre makes a call."""
    turn = desk.turn
    if mine.locked_at is None:
        mine.locked_at = turn.now
        tell_centre(turn.session, desk.case, "code_misused_centre", turn.person, now=turn.now)
    desk.answer("code_locked", phone=turn.rules.centre_phone)

"""Moves of a case by menu: what each asks for, and the PIN that proves who is holding the phone."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from gateway.domain.ladder import limits
from gateway.domain.terms import Proof
from gateway.sms.codebook import codebook
from gateway.sms.reading import Parsed, Subject, SubjectKind, Verb
from gateway.ussd import pins
from gateway.ussd.keys import digits_of
from gateway.ussd.menus import menus
from gateway.ussd.options import matter_of
from gateway.ussd.session import Move, Place, Session
from gateway.ussd.steps import File, WrongPin

_NEW_PIN, _NEW_PIN_AGAIN = "new_pin", "new_pin_again"


def begin(session: Session, verb: Verb) -> Session:
    """The first question of a move of the case that the screen is about, or the move itself when it asks nothing."""
    if _wants_pin(verb) and session.caller.pin_locked:
        return _locked(session, session.here.about, verb)
    return _go_on(session, Move(verb=verb, number=session.here.about, left=menus().moves[verb]))


def most_days(session: Session) -> int:
    """How many days the case on the screen can be put off."""
    matter = matter_of(session.caller, session.here.about)
    return matter.most_days if matter else 0


def asks_for_new_pin(place: Place) -> bool:
    """Whether a PIN is being chosen there, which only who has none may do."""
    return place.screen in {_NEW_PIN, _NEW_PIN_AGAIN}


def take_days(session: Session, typed: str) -> Session:
    """The answer to "how many days"."""
    days, most = int(digits_of(typed) or 0), most_days(session)
    if not 1 <= days <= most:
        return session.stay("why_days", most=most)
    return _go_on(session, replace(session.here.move, days=days))


def take_words(session: Session, typed: str) -> Session:
    """Why, how, or what is to be noted."""
    return _go_on(session, replace(session.here.move, text=typed))


def take_pin(session: Session, typed: str) -> Session:
    """The PIN: right files the move, wrong counts, and too many in a row lock it."""
    move = session.here.move
    if session.caller.pin_locked:
        return _locked(session, move.number, move.verb)
    pin = digits_of(typed)
    if not pins.is_pin(pin):
        return session.stay("why_pin_form", least=pins.SHORTEST, most=pins.LONGEST)
    if pins.matches(session.caller.pin_hash, pin):
        return _filed(session, move, Proof.PIN)
    wrong = replace(session, wrong_pins=session.wrong_pins + 1).do(WrongPin())
    left = limits().wrong_codes - wrong.caller.pin_wrong - wrong.wrong_pins
    return wrong.stay("why_pin_wrong", left=left) if left > 0 else _locked(wrong, move.number, move.verb)


def take_new_pin(session: Session, typed: str) -> Session:
    """A PIN chosen for the first time."""
    pin = digits_of(typed)
    if not pins.is_pin(pin):
        return session.stay("why_pin_form", least=pins.SHORTEST, most=pins.LONGEST)
    if pins.is_easy(pin):
        return session.stay("why_pin_easy")
    move = replace(session.here.move, new_pin=pin)
    return session.enter(replace(session.here, screen=_NEW_PIN_AGAIN, move=move))


def take_new_pin_again(session: Session, typed: str) -> Session:
    """The same PIN once more files the move and sets it; another one begins the choice anew."""
    if digits_of(typed) != session.here.move.new_pin:
        return session.back().stay("why_pin_differs")
    return _filed(session, session.here.move, Proof.NEW_PIN)


def _go_on(session: Session, move: Move) -> Session:
    """The next question of the move; the PIN comes last."""
    if move.left:
        asked, move = move.left[0], replace(move, left=move.left[1:])
    elif _wants_pin(move.verb):
        asked = "pin" if session.caller.pin_hash else _NEW_PIN
    else:
        return _filed(session, move, Proof.NONE)
    return session.enter(Place(screen=asked, about=move.number, move=move))


def _filed(session: Session, move: Move, proof: Proof) -> Session:
    reading = Parsed(
        subject=Subject(kind=SubjectKind.CASE, number=move.number),
        verb=move.verb,
        values=(move.days,) if move.days else (),
        text=move.text,
    )
    words = (move.number, codebook().verbs[move.verb].digit, str(move.days or ""), move.text)
    text = " ".join(word for word in words if word)
    new_pin = move.new_pin if proof is Proof.NEW_PIN else ""
    return session.do(File(reading=reading, text=text, proof=proof, new_pin=new_pin)).end("noted", number=move.number)


def _locked(session: Session, number: str, verb: Verb) -> Session:
    """The call ends; a text with the reply code does the same meanwhile."""
    days = f" {session.here.move.days or most_days(session)}" if verb is Verb.EXTEND else ""
    command = f"{number} {codebook().verbs[verb].digit}{days}"
    return session.end("locked", phone=session.caller.centre_phone, command=command)


def _wants_pin(verb: Verb) -> bool:
    """Consequential moves: what carries a reply code in an SMS carries a PIN here."""
    return codebook().verbs[verb].reply_code


ANSWERS: Mapping[str, Callable[[Session, str], Session]] = MappingProxyType(
    {
        "days": take_days,
        "result": take_words,
        "reason": take_words,
        "note": take_words,
        "why": take_words,
        "pin": take_pin,
        _NEW_PIN: take_new_pin,
        _NEW_PIN_AGAIN: take_new_pin_again,
    }
)
"""What takes the answer to a question of a move; an empty one was skipped."""

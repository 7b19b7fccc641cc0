"""What an answer does where the caller is: keys that mean the same everywhere, then options, then free answers."""

from collections.abc import Iterable
from dataclasses import replace

from gateway.sms.reading import Verb
from gateway.ussd import moves, report
from gateway.ussd.acts import ACTS
from gateway.ussd.keys import BACK, MORE, START, always_key_of, key_of
from gateway.ussd.menus import Kind, Screen, menus
from gateway.ussd.options import Option, chosen, is_empty, options
from gateway.ussd.screens import following
from gateway.ussd.session import Place, Session
from gateway.ussd.steps import Drop

_QUESTIONS = {**report.ANSWERS, **moves.ANSWERS}


def answer(session: Session, typed: str) -> Session:
    """The session after one answer; a wrong one leaves it where it is, with a word of why."""
    screen = menus().screens[session.here.screen]
    clean = replace(session, notice="", filed=None) if session.notice or session.filed else session
    always = always_key_of(typed)
    if always == BACK:
        return clean.back()
    if always == START:
        return clean.restart()
    if always == MORE:
        return _more(session, clean, screen)
    if screen.kind is Kind.QUESTION:
        return _take(clean, screen, typed)
    option = chosen(options(clean), key_of(typed))
    return _follow(clean, screen, option) if option else clean.stay("why_key")


def walk(session: Session, keys: Iterable[str]) -> Session:
    """One answer after the other, as a direct string has them, until one is wrong or the call is over."""
    for key in keys:
        if session.is_over or session.notice:
            break
        done = session.filed
        session = answer(session, key)
        session = replace(session, filed=session.filed or done)
    return session


def _more(session: Session, clean: Session, screen: Screen) -> Session:
    """The next page of what was shown, word above it included; behind the last one an answer can be skipped."""
    start = following(session)
    if start is not None:
        return clean.turn_page(start)
    if screen.skip:
        return _QUESTIONS[screen.name](clean, "")
    return clean.stay("why_empty" if screen.kind is Kind.QUESTION else "why_no_more")


def _take(session: Session, screen: Screen, typed: str) -> Session:
    words = typed.strip()
    return _QUESTIONS[screen.name](session, words) if words else session.stay("why_empty")


def _follow(session: Session, screen: Screen, option: Option) -> Session:
    """Where an option leads."""
    if screen.name in report.CHOICES:
        return report.CHOICES[screen.name](session, option.value)
    if screen.kind is Kind.LIST:
        return session.enter(Place(screen=screen.leads, about=option.value))
    if screen.name == "case":
        return moves.begin(session, Verb(option.value))
    if option.value in _ACTS:
        return _ACTS[option.value](session)
    if is_empty(session, option.value):
        return session.stay(f"none_{option.value}")
    return session.enter(replace(session.here, screen=option.value, starts=(0,)))


def _go_on(session: Session) -> Session:
    return replace(session, trail=session.held)


def _begin_anew(session: Session) -> Session:
    """The first screen, and on from there if a direct string was dialled; a report that was kept is forgotten."""
    begun = any(place.holds_report for place in session.held)
    fresh = session.do(Drop()) if begun or session.caller.draft else session
    return walk(fresh.restart(), session.pending)


_ACTS = {**ACTS, "go_on": _go_on, "anew": _begin_anew}

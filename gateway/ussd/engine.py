"""The engine: a phone's callbacks in their order give the screen it sees and what the gateway does. Pure.

`request → log → fold → screen`: the state is nothing but `take_turn` over the entries of the phone's log, so a callback
that comes twice or late, or in a new call, is judged by what came before it and by nothing else.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gateway.ussd.answers import answer, walk
from gateway.ussd.caller import Caller, Menu
from gateway.ussd.resuming import left_over
from gateway.ussd.screens import render
from gateway.ussd.session import NOBODY, Place, Session
from gateway.ussd.steps import Deed, Entry, Reply, Room

_JOIN = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """The outcome of a turn: where the caller stands, what the screen shows, what the gateway is to do."""

    session: Session
    reply: Reply
    filed: Deed | None


def take_turn(session: Session, entry: Entry) -> Step:
    """One callback: the same screen and the same deed again for a repeated one, no deed for one that is passed over.

    Passed over are late callbacks, calls that another one has replaced, and calls that nobody dialled.
    """
    return go_on(session, (entry,))


def replay(entries: Iterable[Entry], room: Room) -> Step:
    """The step of the last entry of a whole log. `session.caller` is `NOBODY` when no entry was heard."""
    return go_on(Session(room=room), entries)


def go_on(session: Session, entries: Iterable[Entry]) -> Step:
    """The step of the last of some entries behind those that led to `session`; only its screen is made."""
    heard = None
    for entry in entries:
        heard = _heard(session, entry)
        session = heard or session
    return Step(session=session, reply=render(session), filed=heard.filed if heard else None)


def _heard(session: Session, entry: Entry) -> Session | None:
    """The session after a callback, or None when it is passed over."""
    if session.caller is not NOBODY and entry.session_id == session.session_id:
        return _turn(session, entry)
    if entry.caller is None or entry.session_id in session.earlier:
        return None
    return _dialled(session, entry, entry.caller)


def _turn(session: Session, entry: Entry) -> Session | None:
    """An answer is what stands behind everything typed before; it may hold the `*` that carriers join with."""
    if entry.text == session.text:
        return session
    typed = entry.text.removeprefix(f"{session.text}{_JOIN}") if session.text else entry.text
    if session.is_over or (session.text and typed == entry.text):
        return None
    after = answer(replace(session, text=entry.text, at=entry.at), typed)
    if not (after.held or after.pending) or after.here.screen == "resume":
        return after
    return replace(after, held=(), pending=())


def _dialled(before: Session, entry: Entry, caller: Caller) -> Session:
    """A new call: go on with what was left, or begin; a direct string is walked key by key."""
    keys = tuple(key for key in entry.text.split(_JOIN) if key.strip())
    first = Place(screen=caller.menu.value)
    session = Session(
        room=before.room,
        caller=caller,
        session_id=entry.session_id,
        earlier=before.earlier | {before.session_id} - {""},
        text=entry.text,
        at=entry.at,
        trail=(first,),
    )
    if caller.menu is Menu.STRANGER:
        return session.end("stranger", phone=caller.centre_phone)
    held = left_over(before, caller, entry.at)
    if not held:
        return walk(session, keys)
    return replace(session.enter(Place(screen="resume")), held=held, pending=keys)

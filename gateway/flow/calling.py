"""One turn of a USSD call: into the log, the log folded into a screen, what follows from it done, the screen answered.

The log orders what comes at once and remembers what was typed; whatever outlives the call is committed before the
screen says so (decision 10).
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from gateway.calls import Calls, LogAway, Sealed
from gateway.domain import numbers
from gateway.domain.identity import mask_identity_numbers
from gateway.domain.rules import Rules
from gateway.flow import callers
from gateway.flow.keeping import Keeping
from gateway.logs import get_logger
from gateway.store import deeds, prompt
from gateway.store.deeds import Filing, Kept, Origin
from gateway.ussd.caller import Caller
from gateway.ussd.engine import Step
from gateway.ussd.folds import Folds
from gateway.ussd.latin import latin
from gateway.ussd.pages import close
from gateway.ussd.pins import hash_pin
from gateway.ussd.providers.base import Callback, Ended
from gateway.ussd.steps import NUMBER, Deed, Drop, Entry, File, Keep, Reply, Room, Speak, WrongPin
from gateway.wording import part

log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """What calls need: the log, an engine in autocommit, the county's rules, what each carrier's screen holds."""

    calls: Calls
    engine: Engine
    keeping: Keeping
    rules: Rules
    rooms: Mapping[str, Room]
    nudge: Callable[[], None]  # wakes the inbound lane, without waiting for it
    folds: Folds = field(default_factory=Folds)


def take(exchange: Exchange, provider: str, callback: Callback, *, now: datetime) -> Reply:
    """Take one turn of a caller whose number is E.164: one round trip to Redis, at most one statement.

    A string dialled directly costs Redis a second one. Never raises because Redis or the database is away: the caller
    reads what to do instead.
    """
    room = exchange.rooms[provider]
    origin = Origin(
        provider=provider,
        session_id=callback.session_id,
        turn_id=_turn_id(callback),
        sender=callback.sender,
        service_code=callback.service_code,
        at=now,
    )
    try:
        step = _step(exchange, callback, origin, room)
    except (LogAway, *prompt.AWAY) as error:
        log.error("call_not_taken", provider=provider, error=type(error).__name__)
        return _in_place_of(exchange, room, "part_call_away")
    return _carry_out(exchange, step, origin, room)


def hang_up(exchange: Exchange, provider: str, ended: Ended, *, now: datetime) -> None:
    """The carrier says that a call is over: a report that it left behind is asked about soon."""
    exchange.calls.ended(ended.status)

    def work(connection: Connection) -> None:
        deeds.hung_up(connection, provider=provider, session_id=ended.session_id, sender=ended.sender, at=now)

    exchange.keeping.settle(ended.sender)
    prompt.run(exchange.engine, work)


def _step(exchange: Exchange, callback: Callback, origin: Origin, room: Room) -> Step:
    """The callback into the log, and what it leads to; a session that the log does not know brings its caller along."""

    def load() -> Caller:
        exchange.keeping.settle(callback.sender)
        found: Caller = prompt.run(exchange.engine, lambda connection: callers.load(connection, origin, exchange.rules))
        return found

    dialled = not callback.text
    entry = Entry(at=origin.at, session_id=callback.session_id, text=callback.text, caller=load() if dialled else None)
    step = _added(exchange, callback.sender, entry, room)
    if step.session.knows(callback.session_id):
        return step
    return _added(exchange, callback.sender, replace(entry, caller=load()), room)


def _added(exchange: Exchange, sender: str, entry: Entry, room: Room) -> Step:
    """The step of an entry that is put behind the phone's others; of those only what is new here is opened."""

    def read(log: Sealed) -> Iterable[Entry]:
        return (*map(_entry, exchange.calls.read(sender, log[:-1])), entry)

    return exchange.folds.step(sender, exchange.calls.add(sender, _record(entry)), room, read)


def _record(entry: Entry) -> Mapping[str, Any]:
    return {
        "at": entry.at.isoformat(),
        "session": entry.session_id,
        "text": entry.text,
        "caller": entry.caller.as_json() if entry.caller else None,
    }


def _entry(record: Mapping[str, Any]) -> Entry:
    return Entry(
        at=datetime.fromisoformat(record["at"]),
        session_id=record["session"],
        text=record["text"],
        caller=Caller.from_json(record["caller"]) if record["caller"] else None,
    )


def _turn_id(callback: Callback) -> str:
    """The same for every telling of one turn: the carrier's session, and all that was typed in it so far."""
    return f"{callback.session_id}:{hashlib.sha256(callback.text.encode()).hexdigest()[:24]}"


def _carry_out(exchange: Exchange, step: Step, origin: Origin, room: Room) -> Reply:
    """Do what follows from the turn, then give its screen; what could not be stored is never said to be."""
    reply, deed = step.reply, step.filed
    if deed is None:
        return reply
    try:
        number = _do(exchange, deed, origin)
    except prompt.AWAY as error:
        log.error("call_deed_not_done", deed=type(deed).__name__, error=type(error).__name__)
        if isinstance(deed, Drop):  # the log has it, and the call goes on
            return reply
        return _in_place_of(exchange, room, "part_call_not_saved", step.session.caller)
    return replace(reply, text=reply.text.replace(NUMBER, number)) if number else reply


def _do(exchange: Exchange, deed: Deed, origin: Origin) -> str:
    """Do a deed in one statement, or behind the screen; gives the number that a report's last screen names."""
    match deed:
        case File():
            return _file(exchange, deed, origin)
        case Keep(draft=draft):
            answers = replace(draft, text=mask_identity_numbers(draft.text)[0]).as_json()
            exchange.keeping.keep(Kept(origin=origin, answers=answers))
        case Drop():
            exchange.keeping.withdraw(origin.sender)
            prompt.run(exchange.engine, lambda connection: deeds.drop(connection, origin))
        case Speak(language=language, latin=only_latin):
            prompt.run(exchange.engine, lambda connection: deeds.speak(connection, origin, language, latin=only_latin))
        case WrongPin():
            prompt.run(exchange.engine, lambda connection: deeds.count_wrong_pin(connection, origin))
    return ""


def _file(exchange: Exchange, deed: File, origin: Origin) -> str:
    """Store what the menus read as a message of the caller's; gives the number to name on the screen."""
    text, masked = mask_identity_numbers(deed.text)
    reading = replace(deed.reading, text=mask_identity_numbers(deed.reading.text)[0])
    filing = Filing(
        reading=reading.as_json(),
        text=text,
        masked=masked,
        proof=deed.proof,
        new_pin=hash_pin(deed.new_pin) if deed.new_pin else "",
        reserves=reading.verb is None and not reading.rehearsal,
        ends_draft=deed.ends_draft,
    )
    begun = exchange.keeping.withdraw(origin.sender) if deed.ends_draft else None
    try:
        reserved: str | None = prompt.run(exchange.engine, lambda connection: deeds.file(connection, origin, filing))
    except prompt.AWAY:
        if begun is not None:
            exchange.keeping.keep(begun)
        raise
    exchange.nudge()
    return reserved or numbers.make(numbers.Kind.CASE, 0)  # practising names a specimen, as its confirmation will


def _in_place_of(exchange: Exchange, room: Room, key: str, caller: Caller | None = None) -> Reply:
    """A last screen that says what to do instead, in the deployment's language while nobody knows whose call it is."""
    rules = exchange.rules
    language = caller.language if caller else rules.language
    text = part(key, language, sms=rules.sms_number, dial=rules.ussd_code, phone=rules.centre_phone)
    if not room.units or (caller and caller.latin):
        text = latin(text)
    return Reply(text=close(text, room), goes_on=False)

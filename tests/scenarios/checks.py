"""What a step claims, held against what happened; each failure is one line for a person to read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.domain import ladder
from gateway.domain.terms import Purpose
from gateway.sms.segments import Encoding, measure
from gateway.store import cases
from gateway.store.base import InboundState
from gateway.store.cases import TOLD, Case
from gateway.store.inbound import Inbound
from gateway.store.outbound import Outbound
from gateway.store.people import Person
from gateway.ussd.steps import Room
from tests.scenarios.county import number_of, who_has
from tests.scenarios.dialogue import Heard
from tests.scenarios.saying import Said
from tests.scenarios.story import OTHERS, ZONE, Expect, Facts, Step

_ROOM = {Encoding.GSM7: Room().septets, Encoding.UCS2: Room().units}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How things stand at the end of a step."""

    session: Session
    now: datetime
    said: Said
    heard: Sequence[Heard]  # during this step
    waiting: Sequence[Heard]
    named: Mapping[str, int]  # case ids by the story's names
    fill: Mapping[str, str]  # slots of the expectations


def failures(step: Step, ending: Ending) -> Iterator[str]:
    """Every claim of a step that does not hold."""
    expected = [expect for expect in step.expect if expect.over in {"", ending.said.over}]
    for expect in expected:
        yield from _expected(expect, ending)
    yield from _silence(step, expected, ending)
    yield from _last_screen(step, ending)
    for facts in step.facts:
        yield from _facts(facts, facts.case or step.case, ending)
    yield from _counts(step, ending)
    yield from always(ending)


def always(ending: Ending) -> Iterator[str]:
    """What holds at the end of every step of every story."""
    session = ending.session
    for message in session.scalars(select(Inbound).where(Inbound.attempts > 0)):
        yield f"the message {message.text!r} broke the gateway: {message.error}"
    if stranded := cases.without_deadline(session):
        yield f"{stranded} live cases have no deadline"
    answered = select(Outbound.reply_to_id).where(Outbound.reply_to_id.is_not(None))
    carriers_own = Inbound.opt_out.is_not(None)
    for message in session.scalars(
        select(Inbound).where(Inbound.state == InboundState.HANDLED, Inbound.id.not_in(answered), ~carriers_own)
    ):
        yield f"the message {message.text!r} got no answer"
    for message in session.scalars(
        select(Inbound).where(Inbound.state == InboundState.HANDLED, Inbound.reserved.is_not(None))
    ):
        if cases.by_number(session, message.reserved or "") is None:
            yield f"a screen named {message.reserved}, and no case is found by it"
    yield from _fit_to_be_read(ending)


def _fit_to_be_read(ending: Ending) -> Iterator[str]:
    """Texts and screens without empty slots, and screens no longer than a carrier takes."""
    screens = [screen.text for screen in ending.said.screens]
    for text in (*(heard.body for heard in ending.heard), *screens):
        if "{" in text or "part_" in text:
            yield f"a text with an empty slot: {text}"
    for text in screens:
        size = measure(text)
        if size.units > _ROOM[size.encoding]:
            yield f"a screen of {size.units} units is too long: {text}"


def _last_screen(step: Step, ending: Ending) -> Iterator[str]:
    """What the caller sees at the end; a step that was said as a text has no screen."""
    if not ending.said.screens:
        return
    last = ending.said.screens[-1]
    for text in step.screen:
        if _filled(text, ending.fill) not in last.text:
            yield f"the last screen should say {_filled(text, ending.fill)!r}, says: {last.text}"
    if step.ends is not None and step.ends == last.goes_on:
        yield f"the call should {'be over' if step.ends else 'go on'} after: {last.text}"


def _expected(expect: Expect, ending: Ending) -> Iterator[str]:
    pool = ending.waiting if expect.status == "queued" else ending.heard
    numbers = {number_of(expect.to, phone) for phone in ((expect.phone,) if expect.phone else (1, 2))}
    wanted = [_filled(text, ending.fill) for text in expect.contains]
    fitting = [
        heard
        for heard in pool
        if heard.number in numbers
        and heard.status == expect.status
        and expect.purpose in {"", heard.purpose}
        and expect.template in {"", heard.template}
        and all(text in heard.body for text in wanted)
    ]
    if len(fitting) != expect.count:
        what = " ".join(part for part in (expect.template, expect.purpose, expect.status) if part)
        yield (
            f"{expect.to} should get {expect.count} × [{what}] with {wanted}, got {len(fitting)}; "
            f"in this step {expect.to} got: {_listed(expect.to, ending)}"
        )
    for text in expect.not_contains:
        for heard in fitting:
            if _filled(text, ending.fill) in heard.body:
                yield f"{expect.to} should not read {text!r}: {heard.body}"


def _silence(step: Step, expected: Sequence[Expect], ending: Ending) -> Iterator[str]:
    named = {expect.to for expect in expected}
    for heard in ending.heard:
        if heard.status != "delivered":
            continue
        other = OTHERS in step.silent and heard.role not in named and heard.purpose != Purpose.DIGEST
        if heard.role in step.silent or other:
            yield f"{heard.role} should get nothing, got: {heard.body}"


def _listed(role: str, ending: Ending) -> str:
    mine = [heard for heard in (*ending.heard, *ending.waiting) if heard.role == role]
    return "; ".join(f"[{heard.template} {heard.purpose} {heard.status}] {heard.body}" for heard in mine) or "nothing"


def _filled(text: str, slots: Mapping[str, str]) -> str:
    for name, value in slots.items():
        text = text.replace("{" + name + "}", value)
    return text


def _facts(facts: Facts, name: str, ending: Ending) -> Iterator[str]:
    case_id = ending.named.get(name)
    if case_id is None:
        yield f"there is no case {name!r}; there are {', '.join(ending.named) or 'none'}"
        return
    case = ending.session.get_one(Case, case_id)
    for each in fields(Facts):
        wanted = getattr(facts, each.name)
        if each.name == "case" or wanted in ("", None, ()):
            continue
        if each.name == "into":
            wanted = str(ending.named.get(wanted))
        found = _found(case, each.name, ending)
        if each.name == "due":
            found = str(found)[: len(wanted)]
        if found != wanted:
            yield f"case {name} ({case.number}): {each.name} should be {wanted!r}, is {found!r}"


def _who(person: Person) -> str:
    return who_has(person.phones[0].number)


_WORDS: Mapping[str, Callable[[Case, datetime], object]] = {
    "owner": lambda case, _: _who(case.owning_post.person),
    "reporter": lambda case, _: _who(case.reporter),
    "asked": lambda case, _: tuple(_who(rung.post.person) for rung in case.rungs if rung.why != TOLD),
    "light": lambda case, now: ladder.light(case.facts(), now).value,
    "household": lambda case, _: case.household.ordinal if case.household else 0,
    "due": lambda case, _: f"{case.due_at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}",
    "into": lambda case, _: str(case.merged_into_id),
    "state": lambda case, _: case.state.value,
    "level": lambda case, _: case.level.value,
}
"""Facts of a case that stories say in words of their own."""


def _found(case: Case, name: str, ending: Ending) -> object:
    """A fact of a case in the words that stories use."""
    return _WORDS[name](case, ending.now) if name in _WORDS else getattr(case, name)


def _counts(step: Step, ending: Ending) -> Iterator[str]:
    for wanted, table in ((step.cases, Case), (step.stored, Inbound)):
        if wanted is not None:
            found = ending.session.scalar(select(func.count()).select_from(table))
            if found != wanted:
                yield f"there should be {wanted} rows of {table.__tablename__}, there are {found}"

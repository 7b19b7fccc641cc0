"""A post passes to its next holder in one step, with its households and everything that is not over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy.orm import Session

from gateway.domain.lifecycle import State, Trigger
from gateway.domain.terms import Role
from gateway.flow import alerts, news
from gateway.flow.advance import advance
from gateway.flow.notify import About, tell
from gateway.flow.scene import Event, Scene, local_day
from gateway.store import cases, handovers, households
from gateway.store.cases import TOLD, Case, Rung
from gateway.store.households import Household
from gateway.store.people import Person, Post, current_posts
from gateway.store.units import Unit
from gateway.wording import part, say

_WHY = "handed_over"
_TO_ACT_ON = (State.OPEN, State.ACCEPTED)


class NoHandover(Exception):
    """A handover that cannot be made; the text says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Handover:
    """What passes from whom to whom; `successor` is the next holder's post at the same place, where there is one."""

    old: Post
    person: Person
    successor: Post | None
    households: Sequence[Household]
    cases: Sequence[Case]


def prepare(session: Session, old: Post, person: Person, *, now: datetime) -> Handover:
    """What a handover would move; changes nothing. Raises NoHandover when both are the same person."""
    if old.person_id == person.id:
        raise NoHandover(f"{person.name} holds this post already")
    held = current_posts(person, local_day(session, now))
    return Handover(
        old=old,
        person=person,
        successor=next((post for post in held if post.unit_id == old.unit_id and post.role is old.role), None),
        households=households.of_liaison(session, old),
        cases=handovers.live_cases(session, old),
    )


def post_of(session: Session, person: Person, role: Role, unit: Unit, *, now: datetime) -> Post:
    """The post that a person holds now; raises NoHandover when there is none."""
    for post in current_posts(person, local_day(session, now)):
        if post.role is role and post.unit_id == unit.id:
            return post
    raise NoHandover(f"{person.name} is not {role} at {unit.code}")


def hand_over(session: Session, handover: Handover, *, now: datetime) -> Post:
    """Carry a handover out in the caller's transaction and tell both; gives the next holder's post."""
    old, today = handover.old, local_day(session, now)
    new = handover.successor or Post(
        person=handover.person, unit=old.unit, role=old.role, rank=old.rank, from_day=today
    )
    new.rank = min(new.rank, old.rank)
    old.to_day = today - timedelta(days=1)  # a last day still counts, and from today nobody may be asked twice
    session.add(new)
    session.flush()
    _move_households(session, handover.households, new)
    for case in handover.cases:
        _move_case(session, case, old, new, now)
    _tell_both(session, handover, now)
    session.flush()
    return new


def _move_households(session: Session, moved: Sequence[Household], new: Post) -> None:
    """Keep the ordinals that people know; only one that the next holder uses already becomes the next free one."""
    taken = {household.ordinal for household in households.of_liaison(session, new)}
    wanted = {household.ordinal for household in moved} | taken
    free = _numbers_without(wanted)
    for household in moved:
        if household.ordinal in taken:
            household.ordinal = next(free)
        household.liaison = new
    session.flush()


def _numbers_without(used: set[int]) -> Iterator[int]:
    return (number for number in count(1) if number not in used)


def _move_case(session: Session, moved: Case, old: Post, new: Post, now: datetime) -> None:
    """Lay one case on the next holder; its clock runs on."""
    case = cases.lock(session, moved.id)
    owned = case.owner_id == old.id
    asked = owned or _answer_for(case, old, new, now)
    reported = old.role is Role.LIAISON and case.reporter_id == old.person_id
    if reported:
        case.reporter = new.person
    handovers.withdraw_asks(session, old.person, case, now)
    names = f"{old.person.name} → {new.person.name}"
    event = Event(trigger=Trigger.HANDED_OVER, post=new if owned else None, text=names)
    session.flush()  # advance reads the case afresh
    move = advance(session, case.id, event, actor=None, now=now)
    scene = Scene(session=session, case=case, event=event, move=move, actor=None, now=now)
    if asked and case.state in _TO_ACT_ON:
        alerts.alert(scene, new, why=_WHY)
    if reported and case.state is State.RESOLVED:
        _ask_again(scene)


def _answer_for(case: Case, old: Post, new: Post, now: datetime) -> bool:
    """Give the next holder the old one's part in somebody else's case; True when that rung was asked last."""
    mine = [rung for rung in case.rungs if rung.post_id == old.id]
    if not mine:
        return False
    last = [rung for rung in case.rungs if rung.why != TOLD][-1].post_id == old.id
    why = _WHY if last else TOLD  # reminders go to the last rung asked: an earlier one must not become that
    case.rungs.append(Rung(level=mine[-1].level, post=new, post_id=new.id, why=why, at=now))
    return last


def _ask_again(scene: Scene) -> None:
    """Ask the next holder whether it is fixed, in the words that came with "done"."""
    done = [entry.text for entry in scene.case.events if entry.event is Trigger.DONE]
    news.ask_reporter(replace(scene, event=replace(scene.event, text=done[-1] if done else "")))


def _tell_both(session: Session, handover: Handover, now: datetime) -> None:
    old, new = handover.old.person, handover.person
    moved = part("part_handed", new.language, households=len(handover.households), count=len(handover.cases))
    tell(session, new, say("handed_owner", new.language, count=moved), About(), now=now)
    tell(session, old, say("handover_left", old.language, name=new.name), About(), now=now)

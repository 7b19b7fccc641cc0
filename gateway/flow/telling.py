"""An alert whose SMS did not arrive is not "told": second number, deputy, next rung (design, section 7)."""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway.domain.lifecycle import State, Trigger, move_for
from gateway.domain.terms import Purpose, Role
from gateway.flow import alerts, labels, owners
from gateway.flow.advance import advance
from gateway.flow.notify import About, tell
from gateway.flow.scene import Event, Scene, local_day
from gateway.store import cases, people, units
from gateway.store.cases import Case
from gateway.store.outbound import Outbound
from gateway.store.people import Post, phone_of
from gateway.wording import say


def not_told(session: Session, row: Outbound, *, now: datetime) -> None:
    """Find another way to whoever must act; messages that ask nobody to act need none."""
    phone = phone_of(session, row.recipient)
    if phone is not None and row.attempts and phone.reachable(now):  # what never left says nothing about a phone
        phone.unreachable_since = now
    if row.purpose is not Purpose.ALERT or row.case_id is None or row.post_id is None:
        return
    case = cases.lock(session, row.case_id)
    if case.state is not State.OPEN:
        return
    post = session.get_one(Post, row.post_id)
    if people.reachable(post.person, now):
        event = Event(trigger=Trigger.UNREACHABLE, post=post)
        move = move_for(case.state, event.trigger)
        scene = Scene(session=session, case=case, event=event, move=move, actor=None, now=now)
        why = next((rung.why for rung in reversed(case.rungs) if rung.post_id == post.id), "new")
        alerts.alert(scene, post, why=why)  # the same person's second number: asked for the same reason
    elif post.id == case.owner_id and owners.stand_in(session, case, now) is not None:
        advance(session, case.id, Event(trigger=Trigger.UNREACHABLE, post=post), actor=None, now=now)
    else:
        _tell_centre(session, case, post, now)


def _tell_centre(session: Session, case: Case, post: Post, now: datetime) -> None:
    """Nobody else is left to ask: the county centre must take up the telephone."""
    county = units.county_of(case.unit)
    day = local_day(session, now)
    for centre in people.posts_at(session, county, (Role.COUNTY_OPERATOR,), day)[:1]:
        if centre.id == post.id:
            return
        language = centre.person.language
        said = say("unreachable_centre", language, number=case.number, who=labels.owner(post, language))
        tell(session, centre.person, said, About(case=case, urgent=case.urgent), now=now)

"""An alert whose SMS did not arrive is not "told": second number, deputy, next rung (design, section 7)."""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway.domain.lifecycle import State, Trigger, move_for
from gateway.domain.terms import Purpose
from gateway.flow import alerts, owners
from gateway.flow.advance import advance
from gateway.flow.centre import tell_centre
from gateway.flow.scene import Event, Scene
from gateway.store import cases, people
from gateway.store.outbound import Outbound
from gateway.store.people import Post, phone_of


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
        tell_centre(session, case, "unreachable_centre", post.person, now=now)

"""The one writer of a case's state: lock, look the move up, write history, run effects, fit deadlines."""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway.domain.lifecycle import Move, State, Trigger, move_for
from gateway.flow import deadlines
from gateway.flow.effects import EFFECTS
from gateway.flow.scene import Event, Scene
from gateway.store import cases
from gateway.store.cases import Case, CaseEvent
from gateway.store.people import Person


def advance(session: Session, case_id: int, event: Event, *, actor: Person | None, now: datetime) -> Move:
    """Make one move of one case in the caller's transaction; every event has a row, late and double ones too.

    Raises NoResultFound for an unknown case. Never commits.
    """
    case = cases.lock(session, case_id)
    move = move_for(case.state, event.trigger)
    return _make(Scene(session=session, case=case, event=event, move=move, actor=actor, now=now))


def open_case(session: Session, case: Case, event: Event, *, actor: Person, now: datetime) -> Move:
    """Make the first move of a case that this transaction has made: there is nothing to lock yet. Never commits."""
    session.add(case)
    session.flush()
    move = move_for(case.state, event.trigger)
    return _make(Scene(session=session, case=case, event=event, move=move, actor=actor, now=now))


def _make(scene: Scene) -> Move:
    for effect in scene.move.effects:
        EFFECTS[effect](scene)
    _enter(scene.case, scene.move, scene.event, scene.now)  # after the effects: an open case has an owner
    if scene.move.effects:
        scene.session.add(_history(scene))
    deadlines.fit(scene)
    scene.session.flush()
    return scene.move


def _enter(case: Case, move: Move, event: Event, now: datetime) -> None:
    """Change the state, and the moments that belong to the change."""
    case.state = move.target
    if move.source is move.target:
        if event.trigger is Trigger.FIXED and move.source is State.CLOSED:
            case.confirmed = True
        return
    match move.target:
        case State.ACCEPTED:
            case.accepted_at = now
        case State.RESOLVED:
            case.resolved_at = now
            case.accepted_at = case.accepted_at or now
        case State.CLOSED:
            case.closed_at = now
            case.resolved_at = case.resolved_at or now
            case.confirmed = event.trigger is Trigger.FIXED
        case State.OPEN:
            case.resolved_at = case.closed_at = case.confirmed = None
        case State.MERGED:
            case.merged_into_id = event.other.id if event.other else None
            case.closed_at = now
        case _:
            case.closed_at = now


def _history(scene: Scene) -> CaseEvent:
    case, event = scene.case, scene.event
    return CaseEvent(
        case_id=case.id,
        at=scene.now,
        event=event.trigger,
        source=scene.move.source,
        target=scene.move.target,
        actor_id=scene.actor.id if scene.actor else None,
        inbound_id=event.inbound.id if event.inbound else None,
        text=event.text,
        data={
            "level": case.level.value,
            "owner": case.owner.id if case.owner else None,
            **({"days": event.days} if event.days else {}),
            **({"slug": event.slug} if event.slug else {}),
            **({"why": case.rungs[-1].why} if case.rungs else {}),
        },
    )

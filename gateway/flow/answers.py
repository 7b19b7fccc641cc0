"""The one answer to whoever wrote: what was understood, what was done, or where the case stands already."""

from collections.abc import Mapping

from gateway.domain.lifecycle import State, Trigger
from gateway.flow import labels
from gateway.flow.scene import Scene
from gateway.flow.turn import Turn
from gateway.store.dialogue import reply_code
from gateway.store.people import Person


def confirm_reporter(scene: Scene) -> None:
    """The one answer to a report: what was understood, the number, who has it, how to undo."""
    case = scene.case
    opened = "case_opened_unfinished" if case.unfinished else "case_opened"
    key = opened if scene.event.trigger is Trigger.OPENED else "case_followed"
    if scene.actor is not None:
        what = labels.what_for_reporter(case, scene.actor.language)
        _answer(scene, key, {"what": what, "number": case.number, "owner": _owner(scene, scene.actor)})


def tell_late(scene: Scene) -> None:
    """A late or double event: the actor hears where the case stands."""
    case = scene.case
    if scene.actor is not None:
        state, owner = labels.state(case, scene.actor.language), labels.owner_now(case, scene.actor.language)
        _answer(scene, "late", {"number": case.number, "state": state, "owner": owner})


_ACKNOWLEDGED: Mapping[Trigger, tuple[str, tuple[str, ...]]] = {
    Trigger.ACCEPTED: ("accept_done", ("due", "code")),
    Trigger.DONE: ("done_done", ()),
    Trigger.PASSED_UP: ("pass_up_done", ("owner",)),
    Trigger.BOUNCED: ("bounce_done", ("owner",)),
    Trigger.EXTENDED: ("extend_done", ("due",)),
    Trigger.NOTED: ("note_done", ()),
    Trigger.FORWARDED: ("forward_done", ("owner",)),
    Trigger.MERGED: ("merge_done", ("into",)),
    Trigger.FIXED: ("fixed_done", ()),
    Trigger.DISPUTED: ("dispute_done", ("owner",)),
    Trigger.UNDONE: ("undo_done", ()),
}


def acknowledge(scene: Scene) -> None:
    """The actor's one answer to a command."""
    if scene.actor is None:
        return
    key, wanted = _ACKNOWLEDGED[scene.event.trigger]
    if scene.event.trigger is Trigger.DISPUTED and scene.move.source in {State.OPEN, State.ACCEPTED}:
        key = "dispute_noted"
    slots = {slot: _slot(scene, scene.actor, slot) for slot in wanted}
    _answer(scene, key, {"number": scene.case.number, **slots})


def _answer(scene: Scene, key: str, slots: Mapping[str, str | int]) -> None:
    """Answer the message that caused the move; a move that nobody wrote about is answered to nobody."""
    if scene.event.inbound is None or scene.actor is None:
        return
    turn = Turn(session=scene.session, message=scene.event.inbound, person=scene.actor, now=scene.now)
    turn.answer_about(scene.case, key, slots)


def _slot(scene: Scene, actor: Person, slot: str) -> str:
    case = scene.case
    match slot:
        case "due":
            return labels.due(scene.rules.calendar.zone, case.due_at, urgent=case.urgent, language=actor.language)
        case "code":
            return reply_code(scene.session, actor, case).code
        case "into":
            return scene.event.other.number if scene.event.other else ""
        case _:
            return _owner(scene, actor)


def _owner(scene: Scene, reader: Person) -> str:
    return labels.owner(scene.case.owning_post, reader.language)

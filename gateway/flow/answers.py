"""The one answer to whoever wrote: what was understood, what was done, or where the case stands already."""

from collections.abc import Mapping

from gateway.domain.lifecycle import State, Trigger
from gateway.flow import labels, notify
from gateway.flow.scene import Scene
from gateway.store.dialogue import reply_code
from gateway.store.people import Person


def confirm_reporter(scene: Scene) -> None:
    """The one answer to a report: what was understood, the number, who has it, how to undo."""
    if scene.event.inbound is None or scene.actor is None:
        return
    case, language = scene.case, scene.actor.language
    notify.answer_with(
        scene.session,
        scene.event.inbound,
        scene.actor,
        "case_opened" if scene.event.trigger is Trigger.OPENED else "case_followed",
        now=scene.now,
        case=case,
        what=labels.what_for_reporter(case, language),
        number=case.number,
        owner=labels.owner(case.owning_post, language),
    )


def tell_late(scene: Scene) -> None:
    """A late or double event: the actor hears where the case stands."""
    if scene.event.inbound is None or scene.actor is None:
        return
    case, language = scene.case, scene.actor.language
    notify.answer_with(
        scene.session, scene.event.inbound, scene.actor, "late", now=scene.now, case=case,
        number=case.number, state=labels.state(case, language), owner=labels.owner(case.owning_post, language),
    )  # fmt: skip


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
    case, actor, message = scene.case, scene.actor, scene.event.inbound
    if message is None or actor is None:
        return
    key, wanted = _ACKNOWLEDGED[scene.event.trigger]
    if scene.event.trigger is Trigger.DISPUTED and scene.move.source in {State.OPEN, State.ACCEPTED}:
        key = "dispute_noted"
    slots: dict[str, str | int] = {"number": case.number}
    for slot in wanted:
        slots[slot] = _slot(scene, actor, slot)
    notify.answer_with(scene.session, message, actor, key, now=scene.now, case=case, **slots)


def _slot(scene: Scene, actor: Person, slot: str) -> str:
    case = scene.case
    match slot:
        case "due":
            return labels.due(scene.session, case.due_at, urgent=case.urgent, language=actor.language)
        case "code":
            return reply_code(scene.session, actor, case).code
        case "into":
            return scene.event.other.number if scene.event.other else ""
        case _:
            return labels.owner(case.owning_post, actor.language)

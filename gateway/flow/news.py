"""What reporter and owner hear of each other's moves."""

from collections.abc import Mapping

from gateway.domain.categories import categories
from gateway.domain.lifecycle import Trigger
from gateway.flow import asking, labels
from gateway.flow.notify import About, tell
from gateway.flow.scene import Scene
from gateway.wording import catalogue, say


def ask_reporter(scene: Scene) -> None:
    """Done is not fixed: the reporter is asked."""
    case, person = scene.case, scene.case.reporter
    said = say(
        "ask_fixed",
        person.language,
        number=case.number,
        what=labels.what_for_news(case, person.language),
        words=scene.event.text,
    )
    tell(scene.session, person, said, About(case=case, urgent=case.urgent), now=scene.now)
    asking.ask_fixed(scene, person)


def tell_reporter(scene: Scene) -> None:
    """The reporter hears how the case moved on, unless the reporter moved it."""
    case, person = scene.case, scene.case.reporter
    language, owner = person.language, labels.owner(scene.case.owning_post, scene.case.reporter.language)
    if scene.actor is not None and scene.actor.id == person.id:
        return
    match scene.event.trigger:
        case Trigger.ACCEPTED:
            what = labels.what_for_news(case, language)
            said = say("progress_accepted", language, number=case.number, what=what, owner=owner)
        case Trigger.EXTENDED:
            due = labels.due(scene.rules.calendar.zone, case.due_at, urgent=case.urgent, language=language)
            said = say("progress_extended", language, number=case.number, due=due)
        case Trigger.CONFIRM_DUE:
            said = say("closed_silent", language, number=case.number)
        case Trigger.MERGED if scene.event.other is not None:
            said = say("merged_reporter", language, number=case.number, into=scene.event.other.number)
        case _:
            said = say("progress_moved", language, number=case.number, owner=owner)
    tell(scene.session, person, said, About(case=case, urgent=case.urgent), now=scene.now)


_OWNER_HEARS: Mapping[Trigger, str] = {
    Trigger.FOLLOWED_UP: "follow_up_owner",
    Trigger.NOTED: "note_owner",
    Trigger.FIXED: "closed_owner",
    Trigger.DISPUTED: "disputed_owner",
    Trigger.UNDONE: "withdrawn_owner",
    Trigger.MERGED: "merged_owner",
}


def tell_owner(scene: Scene) -> None:
    """The owner hears what others did to the case; sensitive words stay out."""
    case, person = scene.case, scene.case.owning_post.person
    if scene.actor is not None and scene.actor.id == person.id:
        return
    words = "" if categories()[case.category].sensitive else scene.event.text
    slots: dict[str, str | int] = {"number": case.number}
    match scene.event.trigger:
        case Trigger.NOTED:
            slots |= {"who": scene.actor.name if scene.actor else "", "words": words}
        case Trigger.FOLLOWED_UP | Trigger.DISPUTED:
            slots |= {"words": words}
        case Trigger.MERGED if scene.event.other is not None:
            slots |= {"into": scene.event.other.number}
    said = catalogue().say(_OWNER_HEARS[scene.event.trigger], person.language, slots=slots)
    tell(scene.session, person, said, About(case=case, urgent=case.urgent), now=scene.now)


def tell_former(scene: Scene) -> None:
    """Somebody else accepts or finishes the case: its owner so far is free of it and hears so."""
    case, former = scene.case, scene.case.owning_post.person
    if scene.actor is not None and scene.actor.id != former.id:
        said = say("taken_over", former.language, number=case.number, who=scene.actor.name)
        tell(scene.session, former, said, About(case=case, urgent=case.urgent), now=scene.now)

"""What officials hear of a case: alerts, copies, climbs, reminders (design, sections 6 and 7)."""

from gateway.domain.categories import categories
from gateway.domain.ladder import roles_at
from gateway.domain.lifecycle import Trigger
from gateway.domain.terms import Level
from gateway.flow import asking, labels, owners
from gateway.flow.centre import operators
from gateway.flow.notify import About, tell
from gateway.flow.scene import Scene
from gateway.store import people
from gateway.store.cases import TOLD, Rung
from gateway.store.dialogue import reply_code
from gateway.store.people import Person, Post
from gateway.wording import catalogue, part, say

_UNFINISHED = "unfinished"  # before anything else whoever is asked must know that the reporter's call broke off
_PASSED_ON = frozenset({Trigger.PASSED_UP, Trigger.BOUNCED, Trigger.FORWARDED, Trigger.DISPUTED})


def alert_owner(scene: Scene) -> None:
    """Ask the owner to act, with the reply code that proves the phone, and open the question that a bare 1 answers."""
    alert(scene, scene.case.owning_post, why=scene.case.rungs[-1].why)


def alert(scene: Scene, post: Post, *, why: str) -> None:
    """Ask one post to act on the case."""
    case, person = scene.case, post.person
    language = person.language
    code = reply_code(scene.session, person, case).code
    said = say(
        "alert_urgent" if case.urgent else "alert",
        language,
        why=_why(_UNFINISHED if case.unfinished and scene.event.trigger is Trigger.OPENED else why, person),
        what=labels.what_for_official(case, language),
        number=case.number,
        words=labels.words_for_official(case, said=_reason(scene)),
        code=code,
        caller=labels.caller(case),
    )
    tell(scene.session, person, said, About(case=case, post=post, urgent=case.urgent), now=scene.now)
    asking.ask_accept(scene, person)


def _reason(scene: Scene) -> str:
    """What the one before said when passing the case on; the next one needs it more than the report's own words."""
    return scene.event.text if scene.event.trigger in _PASSED_ON else ""


def _why(why: str, person: Person) -> str:
    """The words for why this post is asked; a rung's `why` may carry what was passed over behind it."""
    first, _, rest = why.partition(",")
    key = rest.partition(",")[0].partition(":")[2] if rest and first == "new" else first
    return part(f"part_why_{key}", person.language)


def tell_responders(scene: Scene) -> None:
    """Urgent: the township commander and the category's second responder hear at once, and may act."""
    if not scene.case.urgent:
        return
    posts = [*_first(scene, Level.TOWNSHIP, "")]
    slug = categories()[scene.case.category].second_responder
    if slug:
        posts += _first(scene, Level.DEPARTMENT, slug)
    for post in posts:
        if post.id == scene.case.owning_post.id:
            continue
        owners.add_rung(scene, Rung(level=_level(post), post=post, why=TOLD, at=scene.now))
        words = labels.words_for_official(scene.case)
        _tell_case(scene, post.person, "told", words=words, caller=labels.caller(scene.case))


def copy_county(scene: Scene) -> None:
    """The county centre has the case in the same transaction."""
    for post in operators(scene.session, scene.case, scene.now)[:1]:
        if post.id != scene.case.owning_post.id:
            _tell_case(scene, post.person, "copy_county")


def call_off(scene: Scene) -> None:
    """A case was taken back: everybody but its owner who was asked or told of it may stand down."""
    case = scene.case
    people_told = {rung.post.person.id: rung.post.person for rung in case.rungs}
    people_told |= {post.person.id: post.person for post in operators(scene.session, case, scene.now)[:1]}
    people_told.pop(case.owning_post.person.id, None)
    for person in people_told.values():
        said = say("withdrawn_owner", person.language, number=case.number)
        tell(scene.session, person, said, About(case=case, urgent=case.urgent), now=scene.now)


def _first(scene: Scene, level: Level, slug: str) -> list[Post]:
    posts = owners.posts_for(scene.session, scene.case.unit, level, slug, scene.today)
    reachable = [post for post in posts if people.reachable(post.person, scene.now)]
    return list(reachable or posts)[:1]


def _level(post: Post) -> Level:
    return next(level for level in Level if post.role in roles_at(level))


def _tell_case(scene: Scene, person: Person, key: str, **slots: str | int) -> None:
    case, language = scene.case, person.language
    what = labels.what_with_urgency(case, language)
    owner = labels.owner(case.owning_post, language)
    said = catalogue().say(key, language, slots={"number": case.number, "what": what, "owner": owner, **slots})
    tell(scene.session, person, said, About(case=case, urgent=case.urgent), now=scene.now)


def climb(scene: Scene) -> None:
    """Add a rung and tell both: the new one, and the owner who stays accountable."""
    _tell_climb(scene, owners.climb(scene))


def climb_to_county(scene: Scene) -> None:
    """The whole time is over: the county commander's rung is added and both are told."""
    _tell_climb(scene, owners.climb_to_county(scene))


def _tell_climb(scene: Scene, rung: Rung | None) -> None:
    case, owner = scene.case, scene.case.owning_post
    if rung is None:
        remind(scene)
        return
    person, language = rung.post.person, rung.post.person.language
    said = say(
        "climbed_rung",
        language,
        number=case.number,
        what=labels.what_with_urgency(case, language),
        owner=labels.owner(owner, language),
        code=reply_code(scene.session, person, case).code,
        caller=labels.caller(case),
    )
    tell(scene.session, person, said, About(case=case, post=rung.post, urgent=case.urgent), now=scene.now)
    asking.ask_accept(scene, person)
    said = say(
        "climbed_owner", owner.person.language, number=case.number, rung=labels.owner(rung.post, owner.person.language)
    )
    tell(scene.session, owner.person, said, About(case=case, urgent=case.urgent), now=scene.now)


def remind(scene: Scene) -> None:
    """Remind the owner and the rung that was asked last; past its time the case says so."""
    case = scene.case
    case.reminders += 1
    if case.overdue_told_at is not None:
        case.overdue_told_at = scene.now
    asked = [rung.post for rung in case.rungs if rung.why != TOLD]
    posts = {post.person_id: post for post in (case.owning_post, asked[-1])}
    for post in posts.values():
        person, language = post.person, post.person.language
        what = labels.what_with_urgency(case, language)
        if case.overdue_told_at is not None:
            said = say(
                "overdue", language, number=case.number, what=what, owner=labels.owner(case.owning_post, language)
            )
        else:
            code = reply_code(scene.session, person, case).code
            said = say(
                "reminder", language, number=case.number, what=what, code=code, count=case.climbs + case.reminders
            )
        tell(scene.session, person, said, About(case=case, post=post, urgent=case.urgent), now=scene.now)

"""Who owns a case: the first routing, and every way in which another post becomes answerable (design, 6 and 7)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from gateway.domain.categories import categories
from gateway.domain.ladder import above, limits, roles_at
from gateway.domain.lifecycle import Party, Trigger
from gateway.domain.routing import Candidate, Choice, NobodyAnswers, choose
from gateway.domain.terms import Level, Role, UnitKind
from gateway.flow.centre import OPERATORS
from gateway.flow.scene import Scene, local_day
from gateway.store import foresight, people, units
from gateway.store.ahead import foresee
from gateway.store.cases import TOLD, Case, Rung
from gateway.store.people import Person, Post, current_posts, posts_at
from gateway.store.units import Unit

_LEVEL_OF_KIND = {
    UnitKind.GROUP: Level.VILLAGE,
    UnitKind.VILLAGE: Level.VILLAGE,
    UnitKind.TOWNSHIP: Level.TOWNSHIP,
    UnitKind.DEPARTMENT: Level.COUNTY,
    UnitKind.COUNTY: Level.COUNTY,
}
_KIND_OF_LEVEL = {Level.VILLAGE: UnitKind.VILLAGE, Level.TOWNSHIP: UnitKind.TOWNSHIP, Level.COUNTY: UnitKind.COUNTY}


def first_level(unit: Unit) -> Level:
    """The rung that is asked first for a problem at a unit."""
    return _LEVEL_OF_KIND[unit.kind]


def posts_for(session: Session, unit: Unit, level: Level, slug: str, day: date) -> Sequence[Post]:
    """Posts that answer at a level for a problem at `unit`; `slug` names the department."""
    if level is Level.DEPARTMENT:
        office = units.department(session, units.county_of(unit), slug)
    else:
        line = units.at_and_above(unit)
        office = next((each for each in line if each.kind == _KIND_OF_LEVEL[level]), None)
    return posts_at(session, office, roles_at(level), day) if office else []


def foresee_places(session: Session, unit_ids: Collection[int], now: datetime) -> None:
    """Read ahead whom a case at each of some units can reach (`posts_for`, and the county centre)."""
    orders = (*(roles_at(level) for level in Level), OPERATORS)
    foresee(session, foresight.places(session, unit_ids, local_day(session, now), orders))


def route(
    session: Session, case: Case, first: Level, *, slug: str = "", without: Sequence[int] = (), now: datetime
) -> Choice:
    """The post that answers from level `first` upwards, passing over `without` while others are left; never nobody."""
    others = (each for each in _candidates(session, case, first, slug, now) if each.post_id not in without)
    try:
        return choose(others, first=first)
    except NobodyAnswers:
        return choose(_candidates(session, case, first, slug, now), first=first)


def _candidates(session: Session, case: Case, first: Level, slug: str, now: datetime) -> Iterator[Candidate]:
    day = local_day(session, now)
    level: Level | None = first
    while level is not None:
        for post in posts_for(session, case.unit, level, slug, day):
            yield Candidate(
                post_id=post.id, level=level, deputy=post.deputy, reachable=people.reachable(post.person, now)
            )
        level = above(level)


def parties(case: Case, person: Person, day: date) -> frozenset[Party]:
    """What a person is to a case; empty for somebody who has nothing to do with it."""
    held = {post.id: post for post in current_posts(person, day)}
    found = set()
    if _reported(case, person, held):
        found.add(Party.REPORTER)
    if case.owner_id in held:
        found.add(Party.OWNER)
    if any(rung.post_id in held for rung in case.rungs):
        found.add(Party.RESPONSIBLE)
    county = units.county_of(case.unit)
    if any(post.role is Role.COUNTY_OPERATOR and post.unit_id == county.id for post in held.values()):
        found.add(Party.COUNTY)
    return frozenset(found)


def _reported(case: Case, person: Person, held: Mapping[int, Post]) -> bool:
    """Whether somebody reported a case, or one that lives on in it, or is the household's liaison now."""
    liaison = case.household.liaison_id if case.household else None
    mine = case.reporter_id == person.id or liaison in held
    return mine or any(_reported(each, person, held) for each in case.absorbed)


def name_owner(scene: Scene) -> None:
    """Name the first owner of a new case."""
    first = first_level(scene.case.unit)
    choice = route(scene.session, scene.case, first, now=scene.now)
    _own(scene, choice, why="deputy" if choice.deputy else "new")


def take(scene: Scene) -> None:
    """Whoever of the answerable accepts becomes the owner."""
    if scene.actor is None:
        return
    held = {post.id: post for post in current_posts(scene.actor, scene.today)}
    if scene.case.owner_id in held:
        return
    rung = next((rung for rung in reversed(scene.case.rungs) if rung.post_id in held), None)
    if rung is not None:
        scene.case.owner = rung.post
        scene.case.level = rung.level
        return
    centre = next((post for post in held.values() if post.role is Role.COUNTY_OPERATOR), None)
    if centre is not None:
        _answerable(scene, centre, Level.COUNTY, why="taken")
        scene.case.owner, scene.case.level = centre, Level.COUNTY


def next_rung_owns(scene: Scene) -> None:
    """One rung higher owns; what the county centre passes up goes to the department of the category."""
    case = scene.case
    if scene.event.trigger is Trigger.DISPUTED and case.due_at <= scene.now:
        case.overdue_told_at = scene.now  # red already: whoever is asked now has a day before the next word about it
    if case.level is Level.COUNTY and case.owning_post.role is Role.COUNTY_OPERATOR:
        department_owns(scene)
        return
    why = {"passed_up": "passed_up", "disputed": "reopened"}.get(scene.event.trigger, "escalated")
    upper = above(case.level) or Level.COUNTY
    _own(scene, route(scene.session, case, upper, without=[case.owning_post.id], now=scene.now), why=why)


def rung_or_centre_owns(scene: Scene) -> None:
    """The first "not mine" goes one rung up, the second lands at the county centre, which decides."""
    case = scene.case
    case.bounces += 1
    upper = above(case.level) or Level.COUNTY
    if case.bounces >= limits().bounces_to_county:
        upper = Level.COUNTY
    if case.level is Level.COUNTY and case.owning_post.role is Role.COUNTY_OPERATOR:
        department_owns(scene)
        return
    _own(scene, route(scene.session, case, upper, without=[case.owning_post.id], now=scene.now), why="bounced")


def department_owns(scene: Scene) -> None:
    """The county forwards to the department of the category, or to the one it named."""
    slug = scene.event.slug or categories()[scene.case.category].department
    choice = route(scene.session, scene.case, Level.DEPARTMENT, slug=slug, now=scene.now)
    scene.case.to_sort = False
    _own(scene, choice, why="forwarded")


def stand_in(session: Session, case: Case, now: datetime) -> Choice | None:
    """Somebody reachable who was not asked yet, from the case's own level upwards; None when there is nobody."""
    slug = case.owning_post.unit.slug if case.level is Level.DEPARTMENT else ""
    asked = {rung.post_id for rung in case.rungs if rung.why != TOLD}
    left = [
        candidate
        for candidate in _candidates(session, case, case.level, slug, now)
        if candidate.reachable and candidate.post_id not in asked
    ]
    return choose(left, first=case.level) if left else None


def stand_in_owns(scene: Scene) -> None:
    """The alert did not reach the owner: the next reachable post of this level, else one rung up."""
    choice = stand_in(scene.session, scene.case, scene.now)
    if choice is not None:
        _own(scene, choice, why="deputy" if choice.deputy else "unreachable", keep_clock=True)


def climb(scene: Scene) -> Rung | None:
    """Add the next rung and keep the owner accountable; at the top there is nobody to add."""
    upper = above(scene.case.level)
    if upper is None:
        scene.case.stage_misses += 1
        return None
    scene.case.climbs += 1
    return _climb_to(scene, upper)


def climb_to_county(scene: Scene) -> Rung | None:
    """The case's whole time is over: the county commander answers beside the owner."""
    scene.case.overdue_told_at = scene.now
    scene.case.climbs += 1
    return _climb_to(scene, Level.COUNTY)


def hand_over(scene: Scene) -> None:
    """The post's next holder takes the owner's place."""
    if scene.event.post is not None:
        _answerable(scene, scene.event.post, scene.case.level, why="handed_over")
        scene.case.owner = scene.event.post


def _climb_to(scene: Scene, upper: Level) -> Rung | None:
    case = scene.case
    urgent_at_county = upper is Level.COUNTY and (case.urgent or case.overdue_told_at is not None)
    posts = posts_for(scene.session, case.unit, upper, "", scene.today)
    wanted = [post for post in posts if post.role is Role.COUNTY_COMMANDER] if urgent_at_county else posts
    there = {rung.post_id for rung in case.rungs if rung.why != TOLD}
    order = [post for post in (*wanted, *posts) if post.id not in there]
    reachable = [post for post in order if people.reachable(post.person, scene.now)]
    case.level = upper
    _restart_stage(scene)
    post = next(iter(reachable or order), None)
    if post is None:  # a vacant rung: everybody above is tried next, so that the climb never ends in the air
        higher = above(upper)
        return _climb_to(scene, higher) if higher else None
    return _answerable(scene, post, upper, why="escalated")


def _own(scene: Scene, choice: Choice, *, why: str, keep_clock: bool = False) -> None:
    case = scene.case
    reasons = [f"{level}:{skip}" for level, skip in choice.skipped]
    post = scene.session.get_one(Post, choice.post_id)
    rung_changed = choice.level is not case.level
    case.owner, case.level = post, choice.level
    _answerable(scene, post, choice.level, why=",".join((why, *reasons)))
    if rung_changed or not keep_clock:
        _restart_stage(scene)
    case.alerted_at, case.reminders, case.accepted_at = scene.now, 0, None


def _restart_stage(scene: Scene) -> None:
    case = scene.case
    case.stage_from = case.alerted_at = scene.now
    case.reminders = case.stage_misses = case.stage_extra_days = 0


def _answerable(scene: Scene, post: Post, level: Level, *, why: str) -> Rung:
    return add_rung(scene, Rung(level=level, post=post, why=why, at=scene.now))


def add_rung(scene: Scene, rung: Rung) -> Rung:
    """Put a post on the case's ladder."""
    rung.case_id, rung.post_id = scene.case.id, rung.post.id
    scene.case.rungs.append(rung)
    scene.session.add(rung)
    return rung

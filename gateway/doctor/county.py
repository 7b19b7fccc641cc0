"""Looks at the county: does every case have somebody and a deadline, does every post have a phone."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from gateway.doctor.finding import Finding, Patient, fail, look, well
from gateway.domain.terms import Role, UnitKind
from gateway.store import cases, condition

DEADLINE_PATIENCE = timedelta(minutes=2)
_SHOWN = 5


def owned(patient: Patient) -> Finding:
    """Whether every live case has an owner and a next deadline, and whether deadlines move."""
    session, since = patient.session, patient.clock.now() - DEADLINE_PATIENCE
    nobody, forgotten = condition.ownerless(session, since), cases.without_deadline(session)
    late = condition.late_deadlines(session, since)
    if nobody or forgotten:
        seen = f"{nobody} live cases have no owner, {forgotten} live cases have no deadline"
        return fail("cases", seen, "this should never be: report it; meanwhile the county centre watches these cases")
    if late:
        seen = f"{late} deadlines passed more than 2 minutes ago and moved nothing"
        return fail("cases", seen, "see clock and locks; they are caught up by themselves, each once")
    return well("cases", "every live case has an owner and a deadline")


def posts(patient: Patient) -> Finding:
    """Whether the county has its centre and its commander, and every village somebody who answers."""
    day = patient.clock.now().astimezone(ZoneInfo(patient.settings.timezone)).date()
    held = condition.holders(patient.session, day)
    if not held:
        return look(
            "posts", "nobody is registered", "enter the county's people (docs/demo-county.md shows how they stand)"
        )
    if not held.get(Role.COUNTY_OPERATOR):
        seen = "nobody sits in the county centre: a report that finds no owner would have nowhere to go"
        return fail("posts", seen, "give somebody the post of a county operator")
    if not held.get(Role.COUNTY_COMMANDER):
        return look("posts", "there is no county commander: the ladder ends a rung early", "give somebody the post")
    empty = condition.vacant(patient.session, UnitKind.VILLAGE, Role.GRID_LEADER, day)
    if empty:
        seen = f"{len(empty)} villages have no grid leader ({_some(empty)}): their cases begin at the township"
        return look("posts", seen, "name one, or a deputy from the next village")
    return well("posts", f"{sum(held.values())} posts are held")


def phones(patient: Patient) -> Finding:
    """Whether everybody who holds a post can be written to."""
    day = patient.clock.now().astimezone(ZoneInfo(patient.settings.timezone)).date()
    mute = condition.without_phone(patient.session, day)
    if mute:
        seen = f"{len(mute)} people hold a post and have no number that may be written to (persons {_some(mute)})"
        return look("phones", seen, "enter a number, or ask the person to opt in again at the carrier")
    return well("phones", "everybody who holds a post can be written to")


def _some(items: object) -> str:
    listed = [str(item) for item in items]  # type: ignore[attr-defined]
    return ", ".join(listed[:_SHOWN]) + (" …" if len(listed) > _SHOWN else "")

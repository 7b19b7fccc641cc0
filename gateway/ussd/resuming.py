"""Where a caller can go on: in the call that broke off just now, or with a report that an earlier one began."""

from datetime import datetime
from itertools import takewhile

from gateway.ussd import moves, report
from gateway.ussd.caller import Caller, Menu
from gateway.ussd.menus import Takes, menus
from gateway.ussd.options import matter_of
from gateway.ussd.session import Place, Session, first_places
from gateway.ussd.steps import RESUMABLE

_FIRST = frozenset(menu.value for menu in Menu)


def left_over(before: Session, caller: Caller, now: datetime) -> tuple[Place, ...]:
    """The trail to go on with when somebody dials again; empty when nothing was left half done.

    A report that was kept goes before anything else that was left. What the log has of one goes before what was kept:
    the database may have been away. But a report that was kept no longer when the caller was heard since has been
    filed, by itself or by a bare 1, and is not offered again.
    """
    left = _broken_off(before, caller, now)
    if not (left and left[-1].holds_report):
        return report.trail_to(caller.draft, caller) if caller.draft else left
    return left if caller.draft or not _heard_since(before, caller) else ()


def _broken_off(before: Session, caller: Caller, now: datetime) -> tuple[Place, ...]:
    """The trail of the call before as far as it still makes sense."""
    if before.at is None or before.is_over or now - before.at >= RESUMABLE:
        return ()
    standing = tuple(takewhile(lambda place: _stands(place, caller), before.held or before.trail))
    return standing if standing and standing[-1].is_begun else ()


def _heard_since(before: Session, caller: Caller) -> bool:
    return before.at is not None and caller.heard_at is not None and caller.heard_at > before.at


def _stands(place: Place, caller: Caller) -> bool:
    """Whether what a screen is about is still there for the caller, and may still be done."""
    if place.screen in _FIRST:
        return place.screen in {first.screen for first in first_places(caller)}
    if menus().screens[place.screen].takes is Takes.PIN and moves.asks_for_new_pin(place) == bool(caller.pin_hash):
        return False
    homes = {str(home.ordinal) for home in caller.homes}
    if place.screen == "home":
        return place.about in homes
    if place.screen == "order":
        return int(place.about) <= len(caller.orders)
    if place.about:
        return _may(place, caller)
    return place.report.draft.household in homes | {""}


def _may(place: Place, caller: Caller) -> bool:
    matter = matter_of(caller, place.about)
    return matter is not None and (not place.move.number or place.move.verb in matter.moves)

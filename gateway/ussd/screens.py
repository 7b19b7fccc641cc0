"""What a screen says: its text, its items and the words below, in the caller's language and letters."""

from collections.abc import Mapping
from math import ceil

from gateway.ussd import moves
from gateway.ussd.caller import Draft
from gateway.ussd.drafts import in_words, is_urgent
from gateway.ussd.keys import BACK, MORE
from gateway.ussd.latin import latin
from gateway.ussd.menus import Kind, menus
from gateway.ussd.options import matter_of, options
from gateway.ussd.pages import MOST_ITEMS, Sheet, close, lay
from gateway.ussd.session import NOBODY, Session
from gateway.ussd.steps import Reply
from gateway.wording import part


def render(session: Session) -> Reply:
    """The screen that the caller sees now."""
    if session.caller is NOBODY:
        return _last(session, session.say("lost"))
    if session.is_over:
        return _last(session, session.goodbye)
    return Reply(text=lay(_sheet(session), session.room, session.here.starts[-1]).text, goes_on=True)


def following(session: Session) -> int | None:
    """Where the page behind the one on the screen begins; None on the last one."""
    return lay(_sheet(session), session.room, session.here.starts[-1]).following


def _last(session: Session, text: str) -> Reply:
    return Reply(text=close(_written(session, text), session.room), goes_on=False)


def _sheet(session: Session) -> Sheet:
    here = menus().screens[session.here.screen]
    items = [session.say("option", digit=option.key, title=option.title) for option in options(session)]
    footer = {"back": BACK, "more": MORE, "skip": MORE}
    below = {name: _written(session, session.say(f"key_{name}", digit=key)) for name, key in footer.items()}
    return Sheet(
        lead=_written(session, session.notice),
        text=_written(session, _text(session)),
        items=tuple(_written(session, item) for item in items),
        rest=_written(session, _rest(session)),
        most=_even(len(items)) if here.kind is Kind.MENU else MOST_ITEMS,
        back=below["back"] if len(session.trail) > 1 or len(session.here.starts) > 1 else "",
        more=below["more"],
        skip=below["skip"] if here.skip else "",
    )


def _even(count: int) -> int:
    """Items a page, so that the pages of a menu are alike and no item stands alone on the last one."""
    return ceil(count / ceil(count / MOST_ITEMS))


def _text(session: Session) -> str:
    """What stands above the items."""
    here, key = session.here, f"screen_{session.here.screen}"
    if here.screen == "resume" and _told(session):
        key = "screen_resume_report"
    elif here.screen == "readback" and here.report.draft.urgent is False and is_urgent(here.report.draft):
        key = "screen_readback_urgent"
    mark = part("part_rehearsal", session.caller.language) if here.report.practise else ""
    return mark + session.say(key, **_slots(session))


def _rest(session: Session) -> str:
    """What stands behind the items: all else about a case."""
    matter = matter_of(session.caller, session.here.about) if session.here.screen == "case" else None
    return matter.rest if matter else ""


def _slots(session: Session) -> Mapping[str, str | int]:
    """What the text on top of a screen is filled with."""
    new, waiting, late, closed = session.caller.figures
    return {
        "new": new,
        "waiting": waiting,
        "late": late,
        "closed": closed,
        "what": _told(session),
        "most": moves.most_days(session),
        "title": _title(session),
        "page": _page(session),
    }


def _title(session: Session) -> str:
    matter = matter_of(session.caller, session.here.about)
    return f"{matter.number} {matter.title}" if matter else ""


def _told(session: Session) -> str:
    """The report on the screen, or the one that the caller can go on with, in words."""
    place = session.held[-1] if session.here.screen == "resume" and session.held else session.here
    draft = place.report.draft
    return in_words(draft, session.caller.language) if draft != Draft() else ""


def _page(session: Session) -> str:
    """What may be told of a case, a household or an order."""
    caller, here = session.caller, session.here
    if here.screen == "home":
        return next((f"{home.ordinal} {home.page}" for home in caller.homes if str(home.ordinal) == here.about), "")
    if here.screen == "order":
        return next((text for at, text in enumerate(caller.orders, start=1) if str(at) == here.about), "")
    matter = matter_of(caller, here.about)
    return matter.page if matter else ""


def _written(session: Session, text: str) -> str:
    return latin(text) if session.caller.latin or not session.room.units else text

"""One segment per official each morning, and the county's week (design, section 8)."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from gateway.domain.categories import categories
from gateway.domain.terms import Language, Role
from gateway.flow.notify import About, tell
from gateway.flow.scene import local_day, rules_of
from gateway.store import figures, people, running
from gateway.store.figures import Daily, Period
from gateway.store.people import Person, Post
from gateway.wording import part, say

_MONTH = timedelta(days=30)
READERS = (
    Role.GRID_LEADER,
    Role.TOWNSHIP_DESK,
    Role.TOWNSHIP_COMMANDER,
    Role.DEPARTMENT_OFFICER,
    Role.COUNTY_OPERATOR,
    Role.COUNTY_COMMANDER,
)
WEEKLY_READERS = (Role.COUNTY_OPERATOR, Role.COUNTY_COMMANDER)


def due(session: Session, now: datetime) -> bool:
    """Whether the hour of the daily digest has come today."""
    rules = rules_of(session)
    return now.astimezone(rules.calendar.zone).hour >= rules.digest_hour


def send_daily(session: Session, *, now: datetime, again: bool = False) -> int:
    """Queue today's digest for every official who has something to read; returns how many were queued."""
    sent, day = 0, local_day(session, now).isoformat()
    done = set() if again else running.digests_sent(session, "daily", day)  # asked again every minute of the day
    readers = {person: posts for person, posts in _readers(session, READERS, now).items() if person.id not in done}
    if not readers:
        return 0
    held = [post for posts in readers.values() for post in posts]
    found = figures.daily(session, held, since=now - timedelta(days=1), now=now)
    for person in readers:
        if again or running.claim_digest(session, person.id, "daily", day, now):
            sent += _daily(session, person, found[person.id], now)
    return sent


def send_weekly(session: Session, *, now: datetime) -> int:
    """Queue the week's figures for the county once the weekly day has come; returns how many were queued."""
    today = local_day(session, now)
    if today.isoweekday() != rules_of(session).weekly_digest_day:
        return 0
    year, number, _ = today.isocalendar()
    sent, week = 0, f"{year}-W{number:02d}"
    done = running.digests_sent(session, "weekly", week)
    for person, posts in _readers(session, WEEKLY_READERS, now).items():
        if person.id not in done and running.claim_digest(session, person.id, "weekly", week, now):
            sent += _weekly(session, person, posts, now)
    return sent


def _readers(session: Session, roles: tuple[Role, ...], now: datetime) -> Mapping[Person, list[Post]]:
    readers: dict[Person, list[Post]] = defaultdict(list)
    for post in people.holding(session, roles, local_day(session, now)):
        readers[post.person].append(post)
    return readers


def _daily(session: Session, person: Person, found: Daily, now: datetime) -> int:
    day, language = _date(local_day(session, now), person.language), person.language
    if found.empty:
        if not rules_of(session).send_empty_digests:
            return 0
        said = say("digest_quiet", language, date=day)
    else:
        said = say(
            "digest",
            language,
            date=day,
            new=found.new,
            waiting=found.waiting,
            late=found.late,
            closed=found.closed,
            cases=" ".join(_pressing(number, late=late, language=language) for number, late in found.pressing),
        )
    return 1 if tell(session, person, said, About(), now=now) else 0


def _pressing(number: str, *, late: bool, language: Language) -> str:
    """A case number, with the red light behind it when its time is over."""
    return number + (part("part_light_red", language) if late else "")


def _weekly(session: Session, person: Person, posts: list[Post], now: datetime) -> int:
    zone = rules_of(session).calendar.zone
    today = local_day(session, now)
    end = datetime.combine(today, datetime.min.time(), zone)
    start = end - timedelta(days=7)
    found = figures.period(session, figures.concerning(posts), start=start, end=end, before=start - timedelta(days=7))
    if found.empty and not rules_of(session).send_empty_digests:
        return 0
    month = figures.period(session, figures.concerning(posts), start=end - _MONTH, end=end, before=end - 2 * _MONTH)
    language = person.language
    first, last = (_date(today - timedelta(days=days), language) for days in (7, 1))
    said = say(
        "weekly",
        language,
        week=part("part_week", language, first=first, last=last),
        received=found.received,
        due=found.due,
        closed=found.closed,
        closing_rate=_percent(found.closing_rate),
        on_time_rate=_percent(found.on_time_rate),
        confirmed_rate=_percent(found.confirmed_rate),
        change=_change(month),
        hot=" ".join(f"{categories()[category].names[language]}{count}" for category, count in found.hot),
    )
    return 1 if tell(session, person, said, About(), now=now) else 0


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.0%}"


def _change(found: Period) -> str:
    """Received against the period before, signed."""
    if not found.received_before:
        return "-"
    return f"{found.received / found.received_before - 1:+.0%}"


def _date(day: date, language: Language) -> str:
    return part("part_date", language, month=day.month, day=day.day)

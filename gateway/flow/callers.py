"""Who calls: the facts of a phone become a `Caller`, named as in texts, with the moves that each case allows now."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway.domain.lifecycle import Party, State
from gateway.domain.rules import Rules
from gateway.domain.terms import REPORTING_ROLES, Language, Role
from gateway.flow import labels, moves
from gateway.sms.reading import Verb
from gateway.store import callers
from gateway.store.callers import Listed
from gateway.store.cases import Case
from gateway.store.deeds import Origin
from gateway.store.households import Household
from gateway.store.people import Person, Phone, Post
from gateway.store.units import Unit
from gateway.ussd.caller import Caller, Draft, Home, Matter, Menu
from gateway.wording import part

_TO_REPORTERS = frozenset({Listed.REPORTED, Listed.UNCONFIRMED})
_PARTIES: Mapping[str, Party] = {
    "is_reporter": Party.REPORTER,
    "is_owner": Party.OWNER,
    "is_responsible": Party.RESPONSIBLE,
    "is_county": Party.COUNTY,
}

Row = Mapping[str, Any]


def load(connection: Connection, dialled: Origin, rules: Rules) -> Caller:
    """Who dials, in one statement, which takes the report that an earlier call left in hand.

    A phone that nobody registered is a stranger's.
    """
    now = dialled.at
    found = callers.facts(connection, dialled, today=rules.day(now))
    person = found["person"]
    if person is None:
        return _stranger(rules, rules.language)
    language = Language(person["language"])
    if not person["registered"]:
        return _stranger(rules, language)
    roles = {Role(row["role"]) for row in found["roles"]}
    homes = tuple(_home(row, language) for row in found["homes"])
    menu = _menu(roles)
    lists = {listed: _matters(found["cases"], listed, language, rules, now) for listed in Listed}
    figures, pin = found["figures"] or {}, found["pin"] or {}
    return Caller(
        menu=menu,
        language=language,
        latin=person["latin"],
        texts=person["texts"],
        heard_at=datetime.fromisoformat(found["heard_at"]) if found["heard_at"] else None,
        also_liaison=menu is Menu.OFFICIAL and bool(homes),
        homes=homes,
        reported=lists[Listed.REPORTED],
        unconfirmed=lists[Listed.UNCONFIRMED],
        waiting=lists[Listed.WAITING],
        mine=lists[Listed.MINE],
        late=lists[Listed.LATE],
        figures=tuple(figures.get(name, 0) for name in ("new", "waiting", "late", "closed")),
        pin_hash=pin.get("hash", ""),
        pin_wrong=pin.get("wrong", 0),
        pin_locked=pin.get("locked_at") is not None,
        draft=Draft(**found["draft"]["answers"]) if found["draft"] else None,
        centre_phone=rules.centre_phone,
        sms_number=rules.sms_number,
    )


def _stranger(rules: Rules, language: Language) -> Caller:
    return Caller(menu=Menu.STRANGER, language=language, centre_phone=rules.centre_phone, sms_number=rules.sms_number)


def _menu(roles: Iterable[Role]) -> Menu:
    """By what is held now; whoever holds nothing any more, or never did, reports without naming a household."""
    if set(roles) - REPORTING_ROLES:
        return Menu.OFFICIAL
    return Menu.LIAISON if Role.LIAISON in roles else Menu.RESIDENT


def _home(row: Row, language: Language) -> Home:
    page = part(
        "part_home_page",
        language,
        name=row["head_name"],
        n=row["members"],
        number=row["number"],
        cases=row["live"] or "",
    )
    return Home(ordinal=row["ordinal"], title=row["head_name"], page=page)


def _matters(
    rows: Iterable[Row], listed: Listed, language: Language, rules: Rules, now: datetime
) -> tuple[Matter, ...]:
    mine = sorted((row for row in rows if row["list"] == listed), key=lambda row: int(row["place"]))
    return tuple(_matter(row, listed, language, rules, now) for row in mine)


def _matter(row: Row, listed: Listed, language: Language, rules: Rules, now: datetime) -> Matter:
    case = _case(row)
    reports = listed in _TO_REPORTERS
    title = labels.what_for_reporter(case, language) if reports else labels.what_with_urgency(case, language)
    due = labels.due(rules.calendar.zone, case.due_at, urgent=case.urgent, language=language)
    state = part(
        "part_case_state",
        language,
        state=labels.state(case, language),
        owner="" if row["is_owner"] else labels.owner_now(case, language),
        due=due if case.state in {State.OPEN, State.ACCEPTED} else "",
    )
    caller = "" if reports else labels.caller(case)
    words = part("part_case_words", language, caller=caller, words=labels.words_for_official(case)).strip()
    parties = frozenset(party for name, party in _PARTIES.items() if row[name])
    open_to = moves.open_to(case, parties, now)
    return Matter(
        number=case.number,
        title=title,
        page=state if reports else "",
        rest="\n".join(line for line in ("" if reports else state, words) if line),
        moves=open_to,
        most_days=moves.days_left(case, now) if Verb.EXTEND in open_to else 0,
    )


def _case(row: Row) -> Case:
    """The case that a row tells of, as the labels want it; it belongs to no session and is never stored."""
    home = Household(ordinal=row["ordinal"], contact_id=row["contact_id"]) if row["ordinal"] else None
    phones = [Phone(number=row["reporter_phone"])] if row["reporter_phone"] else []
    return Case(
        number=row["number"],
        state=State(row["state"]),
        category=row["category"],
        code=row["code"],
        values=row["values"],
        urgent=row["urgent"],
        text=row["text"],
        confirmed=row["confirmed"],
        opened_at=datetime.fromisoformat(row["opened_at"]),
        due_at=datetime.fromisoformat(row["due_at"]),
        extended_days=row["extended_days"],
        household=home,
        unit=Unit(name_zh=row["name_zh"], name_bo=row["name_bo"], name_en=row["name_en"]),
        reporter_id=row["reporter_id"],
        reporter=Person(phones=phones),
        owner=Post(role=Role(row["owner_role"]), person=Person(name=row["owner_name"])),
    )

"""A story as its file tells it: TOML to frozen values, every unknown or missing field an error (docs/scenarios.md)."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, TypeVar, get_type_hints
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
CODE = "*384*7#"
"""What everybody dials."""
SMS, USSD = "sms", "ussd"
"""How something is said."""
OTHERS = "others"
"""In `silent`: everybody whom the step's expectations do not name."""

_SPAN = re.compile(r"\+(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")


class BadStory(ValueError):
    """A story's file cannot be read; the text names the place."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Somebody of the county as this story needs them."""

    language: Annotated[str, "`zh`, `bo` or `en`; Chinese unless said"] = ""
    second_phone: Annotated[bool, "has a second number, which rings when the first one does not"] = False
    absent: Annotated[bool, "the post is vacant"] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Something that shall go wrong with messages to somebody, from this step on."""

    to: Annotated[str, "role"]
    kind: Annotated[str, "`undelivered`, `silent`, `rejected`, `unreachable` …; empty ends it"] = "undelivered"
    phone: Annotated[int, "1 or 2: which of the person's numbers"] = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Handover:
    """A liaison's work passes to somebody else at the step's beginning."""

    post: Annotated[str, "role whose households and open cases move"]
    to: Annotated[str, "role that takes them over"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Expect:
    """Messages that somebody gets during a step."""

    to: Annotated[str, "role"]
    contains: Annotated[tuple[str, ...], "what each of them says: a text or a list; slots are filled in"] = ()
    not_contains: Annotated[tuple[str, ...], "what none of them says"] = ()
    purpose: Annotated[str, "`alert`, `copy`, `reminder`, `ask` … (gateway/domain/terms.py)"] = ""
    template: Annotated[str, "key of the text in templates/messages"] = ""
    count: Annotated[int, "how many such messages"] = 1
    status: Annotated[str, "`delivered`; or `queued`, `failed`, `suppressed`, `cancelled`, `expired`"] = "delivered"
    phone: Annotated[int, "1 or 2: at which of the person's numbers; 0 is any"] = 0
    over: Annotated[str, f"`{SMS}` or `{USSD}`: holds only when the step is said that way"] = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """How a case stands at the end of a step; what is not named is not looked at."""

    case: Annotated[str, "name of the case; the step's own unless said"] = ""
    state: Annotated[str, "`open`, `accepted`, `resolved`, `closed`, `withdrawn`, `merged`"] = ""
    level: Annotated[str, "`village`, `township`, `county`, `department`"] = ""
    owner: Annotated[str, "role of the person who answers for it now"] = ""
    asked: Annotated[tuple[str, ...], "roles that were made answerable, in that order"] = ()
    category: Annotated[str, "id in gateway/domain/categories.toml"] = ""
    urgent: Annotated[bool | None, "`true` or `false`"] = None
    light: Annotated[str, "`green`, `yellow`, `red`"] = ""
    to_sort: Annotated[bool | None, "whether the county centre must sort it"] = None
    confirmed: Annotated[bool | None, "closed by the reporter's own yes"] = None
    household: Annotated[int | None, "ordinal of the household; 0 is none"] = None
    due: Annotated[str, "local date, or date and time: `2026-07-21`, `2026-07-21T14:05:00`"] = ""
    reporter: Annotated[str, "role of whoever reported it"] = ""
    into: Annotated[str, "name of the case that it was merged into"] = ""
    unfinished: Annotated[bool | None, "filed by the clock after the call had broken off"] = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A moment: somebody writes, or only time passes; then what must have come of it."""

    at: Annotated[str, "`+25m` after the step before (d, h, m, s); `07:00` the next time; `2026-07-14T14:05:00`"] = ""

    sender: Annotated[str, "role of whoever writes; without it only time passes"] = ""
    text: Annotated[str, "the message; slots are filled in"] = ""
    dial: Annotated[str, f"a call: the code or direct string dialled, `{CODE}` unless said"] = ""
    keys: Annotated[tuple[str, ...], "a call: what is typed, one entry a screen; slots are filled in"] = ()
    drops: Annotated[bool, "the line breaks after the last key and the carrier says so"] = False
    screen: Annotated[tuple[str, ...], "what the last screen says: a text or a list; slots are filled in"] = ()
    ends: Annotated[bool | None, "whether the last screen ends the call"] = None
    over: Annotated[str, f"`{SMS}`: stays a text when the story is told over USSD, where menus do not offer it"] = ""
    phone: Annotated[int, "1 or 2: from which of the person's numbers"] = 1
    provider: Annotated[str, "carrier that hands it over: `simulator`, `africastalking`, `kannel` (no calls)"] = (
        "simulator"
    )
    provider_id: Annotated[str, "the carrier's id of the message"] = ""
    times: Annotated[int, "how often the carrier hands it over"] = 1
    case: Annotated[str, "name of the case that the step is about; a new name is given to the case it opens"] = ""
    fault: Annotated[tuple[Fault, ...], "one table or a list of them"] = ()
    handover: Annotated[Handover | None, "a table"] = None
    unlock: Annotated[str, "role whose codes and PIN the county centre unlocks at the step's beginning"] = ""
    note: Annotated[str, "a remark, printed with the dialogue"] = ""
    expect: Annotated[tuple[Expect, ...], "`[[step.expect]]` tables"] = ()
    silent: Annotated[
        tuple[str, ...], f'roles that get nothing; `"{OTHERS}"` is everybody not expected, digests aside'
    ] = ()
    facts: Annotated[tuple[Facts, ...], "`[[step.facts]]` tables"] = ()
    cases: Annotated[int | None, "how many cases there are in all"] = None
    stored: Annotated[int | None, "how many messages received are stored in all"] = None

    def __post_init__(self) -> None:
        """Raise BadStory for what contradicts itself."""
        if self.calls and self.text:
            raise BadStory(f"a step is a text or a call, not both: {self.text!r}")
        if self.over not in {"", SMS}:
            raise BadStory(f"over = {self.over!r} is nothing that a step can be")

    @property
    def calls(self) -> bool:
        """Whether it is a call."""
        return bool(self.dial or self.keys)


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """One file."""

    title: Annotated[str, "what happens, in one line"]
    start: Annotated[datetime, "local date and time at which the clock stands first: `2026-07-14T14:05:00`"]
    people: Annotated[Mapping[str, Part], "`[people.ROLE]` tables, where somebody is not as usual"] = field(
        default_factory=dict
    )
    sms_only: Annotated[str, "why the story makes no sense over USSD"] = ""
    step: Annotated[tuple[Step, ...], "`[[step]]` tables in order of time"]


TABLES = (Story, Part, Step, Fault, Handover, Expect, Facts)
"""Every table of a story's file; docs/scenarios.md lists their fields."""


def name_in_file(name: str) -> str:
    """A field as it is written in a file: `from` is no name in Python."""
    return "from" if name == "sender" else name


def meanings(table: type) -> dict[str, str]:
    """The fields of a table as they are written in a file, with what they mean."""
    hints = get_type_hints(table, include_extras=True)
    return {name_in_file(each.name): hints[each.name].__metadata__[0] for each in fields(table)}


def read(path: Path) -> Story:
    """The story in a file; raises BadStory."""
    return from_toml(path.read_text("utf-8"), where=path.name)


def from_toml(text: str, *, where: str = "story") -> Story:
    """The story in a text; raises BadStory."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadStory(f"{where}: {error}") from error
    story = _table(Story, data, where)
    if story.start.tzinfo is None:
        return replace(story, start=story.start.replace(tzinfo=ZONE))
    return story


def moment(at: str, now: datetime) -> datetime:
    """The moment that a step names, seen from the present one; raises BadStory."""
    local = now.astimezone(ZONE)
    span, clock = _SPAN.fullmatch(at), _CLOCK.fullmatch(at)
    if not at:
        return now
    if span and at != "+":
        days, hours, minutes, seconds = (int(part or 0) for part in span.groups())
        return now + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if clock:
        found = datetime.combine(local.date(), time(int(clock[1]), int(clock[2])), ZONE)
        return found if found >= local else found + timedelta(days=1)
    try:
        return datetime.fromisoformat(at).replace(tzinfo=ZONE)
    except ValueError as error:
        raise BadStory(f"at = {at!r} is no moment") from error


_T = TypeVar("_T")


def _table(kind: type[_T], data: object, where: str) -> _T:
    """One table as its dataclass."""
    if not isinstance(data, dict):
        raise BadStory(f"{where}: must be a table")
    names = {name_in_file(each.name): each for each in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(data.keys() - names.keys())
    if unknown:
        raise BadStory(f"{where}: unknown {', '.join(unknown)}; there are {', '.join(names)}")
    for written, each in names.items():
        if written not in data and each.default is MISSING and each.default_factory is MISSING:
            raise BadStory(f"{where}: {written} is missing")
    hints = get_type_hints(kind)
    values = {
        names[written].name: _value(hints[names[written].name], value, f"{where}.{written}")
        for written, value in data.items()
    }
    return kind(**values)


_TABLE_OF = {
    tuple[Step, ...]: Step,
    tuple[Fault, ...]: Fault,
    tuple[Expect, ...]: Expect,
    tuple[Facts, ...]: Facts,
}


def _value(hint: object, value: object, where: str) -> object:
    """One value in the shape of its field: single things where a list may stand, dates where a text may."""
    if hint in _TABLE_OF:
        listed = value if isinstance(value, list) else [value]
        return tuple(_table(_TABLE_OF[hint], each, f"{where}[{place}]") for place, each in enumerate(listed, start=1))
    if hint == Handover | None:
        return _table(Handover, value, where)
    if hint == Mapping[str, Part]:
        return {role: _table(Part, part, f"{where}.{role}") for role, part in value.items()}
    if hint == tuple[str, ...]:
        value = tuple(value) if isinstance(value, list) else (value,)
    elif hint is str and isinstance(value, date):
        value = str(value)
    _check(hint, value, where)
    return value


def _check(hint: object, value: object, where: str) -> None:
    """Whether a plain value has its field's type; True is no number here."""
    if hint == tuple[str, ...]:
        fits = all(isinstance(each, str) for each in value)
    elif hint in {int, int | None}:
        fits = isinstance(value, int) and not isinstance(value, bool)
    elif hint == bool | None:
        fits = isinstance(value, bool)
    else:
        fits = isinstance(value, hint)
    if not fits:
        raise BadStory(f"{where}: {value!r} has the wrong type")

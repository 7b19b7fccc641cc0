"""What a call knows of its caller: loaded once when it is dialled, carried along, never asked for again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from gateway.domain.terms import Language
from gateway.sms.reading import Verb


class Menu(StrEnum):
    """Which first screen somebody gets."""

    LIAISON = "liaison"
    RESIDENT = "resident"
    OFFICIAL = "official"
    STRANGER = "stranger"


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A report as far as it was told; what was not answered yet is empty or None."""

    household: str = ""  # ordinal; a resident's own household needs none
    code: str = ""  # two digits, one digit for a family, "9" for "other, in my own words"
    count: int | None = None
    text: str = ""
    urgent: bool | None = None

    @property
    def fileable(self) -> bool:
        """Whether it says what happened."""
        return bool(self.text) or self.code not in {"", "9"}

    def as_json(self) -> dict[str, Any]:
        """As plain JSON values; `Draft(**values)` is the way back."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """A household as its liaison counts it."""

    ordinal: int
    title: str  # in a list, without the ordinal
    page: str  # what may be told of it


@dataclass(frozen=True, kw_only=True, slots=True)
class Matter:
    """A case as this caller may see it, in the caller's language."""

    number: str
    title: str  # in a list, without the number: "急！协隆3户 房屋倒塌"
    page: str = ""  # on its page under number and title: how it stands, for who waits for it
    rest: str = ""  # behind the moves: what is left to tell
    moves: tuple[Verb, ...] = ()  # what this caller may do to it now
    most_days: int = 0  # EXTEND: how many days are left to ask for


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who calls; texts are ready in the caller's language, lists in the order in which they are shown."""

    menu: Menu
    language: Language
    latin: bool = False  # the phone draws Latin letters only
    texts: bool = True  # gets our texts; False for a phone that opted out
    heard_at: datetime | None = None  # when something of this person's was last received or handled, on any way
    also_liaison: bool = False  # an official with households of the own
    homes: tuple[Home, ...] = ()
    reported: tuple[Matter, ...] = ()  # the caller's own cases that are not over
    unconfirmed: tuple[Matter, ...] = ()  # done, waiting for the caller's yes or no
    waiting: tuple[Matter, ...] = ()  # the caller's to accept
    mine: tuple[Matter, ...] = ()  # accepted by the caller
    late: tuple[Matter, ...] = ()  # past their time
    figures: tuple[int, int, int, int] = (0, 0, 0, 0)  # new, waiting, late, closed, as in the morning's digest
    orders: tuple[str, ...] = ()  # orders and notices to read
    pin_hash: str = ""  # empty: none was chosen yet
    pin_wrong: int = 0
    pin_locked: bool = False
    draft: Draft | None = None  # a report that an earlier call began
    centre_phone: str = ""
    sms_number: str = ""

    def as_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self) | {"heard_at": self.heard_at.isoformat() if self.heard_at else None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Back from `as_json`, or from what went through JSON since."""
        values = dict(data)
        values["menu"], values["language"] = Menu(values["menu"]), Language(values["language"])
        values["homes"] = tuple(Home(**each) for each in values["homes"])
        for name in ("reported", "unconfirmed", "waiting", "mine", "late"):
            values[name] = tuple(_matter(each) for each in values[name])
        values["figures"], values["orders"] = tuple(values["figures"]), tuple(values["orders"])
        values["heard_at"] = datetime.fromisoformat(values["heard_at"]) if values["heard_at"] else None
        values["draft"] = Draft(**values["draft"]) if values["draft"] else None
        return cls(**values)


def _matter(data: Mapping[str, Any]) -> Matter:
    return Matter(**{**data, "moves": tuple(Verb(move) for move in data["moves"])})

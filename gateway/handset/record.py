"""What was done on the two phones, step by step, as the page recorded it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.handset.signal import FAULTS

MOST_STEPS = 300
_MOST_KEYS = 40
_LONGEST_KEY = 300


class Unreadable(ValueError):
    """The page's record makes no sense."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A text was sent; `id` is the carrier's."""

    at: datetime
    number: str
    carrier: str
    text: str
    id: str
    twice: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A call was made; `at` is its last turn, `dialled` the whole string, `drops` whether the line broke.

    `asked` says of each key which screen it answered, where that asked for a PIN; there may be fewer of them than keys.
    """

    at: datetime
    number: str
    carrier: str
    session: str
    dialled: str
    keys: tuple[str, ...]
    drops: bool
    ends: bool
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Switch:
    """The network around a phone was changed."""

    at: datetime
    number: str
    fault: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """Somebody moved the clock; `at` is what it shows then."""

    at: datetime


Step = Text | Call | Switch | Moved


def read(steps: object) -> Sequence[Step]:
    """The steps in order of time; raises Unreadable."""
    if not isinstance(steps, list) or len(steps) > MOST_STEPS:
        raise Unreadable("steps must be a list of at most 300")
    try:
        found = [_step(step) for step in steps]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(str(error)) from error
    return sorted(found, key=lambda step: step.at)


def _step(given: Mapping[str, Any]) -> Step:
    at = datetime.fromisoformat(_text(given["at"]))
    if at.tzinfo is None:
        raise ValueError("a moment without a zone")
    match given["kind"]:
        case "text":
            return Text(
                at=at,
                number=_text(given["number"]),
                carrier=_text(given["carrier"]),
                text=_text(given["text"], 1000),
                id=_text(given["id"]),
                twice=given.get("twice") is True,
            )
        case "call":
            return _call(at, given)
        case "switch":
            fault = _text(given["fault"])
            if fault not in FAULTS:
                raise ValueError("an unknown fault")
            return Switch(at=at, number=_text(given["number"]), fault=fault)
        case "clock":
            return Moved(at=at)
        case _:
            raise ValueError("an unknown step")


def _call(at: datetime, given: Mapping[str, Any]) -> Call:
    return Call(
        at=at,
        number=_text(given["number"]),
        carrier=_text(given["carrier"]),
        session=_text(given["session"]),
        dialled=_text(given["dialled"]),
        keys=_typed(given["keys"]),
        drops=given.get("drops") is True,
        ends=given.get("ends") is True,
        asked=_typed(given.get("asked", [])),
    )


def _typed(keys: object) -> tuple[str, ...]:
    if not isinstance(keys, list) or len(keys) > _MOST_KEYS:
        raise ValueError("too many keys")
    return tuple(_text(key, _LONGEST_KEY) for key in keys)


def _text(value: object, longest: int = 200) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise TypeError("not a text, or too long")
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

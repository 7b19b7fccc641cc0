"""The screens and where their digits lead, loaded once from `menus.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from gateway.sms.reading import Verb


class Kind(StrEnum):
    """What a screen is."""

    MENU = "menu"
    LIST = "list"
    PAGE = "page"
    QUESTION = "question"


class Takes(StrEnum):
    """What answers a question."""

    NUMBER = "number"
    WORDS = "words"
    PIN = "pin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Screen:
    """One screen; `items` and `only` are by digit, `leads` is the page that an item of a list opens."""

    name: str
    kind: Kind
    first: bool
    items: Mapping[str, str]
    only: Mapping[str, str]
    leads: str
    takes: Takes | None
    skip: bool  # `#` goes on without an answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Menus:
    """Everything in `menus.toml`; `moves` are the questions that each move of a case asks, in order."""

    screens: Mapping[str, Screen]
    moves: Mapping[Verb, tuple[str, ...]]


@cache
def menus() -> Menus:
    """The menus; read once."""
    data = tomllib.loads(resources.files("gateway.ussd").joinpath("menus.toml").read_text(encoding="utf-8"))
    return Menus(
        screens=MappingProxyType({name: _screen(name, entry) for name, entry in data["screens"].items()}),
        moves=MappingProxyType({Verb(name): tuple(asked) for name, asked in data["moves"].items()}),
    )


def _screen(name: str, entry: Mapping[str, Any]) -> Screen:
    return Screen(
        name=name,
        kind=Kind(entry["kind"]),
        first=entry.get("first", False),
        items=MappingProxyType(entry.get("items", {})),
        only=MappingProxyType(entry.get("only", {})),
        leads=entry.get("leads", ""),
        takes=Takes(entry["takes"]) if "takes" in entry else None,
        skip=entry.get("skip", False),
    )

"""The card's own words, each in the holder's language and in Tibetan; what the code book says comes from there."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gateway.domain.terms import Language

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "cards"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """The same in the holder's language, Chinese or English, and in Tibetan."""

    own: str
    bo: str


def pair(language: Language, say: Callable[[Language], str]) -> Pair:
    """What `say` gives in the language of a card and in Tibetan."""
    return Pair(own=say(beside_tibetan(language)), bo=say(Language.BO))


def beside_tibetan(language: Language) -> Language:
    """What stands beside the Tibetan for somebody of a language: Chinese, since a phone's menus may come in it."""
    return Language.EN if language is Language.EN else Language.ZH


def words(key: str, language: Language, **slots: str | int) -> Pair:
    """One of the card's own words; raises KeyError for one that words.toml lacks."""
    entry = _read()[key]
    return pair(language, lambda each: entry[each.value].format(**slots))


@cache
def _read() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((FOLDER / "words.toml").read_text("utf-8"))

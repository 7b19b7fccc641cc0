"""The code book: report codes, verbs and marks, loaded once from `codebook.toml` (design, sections 5 and 6)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from gateway.domain.terms import Language
from gateway.sms.reading import Verb


@dataclass(frozen=True, kw_only=True, slots=True)
class Code:
    """What is said to have happened: two digits, or one for a whole family; its category id, and what people call it.

    `takes_count`: the code card asks for a number behind it, `counts_people` when it is one of people; the parser takes
    values behind any two digits.
    """

    code: str
    category: str
    urgent: bool
    labels: Mapping[Language, str]
    takes_count: bool
    counts_people: bool

    @property
    def family(self) -> str:
        """First digit of the code."""
        return self.code[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class VerbEntry:
    """How a verb is typed: its digit (empty: by word only) and its words, the printed one of each language first."""

    verb: Verb
    digit: str
    words: Mapping[Language, tuple[str, ...]]
    latin: tuple[str, ...]  # pinyin without tones and Wylie
    alone: tuple[str, ...]  # words that count only when nothing follows
    run_on: bool  # a longer Chinese or Tibetan word counts with letters right behind it
    reply_code: bool  # consequential: wants the three digits of our alert
    whole_only: bool  # never behind a number, only as the whole message

    @property
    def every_word(self) -> tuple[str, ...]:
        """All words that count with something behind them."""
        return tuple(word for words in self.words.values() for word in words) + self.latin


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """What can stand in front of a message: single characters, words, and words that only look like one."""

    characters: tuple[str, ...]
    words: tuple[str, ...]
    lookalikes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SubjectWords:
    """Words around a number: they make it a household, or keep it an amount."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    after_glued: tuple[str, ...]
    after_not_before: tuple[str, ...]
    after_not_part_of: tuple[str, ...]
    after_full_number: tuple[str, ...]
    units: tuple[str, ...]
    not_units: tuple[str, ...]
    spaced_units: tuple[str, ...]
    counted: tuple[str, ...]
    days: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Codebook:
    """Everything in `codebook.toml`."""

    version: int  # printed on the code cards
    families: Mapping[str, Mapping[Language, str]]
    codes: Mapping[str, Code]
    kinds: Mapping[str, Code]  # the codes, and each family as a code of one digit
    verbs: Mapping[Verb, VerbEntry]
    urgent: Marks
    rehearsal: Marks
    subject: SubjectWords

    def kind(self, code: str) -> Code:
        """What two digits, or the one digit of a family, stand for; raises KeyError when it is not in the book."""
        return self.kinds[code]

    def label(self, code: str, language: Language) -> str:
        """What a code or a family is called; raises KeyError when it is not in the book."""
        return self.kinds[code].labels[language]

    def categories_of(self, family: str) -> frozenset[str]:
        """The categories that the codes of a family stand for."""
        return frozenset(code.category for code in self.codes.values() if code.family == family)

    def word(self, verb: Verb, language: Language) -> str:
        """The word we print for a verb."""
        return self.verbs[verb].words[language][0]

    def verb_of(self, digit: str) -> Verb | None:
        """The verb that a digit after a case number stands for."""
        return next((entry.verb for entry in self.verbs.values() if entry.digit == digit), None)


OTHER_FAMILY = "9"
"""Alone it says nothing about what happened: words must follow."""


@cache
def codebook() -> Codebook:
    """The code book; read once."""
    data = tomllib.loads(resources.files("gateway.sms").joinpath("codebook.toml").read_text(encoding="utf-8"))
    families = {digit: _code(digit, entry) for digit, entry in data["families"].items()}
    codes = {code: _code(code, entry) for code, entry in data["codes"].items()}
    return Codebook(
        version=data["version"],
        families=MappingProxyType({digit: family.labels for digit, family in families.items()}),
        codes=MappingProxyType(codes),
        kinds=MappingProxyType(families | codes),
        verbs=MappingProxyType({Verb(name): _verb(Verb(name), entry) for name, entry in data["verbs"].items()}),
        urgent=_marks(data["urgent"]),
        rehearsal=_marks(data["rehearsal"]),
        subject=SubjectWords(**{name: tuple(words) for name, words in data["subject"].items()}),
    )


def _labels(entry: Mapping[str, str]) -> Mapping[Language, str]:
    return MappingProxyType({language: entry[language.value] for language in Language})


def _code(code: str, entry: Mapping[str, Any]) -> Code:
    return Code(
        code=code,
        category=entry["category"],
        urgent=entry.get("urgent", False),  # a family alone: only the words or a mark can say so
        labels=_labels(entry),
        takes_count="takes" in entry,
        counts_people=entry.get("takes") == "people",
    )


def _verb(verb: Verb, entry: Mapping[str, Any]) -> VerbEntry:
    return VerbEntry(
        verb=verb,
        digit=entry.get("digit", ""),
        words=MappingProxyType({language: tuple(entry[language.value]) for language in Language}),
        latin=tuple(entry["latin"]),
        alone=tuple(entry.get("alone", ())),
        run_on=entry.get("run_on", False),
        reply_code=entry.get("reply_code", False),
        whole_only=entry.get("whole_only", False),
    )


def _marks(entry: Mapping[str, Any]) -> Marks:
    words = [word for language in Language for word in entry[language.value]] + entry["latin"]
    return Marks(
        characters=tuple(entry.get("marks", ())),
        words=tuple(words),
        lookalikes=tuple(entry.get("not_marks", ())),
    )

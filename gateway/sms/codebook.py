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
    """A report code: two digits, its category id, and what people call it.

    `takes_count`: the code card asks for a number behind it; the parser takes values behind any code.
    """

    code: str
    category: str
    urgent: bool
    labels: Mapping[Language, str]
    takes_count: bool

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

    families: Mapping[str, Mapping[Language, str]]
    codes: Mapping[str, Code]
    verbs: Mapping[Verb, VerbEntry]
    urgent: Marks
    rehearsal: Marks
    subject: SubjectWords

    def label(self, code: str, language: Language) -> str:
        """What a code is called; raises KeyError for a code that is not in the book."""
        return self.codes[code].labels[language]

    def word(self, verb: Verb, language: Language) -> str:
        """The word we print for a verb."""
        return self.verbs[verb].words[language][0]

    def verb_of(self, digit: str) -> Verb | None:
        """The verb that a digit after a case number stands for."""
        return next((entry.verb for entry in self.verbs.values() if entry.digit == digit), None)


@cache
def codebook() -> Codebook:
    """The code book; read once."""
    data = tomllib.loads(resources.files("gateway.sms").joinpath("codebook.toml").read_text(encoding="utf-8"))
    return Codebook(
        families=MappingProxyType({digit: _labels(names) for digit, names in data["families"].items()}),
        codes=MappingProxyType({code: _code(code, entry) for code, entry in data["codes"].items()}),
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
        urgent=entry["urgent"],
        labels=_labels(entry),
        takes_count=entry.get("takes") == "count",
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

"""The weighted words of the categories, read from words/*.toml into one phrase book."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from gateway.domain.categories import categories
from gateway.domain.frames import FrameBook
from gateway.domain.phrases import PhraseBook, cut
from gateway.domain.spelling import Script, spellings, words_of

ANY_MEANING = "*"
_GRAMMAR = "grammar"
_FRAMES = "frames"
_URGENCY = "urgency"


class Part(StrEnum):
    """What a listed word does in a text; most are tables of words/grammar.toml of the same name."""

    WORD = "word"
    NEGATORS = "negators"
    FORMER = "former"
    BEHIND = "behind"
    BRIDGES = "bridges"
    JOINTS = "joints"
    NEUTRAL = "neutral"
    OVER = "over"
    FRAME = "frame"


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """What several words in several scripts say; `category` is empty for a cry for help."""

    name: str
    category: str
    weight: float
    urgent: bool
    life_and_limb: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One listed word with its `meanings`; `cancels` are the names of the meanings, or `*`, that an OVER ends."""

    word: str
    script: Script
    part: Part
    meanings: tuple[Meaning, ...] = ()
    cancels: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Lexicon:
    """All listed words: `entries` as listed; `book` finds them in a text, `frames` the pairs of words.

    `told` are the meanings of the frames by frame number.
    """

    entries: tuple[Entry, ...]
    book: PhraseBook[Entry]
    frames: FrameBook
    told: tuple[Meaning, ...]


@cache
def lexicon() -> Lexicon:
    """The words of this deployment, read once; raises ValueError when a table is not well formed."""
    tables = {
        path.name.removesuffix(".toml"): tomllib.loads(path.read_text(encoding="utf-8"))
        for path in resources.files("gateway.domain").joinpath("words").iterdir()
        if path.name.endswith(".toml")
    }
    return compile_lexicon(tables)


def compile_lexicon(tables: Mapping[str, Mapping[str, Any]]) -> Lexicon:
    """Lexicon from tables by file name; raises ValueError on an unknown category or a word that does two things."""
    entries: dict[tuple[str, ...], Entry] = {}
    forms: dict[tuple[str, ...], str] = {}
    for entry in sorted(_entries(tables), key=lambda each: (each.part, each.word)):
        for form in spellings(entry.script, entry.word):
            key = tuple(cut(form).words)
            entries[key] = _merged(entries[key], entry) if key in entries else entry
            forms[key] = form
    book = PhraseBook(((forms[key], entry) for key, entry in entries.items()), slack=_slack(tables[_GRAMMAR]))
    listed = tuple(dict.fromkeys(entries.values()))
    blockers = [form for key, form in forms.items() if entries[key].part in {Part.NEGATORS, Part.FORMER}]
    frames = FrameBook(tables[_FRAMES], blockers=blockers)
    return Lexicon(entries=listed, book=book, frames=frames, told=_told(tables[_FRAMES], listed))


def _told(table: Mapping[str, Any], listed: Iterable[Entry]) -> tuple[Meaning, ...]:
    known = {(meaning.category, meaning.name): meaning for entry in listed for meaning in entry.meanings}
    wanted = [(frame["category"], frame["meaning"]) for frame in table["frame"]]
    if unknown := [each for each in wanted if each not in known]:
        raise ValueError(f"words/frames.toml names meanings that no word has: {unknown}")
    return tuple(known[each] for each in wanted)


def _merged(known: Entry, entry: Entry) -> Entry:
    if known.part is not entry.part:
        raise ValueError(f"the word {entry.word!r} is listed as {known.part} and as {entry.part}")
    meanings = tuple(dict.fromkeys(known.meanings + entry.meanings))
    return replace(known, meanings=meanings, cancels=known.cancels | entry.cancels)


def _entries(tables: Mapping[str, Mapping[str, Any]]) -> Iterator[Entry]:
    for name, table in tables.items():
        if name == _FRAMES:
            continue
        if name == _GRAMMAR:
            yield from _grammar(table)
            continue
        if name != _URGENCY and name not in categories():
            raise ValueError(f"words/{name}.toml is named after no category")
        for row in table["meaning"]:
            meaning = _meaning(row, "" if name == _URGENCY else name)
            yield from (
                Entry(word=word, script=script, part=Part.WORD, meanings=(meaning,)) for script, word in words_of(row)
            )


def _grammar(table: Mapping[str, Any]) -> Iterator[Entry]:
    for part in (Part.NEGATORS, Part.FORMER, Part.BEHIND, Part.BRIDGES, Part.JOINTS, Part.NEUTRAL):
        yield from (Entry(word=word, script=script, part=part) for script, word in words_of(table[part]))
    for row in table[Part.OVER]:
        cancels = frozenset(row["cancels"])
        meanings = (_meaning(row, row["category"]),) if "category" in row else ()
        yield from (
            Entry(word=word, script=script, part=Part.OVER, meanings=meanings, cancels=cancels)
            for script, word in words_of(row)
        )


def _meaning(row: Mapping[str, Any], category: str) -> Meaning:
    life_and_limb = bool(row.get("life_and_limb", False))
    return Meaning(
        name=row["name"],
        category=category,
        weight=float(row["weight"]),
        urgent=life_and_limb or bool(row.get("urgent", False)),
        life_and_limb=life_and_limb,
    )


def _slack(grammar: Mapping[str, Any]) -> list[str]:
    return [word for words in grammar["slack"].values() for word in words]

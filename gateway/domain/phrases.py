"""Finds listed words in a text, whatever the script: one trie over units, walked once from every unit.

A unit is one Tibetan syllable, one Latin word, one number, or one character of anything else. So Latin words match
whole, Tibetan by syllables and Chinese by substring, by the same walk. Nothing here knows what a word means.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

_ENTRY = TypeVar("_ENTRY")


class Gap(IntEnum):
    """What stands between two units."""

    NONE = 0
    SOFT = 1  # a space or a separator of the design, section 5: a listed word may span it
    COMMA = 2  # ends a clause: no listed word spans it
    HARD = 3  # ends a sentence


_APOSTROPHE = re.compile(r"['’‘ʼ`](?:(?<=[a-z].)(?:is?|o|am)\b)?")  # drops the case ending of sa'i; can't → cant
_UNIT = re.compile(
    r"(?P<latin>[a-z]+)|(?P<number>\d+)|(?P<tibetan>[\u0f40-\u0fbc]+)|(?P<tsheg>\u0f0b)"
    r"|(?P<soft>[ \t*#/_+-]|\.(?=[a-z0-9]))|(?P<comma>[,:()\"「」“”])"
    r"|(?P<hard>[\s.;!?。…\u0f0d-\u0f14])|(?P<other>.)",
    re.DOTALL,
)
_GAPS = {"soft": Gap.SOFT, "comma": Gap.COMMA, "hard": Gap.HARD}
_INFLECTED = frozenset({"latin", "tibetan"})
_COMMA = Gap.COMMA
_NUMBER = "#"
_MAX_SKIPPED = 3
_ENDING_PARTICLES = ("འི", "འོ", "འང", "འམ")
_WHOLE_PARTICLES = frozenset({"ནས", "ལས"})  # end in ས, which is no case ending here
_SHORTEST_INFLECTED = 4  # letters of a Latin word that may end in a plural s or a Wylie -r
_PLANE = 0x10000


@dataclass(frozen=True, slots=True)
class Units:
    """A text cut into units; `gaps[i]` is what stands in front of unit i, `stems[i]` the unit without its ending."""

    words: list[str]
    stems: list[str]
    gaps: list[Gap]
    clause_ends: list[int]  # for each unit the place behind its clause

    def touch(self, place: int) -> bool:
        """Whether the unit at `place` belongs to the one before it: no gap, or a space between Latin words."""
        return self.gaps[place] is Gap.NONE or (self.gaps[place] is Gap.SOFT and self.words[place].isascii())


class Match(NamedTuple, Generic[_ENTRY]):
    """A listed word at units `start` up to `end`; `size` is the length of the word as listed, in characters."""

    start: int
    end: int
    size: int
    entry: _ENTRY


_START = attrgetter("start")


def _longest_first(match: Match[Any]) -> tuple[int, int, int]:
    return -match.size, match.start, match.end


class _Folding(dict[int, str]):
    """For str.translate: width and accents folded, lower case, one character at a time.

    Not unicodedata.normalize on the whole text: its sorting of marks is quadratic on hostile text.
    """

    def __missing__(self, code: int) -> str:
        whole = unicodedata.normalize("NFKD", chr(code)).lower()
        folded = "".join(letter for letter in whole if not "\u0300" <= letter <= "\u036f")
        if unicodedata.category(chr(code)) == "Cf":  # zero-width and direction marks
            folded = ""
        if code < _PLANE:  # keeps the table small whatever is sent
            self[code] = folded
        return folded


_FOLDING = _Folding()


def cut(text: str) -> Units:
    """Cut a text into units, folding width, case, accents, apostrophes and zero-width characters."""
    words: list[str] = []
    stems: list[str] = []
    gaps: list[Gap] = []
    gap = nothing = Gap.NONE
    for found in _UNIT.finditer(_APOSTROPHE.sub("", text.translate(_FOLDING))):
        kind, word = found.lastgroup, found.group()
        if kind in _GAPS:
            gap = max(gap, _GAPS[kind])
        elif kind != "tsheg":
            words.append(_NUMBER if kind == "number" else word)
            stems.append(_stem(word) if kind in _INFLECTED else word)
            gaps.append(gap)
            gap = nothing
    return Units(words=words, stems=stems, gaps=gaps, clause_ends=_clause_ends(gaps))


def _clause_ends(gaps: list[Gap]) -> list[int]:
    starts = [place for place, gap in enumerate(gaps) if gap >= _COMMA or not place]
    return [end for start, end in pairwise([*starts, len(gaps)]) for _ in range(start, end)]


def _stem(word: str) -> str:
    """A syllable without a fused particle, a Latin word without a plural s: tried when the whole one is not listed."""
    if word.isascii():
        return word[:-1] if len(word) >= _SHORTEST_INFLECTED and word[-1] in "sr" else word
    for ending in _ENDING_PARTICLES:
        if word.endswith(ending) and word != ending:
            return word.removesuffix(ending)
    is_inflected = len(word) > 1 and word[-1] in "རས" and word not in _WHOLE_PARTICLES
    return word[:-1] if is_inflected else word


class PhraseBook(Generic[_ENTRY]):
    """Listed words with what they stand for; `slack` are units that may stand inside a word of several units."""

    def __init__(self, entries: Iterable[tuple[str, _ENTRY]], *, slack: Iterable[str] = ()) -> None:
        self._slack = frozenset((*slack, _NUMBER))
        self._root: dict[str, Any] = {}  # unit → node; the empty unit → (size, entry)
        for word, entry in entries:
            node = self._root
            for unit in cut(word).words:
                node = node.setdefault(unit, {})
            node[""] = (len(word), entry)

    def find(self, units: Units) -> list[Match[_ENTRY]]:
        """The words of a text in order, none overlapping another: of two that do, the longer wins, then the first."""
        root, stems, ends = self._root, units.stems, units.clause_ends
        starts = [start for start, word in enumerate(units.words) if word in root or stems[start] in root]
        found = [match for start in starts for match in self._from(units, start, ends[start])]
        found.sort(key=_longest_first)
        taken = bytearray(len(units.words))
        kept: list[Match[_ENTRY]] = []
        for match in found:
            if 1 not in taken[match.start : match.end]:
                taken[match.start : match.end] = b"\x01" * (match.end - match.start)
                kept.append(match)
        kept.sort(key=_START)
        return kept

    def _from(self, units: Units, start: int, end: int) -> list[Match[_ENTRY]]:
        """Every listed word that begins at one unit and ends before `end`, with slack taken as such or as listed."""
        words, stems, slack = units.words, units.stems, self._slack
        found: list[Match[_ENTRY]] = []
        paths = [(self._root, start, 0)]
        while paths:
            node, place, skipped = paths.pop()
            while place < end:
                word = words[place]
                child = node.get(word)
                if child is None and stems[place] is not word:
                    child = node.get(stems[place])
                place += 1
                can_skip = skipped < _MAX_SKIPPED and place > start + 1 and word in slack
                if child is None and not can_skip:
                    break
                if child is None:
                    skipped += 1
                    continue
                if can_skip:
                    paths.append((node, place, skipped + 1))
                node, skipped = child, 0
                if "" in node:
                    size, entry = node[""]
                    found.append(Match(start, place, size, entry))
        return found

"""Finds meanings told by two words near each other: "墙 … 倒了", "leg … broken" (words/frames.toml)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Any, NamedTuple

from gateway.domain.phrases import Gap, Match, PhraseBook, Units
from gateway.domain.spelling import Script, spellings, words_of

_REACH = 10  # units between the two words
_PEOPLE = "@people"


class Role(StrEnum):
    """Which of the two lists of a frame a word stands in."""

    FIRST = "first"
    SECOND = "second"


class Slot(NamedTuple):
    """A place of a word in a frame: frame number, script, the number of the place and of the one that completes it."""

    frame: int
    script: Script
    place: int
    partner: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SlotWord:
    """One listed word with its slots; a `blocker` ends what its clause could still say, no slots at all is inert."""

    word: str
    slots: tuple[Slot, ...] = ()
    blocker: bool = False


class Pair(NamedTuple):
    """Frame `frame` told by two words of a text, the later of which ends before unit `end`."""

    frame: int
    words: tuple[str, str]
    script: Script
    end: int


class FrameBook:
    """The frames of words/frames.toml, ready to be looked for; raises ValueError when a word of one is a blocker."""

    def __init__(self, table: Mapping[str, Any], *, blockers: Iterable[str]) -> None:
        listed = {word: SlotWord(word=word, blocker=True) for word in blockers}
        listed |= {word: SlotWord(word=word) for word in table["inert"]}
        for word, slot in _slots(table):
            known = listed.get(word, SlotWord(word=word))
            if known.blocker:
                raise ValueError(f"the negator {word!r} is a word of frame {slot.frame}")
            listed[word] = SlotWord(word=word, slots=(*known.slots, slot))
        self._book = PhraseBook(listed.items())

    def find(self, units: Units) -> Iterator[Pair]:
        """Pairs in the order in which they are completed; a blocker blocks the rest of its clause.

        The two words may stand in two clauses ("grandfather went out, still not home"), not in two sentences.
        """
        seen: dict[int, tuple[int, str]] = {}
        done, blocked = 0, False
        for match in self._book.find(units):
            between = max(units.gaps[done : match.start + 1])
            done = match.start + 1
            blocked = match.entry.blocker or (blocked and between < Gap.COMMA)
            if between is Gap.HARD:
                seen.clear()
            if not blocked:
                yield from self._pairs(match, seen)

    def _pairs(self, match: Match[SlotWord], seen: dict[int, tuple[int, str]]) -> Iterator[Pair]:
        """The pairs that one word completes; notes the word in `seen` (place → where it ended) for words to come."""
        for slot in match.entry.slots:
            if slot.partner in seen:
                end, word = seen[slot.partner]
                if 0 <= match.start - end <= _REACH:
                    yield Pair(slot.frame, (word, match.entry.word), slot.script, match.end)
            seen[slot.place] = (match.end, match.entry.word)


def _slots(table: Mapping[str, Any]) -> Iterator[tuple[str, Slot]]:
    scripts = list(Script)
    for (frame, row), (side, role) in product(enumerate(table["frame"]), enumerate(Role)):
        for script, word in _spelled_out(row[role], table["people"]):
            place = 2 * (frame * len(scripts) + scripts.index(script)) + side
            slot = Slot(frame=frame, script=script, place=place, partner=place ^ 1)
            yield from ((spelling, slot) for spelling in spellings(script, word))


def _spelled_out(lists: Mapping[str, Any], people: Mapping[str, Any]) -> Iterator[tuple[Script, str]]:
    """The words of a role; `@people` stands for all words for people in its script."""
    whole = {script: [*words, *(people[script] if _PEOPLE in words else ())] for script, words in lists.items()}
    return ((script, word) for script, word in words_of(whole) if word != _PEOPLE)

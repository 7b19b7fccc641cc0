"""How a listed word may be typed: Tibetan also in Wylie, pinyin with or without its spaces."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import product
from typing import Any

from gateway.domain.wylie import wylie

_JOINED_SYLLABLES = 6  # longer pinyin would have too many spellings
_SHORTEST_WYLIE = 4  # letters of a single syllable; shorter ones are words of English or pinyin ("nor", "shi")


class Script(StrEnum):
    """How a word is written; also the key of its list in words/*.toml."""

    ZH = "zh"
    BO = "bo"
    PINYIN = "pinyin"
    WYLIE = "wylie"
    EN = "en"


def words_of(row: Mapping[str, Any]) -> Iterator[tuple[Script, str]]:
    """The words of a table by script; those in Tibetan letters come in Wylie too."""
    for script in Script:
        for word in row.get(script, ()):
            yield script, word
            if script is Script.BO:
                transliterated = wylie(word)
                if " " in transliterated or len(transliterated) >= _SHORTEST_WYLIE:
                    yield Script.WYLIE, transliterated


def spellings(script: Script, word: str) -> Iterable[str]:
    """A word as listed first, then as hurried fingers type it: fangzi for fang zi, gyag for g.yag."""
    if script is Script.WYLIE:
        return dict.fromkeys((word, word.replace(".", "")))
    syllables = word.split()
    if script is not Script.PINYIN or len(syllables) > _JOINED_SYLLABLES:
        return (word,)
    gaps = product((" ", ""), repeat=len(syllables) - 1)
    return ["".join(part for pair in zip(syllables, (*gap, ""), strict=True) for part in pair) for gap in gaps]

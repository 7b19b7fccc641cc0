"""The words of the code book compiled for matching at a place in a folded text: longest first, whole words only."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from gateway.sms.codebook import VerbEntry, codebook
from gateway.sms.folding import CHINESE_NUMERALS, SEPARATORS, fold
from gateway.sms.reading import Verb

_SEPARATOR = f"[{re.escape(''.join(sorted(SEPARATORS)))}]"
_TIBETAN_LETTER = "[\u0f40-\u0fbc]"
_NOT_LATIN = r"(?![a-z])"
_NOT_LETTER = r"(?![^\W\d])"
_DAYS_FOLLOW = f"(?=[{''.join(sorted(CHINESE_NUMERALS))}]{{1,3}}[天日])"  # "延三天"
_FINISHED = "[了啦]?"  # a particle that people hang on a one-word command


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A word found: what it stands for, and where it ends."""

    value: str
    end: int


class Matcher:
    """Words and what each stands for, as one pattern; matching is linear."""

    def __init__(self, patterns: Iterable[tuple[str, str]]) -> None:
        ordered = sorted(dict.fromkeys(patterns), key=lambda pair: len(pair[0]), reverse=True)
        self._values = [value for _, value in ordered]
        self._pattern = re.compile("|".join(f"({pattern})" for pattern, _ in ordered))

    def match(self, text: str, at: int) -> Hit | None:
        """The longest word that starts here."""
        found = self._pattern.match(text, at)
        if found is None or found.lastindex is None:
            return None
        return Hit(value=self._values[found.lastindex - 1], end=found.end())


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """All matchers of the grammar."""

    after_number: Matcher  # verb words behind a number
    whole: Matcher  # verb words that can be a whole message
    urgent: Matcher  # words that end where the word ends
    urgent_glued: Matcher  # Chinese ones with letters right behind them
    rehearsal: Matcher
    before_ordinal: Matcher
    after_ordinal: Matcher
    glued_ordinal: Matcher
    counted: Matcher
    days: Matcher


@cache
def vocabulary() -> Vocabulary:
    """The matchers; compiled once."""
    book = codebook()
    entries = book.verbs.values()
    typed = [entry for entry in entries if not entry.whole_only]
    whole = [entry for entry in entries if entry.verb not in {Verb.FORWARD, Verb.MERGE}]
    words = book.subject
    return Vocabulary(
        after_number=Matcher(pair for entry in typed for pair in _verb_patterns(entry)),
        whole=Matcher(pair for entry in whole for pair in _verb_patterns(entry)),
        urgent=Matcher((pattern(word), word) for word in book.urgent.words),
        urgent_glued=Matcher((re.escape(word), word) for word in book.urgent.words if is_chinese(word)),
        rehearsal=Matcher((pattern(word), word) for word in book.rehearsal.words),
        before_ordinal=Matcher((pattern(word, run_on=True, short=True), word) for word in words.before),
        after_ordinal=Matcher((pattern(word, run_on=True, short=True), word) for word in words.after),
        glued_ordinal=Matcher((pattern(word, run_on=True, short=True), word) for word in words.after_glued),
        counted=Matcher((pattern(word), word) for word in words.counted),
        days=Matcher((pattern(word, run_on=True, short=True), word) for word in words.days),
    )


def is_chinese(word: str) -> bool:
    """Whether a word is written in Chinese characters."""
    return "\u4e00" <= word[0] <= "\u9fff"


def is_tibetan(word: str) -> bool:
    """Whether a word is written in Tibetan letters."""
    return "\u0f00" <= word[0] <= "\u0fff"


def pattern(word: str, *, run_on: bool = False, short: bool = False, spaced: bool = True) -> str:
    """The pattern of one word with its end.

    `run_on` lets letters follow a Chinese or Tibetan word of more than one letter or syllable, with `short` any;
    `spaced=False` lets the syllables stand together ("banjie").
    """
    parts = [part.replace("'", "'?") for part in re.split(f"{_SEPARATOR}+", fold(word).text) if part]
    body = f"{_SEPARATOR}{{{int(spaced)},3}}".join(parts)
    if is_chinese(word):
        return body if run_on and (short or len(word) > 1) else body + _FINISHED + _NOT_LETTER
    if is_tibetan(word):
        runs = run_on and (short or len(parts) > 1)
        return f"{body}(?!{_TIBETAN_LETTER})" if runs else f"{body}(?!་?{_TIBETAN_LETTER})"
    return body + _NOT_LATIN


def _verb_patterns(entry: VerbEntry) -> list[tuple[str, str]]:
    value = entry.verb.value
    typed = [word for words in entry.words.values() for word in words]
    days = [f"{re.escape(word)}{_DAYS_FOLLOW}" for word in typed if entry.verb is Verb.EXTEND and is_chinese(word)]
    return [
        *((word, value) for word in days),
        *((pattern(word, run_on=entry.run_on), value) for word in typed),
        *((pattern(word, spaced=False), value) for word in entry.latin),
        # Words that count alone: only signs may follow up to the end.
        *((pattern(word, spaced=False) + r"(?=\W*\Z)", value) for word in entry.alone),
    ]

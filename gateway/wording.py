"""Every text that the gateway sends: a named template per language, fitted to its budget of segments.

The catalogue is `templates/messages/`: keys.toml says what each text needs, zh.toml, bo.toml and en.toml hold the
words (design, sections 3 and 8). In a template `{slot}` is filled in, and `[ … {slot} … ]` is left out when its slot is
empty. What fills a slot may come from anybody: it is put in as it is and never read as a template. The texts of USSD
screens are a catalogue of the same make in `templates/ussd/`, all of it fragments: a screen is fitted as a whole.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from gateway.domain.terms import Language, Purpose
from gateway.sms.segments import Encoding, measure

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "messages"
SCREENS = FOLDER.parent / "ussd"
PART = "part_"  # keys of messages that begin so are fragments, all others are whole texts

_SLOT = re.compile(r"\{(\w+)\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
# Control characters, line and paragraph separators, lone surrogates, and the marks that turn the direction of text:
# none of them may reach a phone out of somebody's message.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
# Where a text may be cut: after a number, a Latin word, a Tibetan syllable with its tsheg, any other letter with its
# marks.
_PIECE = re.compile(
    r"\d+(?:[.,:/-]\d+)*"
    r"|[A-Za-z\u00c0-\u024f]{1,20}"
    r"|[\u0f40-\u0fbc]+[\u0f0b\u0f0c\u0f0d]*"
    r"|.[\u0300-\u036f\u200d\u20d0-\u20ff\ufe00-\ufe0f]*"
)
_ITEM = re.compile(r"\S+\s*")
_LOOSE_ENDS = " ,;:-，、；：("
_SHORTEST = 4  # characters that must be left of a slot, or it says nothing
_CUT = "\x00"  # stands for the ellipsis until the text's encoding is known; cannot come out of a cleaned slot
_MOST_A_SEGMENT_HOLDS = 160
_REMEMBERED = 4096  # fragments of screens: everybody's menus, and what fills the slots of those who call just now


class UnknownText(LookupError):
    """A text was asked for that the catalogue does not have, or without a slot that it needs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A text ready to send; `segments` is what it costs."""

    key: str
    language: Language
    text: str
    segments: int
    purpose: Purpose


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One row of keys.toml with its words; parts have no purpose."""

    key: str
    purpose: Purpose | None
    segments: int
    slots: tuple[str, ...]
    trim: tuple[str, ...]
    texts: Mapping[Language, str] = field(repr=False)

    def template(self, language: Language) -> str:
        """The words in a language, or the Chinese ones where it has none."""
        return self.texts.get(language) or self.texts[Language.ZH]


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalogue:
    """All texts; `worst` holds the longest value that each slot is planned for, `lists` the slots cut between items."""

    entries: Mapping[str, Entry]
    worst: Mapping[Language, Mapping[str, str]]
    lists: frozenset[str]

    def say(
        self, key: str, language: Language, *, before: str = "", after: str = "", slots: Mapping[str, str | int]
    ) -> Said:
        """A whole text, shortened to its budget; raises UnknownText."""
        entry = self._entry(key, slots)
        if entry.purpose is None:
            message = f"{key} is a part, not a text"
            raise UnknownText(message)
        template = entry.template(language)
        text = _Fit(entry=entry, template=template, lists=self.lists).fit(
            {name: _clean(slots[name]) for name in entry.slots}, _tidy(before), _tidy(after)
        )
        cost = measure(text).segments
        return Said(key=key, language=language, text=text, segments=cost, purpose=entry.purpose)

    def part(self, key: str, language: Language, slots: Mapping[str, str | int]) -> str:
        """A fragment as it stands, spaces at its ends included; raises UnknownText."""
        entry = self._entry(key, slots)
        if entry.purpose is not None:
            message = f"{key} is a text, not a part"
            raise UnknownText(message)
        return _fill(entry.template(language), {name: _clean(slots[name]) for name in entry.slots})

    def _entry(self, key: str, slots: Mapping[str, str | int]) -> Entry:
        entry = self.entries.get(key)
        if entry is None:
            raise UnknownText(key)
        missing = [name for name in entry.slots if name not in slots]
        if missing:
            message = f"{key} needs {', '.join(missing)}"
            raise UnknownText(message)
        return entry


def say(key: str, language: Language, *, before: str = "", after: str = "", **slots: str | int) -> Said:
    """The text of a key in a language: `before` + template + `after`, within the key's budget of segments.

    Shortened are the slots that keys.toml lists under `trim`, in that order, and only at borders of words, syllables
    and numbers; if that is not enough `after` goes, then those slots as a whole, `before` last (a rehearsal must not
    look real). Case numbers, codes and dates are never shortened. Slots that a text does not use are ignored, so that
    a caller can hand over all that it knows of a case. Raises UnknownText.
    """
    return catalogue().say(key, language, before=before, after=after, slots=slots)


def part(key: str, language: Language, **slots: str | int) -> str:
    """A fragment (keys that begin with `part_`) for a slot, for `before` or for `after`; raises UnknownText."""
    return catalogue().part(key, language, slots)


@lru_cache(maxsize=_REMEMBERED)
def screen(key: str, language: Language, **slots: str | int) -> str:
    """A fragment of a USSD screen; raises UnknownText."""
    return screens().part(key, language, slots)


def pieces(text: str) -> list[str]:
    """A text cut wherever it may be cut: numbers, Latin words, Tibetan syllables, other letters with their marks."""
    return _PIECE.findall(text)


@cache
def catalogue() -> Catalogue:
    """The project's own catalogue, read once."""
    return load(FOLDER)


@cache
def screens() -> Catalogue:
    """The texts of USSD screens, read once."""
    return load(SCREENS, fragments=True)


def load(folder: Path, *, fragments: bool = False) -> Catalogue:
    """The catalogue in a folder; raises ValueError on a text that keys.toml does not know or a key without Chinese.

    `fragments`: none of it is a whole text, whatever the keys are called.
    """
    keys = _read(folder / "keys.toml")
    words = {language: _read(folder / f"{language}.toml") for language in Language}
    worst = {Language(language): values for language, values in keys.pop("worst").items()}
    lists = frozenset(keys.pop("lists"))
    stray = sorted({key for texts in words.values() for key in texts} - keys.keys())
    silent = sorted(keys.keys() - words[Language.ZH].keys())
    if stray or silent:
        message = f"texts that keys.toml lacks: {stray}; keys without a Chinese text: {silent}"
        raise ValueError(message)
    entries = {key: _entry_of(key, row, words, part=fragments or key.startswith(PART)) for key, row in keys.items()}
    return Catalogue(entries=entries, worst=worst, lists=lists)


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def _entry_of(key: str, row: Mapping[str, Any], words: Mapping[Language, Mapping[str, str]], *, part: bool) -> Entry:
    return Entry(
        key=key,
        purpose=None if part else Purpose(row["purpose"]),
        segments=row.get("segments", 1),
        slots=tuple(row.get("slots", ())),
        trim=tuple(row.get("trim", ())),
        texts={language: texts[key] for language, texts in words.items() if key in texts},
    )


def _tidy(text: str) -> str:
    return _CONTROL.sub(" ", text)


def _clean(value: str | int) -> str:
    return _tidy(str(value)).strip()


def _fill(template: str, slots: Mapping[str, str]) -> str:
    """The template with its slots; one pass over the template, so that what is filled in is not read again."""
    words: list[str] = []
    for may_go, parts in _sections(template):
        if not may_go or all(map(slots.get, parts[1::2])):
            words += [slots[part] if at % 2 else part for at, part in enumerate(parts)]
    return "".join(words)


@cache
def _sections(template: str) -> Sequence[tuple[bool, Sequence[str]]]:
    """A template cut up once: whether a section may be left out, and its words, every other one a slot's name."""
    return tuple((bool(at % 2), tuple(_SLOT.split(part))) for at, part in enumerate(_OPTIONAL.split(template)))


def _ended(text: str) -> str:
    """The text with its cuts shown: two dots where that keeps it GSM-7, which has no ellipsis."""
    if _CUT not in text:
        return text
    dotted = text.replace(_CUT, "..")
    return dotted if measure(dotted).encoding is Encoding.GSM7 else text.replace(_CUT, "…")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Fit:
    """Brings one text into its budget."""

    entry: Entry
    template: str
    lists: frozenset[str]

    def fit(self, slots: Mapping[str, str], before: str, after: str) -> str:
        """The longest form that fits; when even the barest does not, that one: a number is worth a second segment."""
        most = self.entry.segments * _MOST_A_SEGMENT_HOLDS + 1  # longer never fits: spare the measuring
        slots = {name: value[:most] if name in self.entry.trim else value for name, value in slots.items()}
        text = ""
        for front, end, may_empty in ((before, after, False), (before, "", False), (before, "", True), ("", "", True)):
            text = self._shortened(slots, front, end, may_empty=may_empty)
            if self._fits(text):
                break
        return text

    def _shortened(self, slots: Mapping[str, str], before: str, after: str, *, may_empty: bool) -> str:
        filled = dict(slots)

        def text() -> str:
            return _ended((before + _fill(self.template, filled) + after).strip())

        for name in self.entry.trim:
            if self._fits(text()):
                break

            def fits_with(cut: str, name: str = name) -> bool:
                filled[name] = cut
                return self._fits(text())

            filled[name] = _longest(self._cuts(name, slots[name], may_empty=may_empty), fits_with)
        return text()

    def _cuts(self, name: str, value: str, *, may_empty: bool) -> list[str]:
        """Every shorter form of a slot, the shortest first; the value itself when there is none."""
        listing = name in self.lists
        least = 0 if may_empty or self._is_optional(name) else _SHORTEST
        parts = _ITEM.findall(value) if listing else pieces(value)
        cuts, kept = ([""] if least == 0 else []), ""
        for piece in parts[:-1]:
            kept += piece
            bare = kept.rstrip(_LOOSE_ENDS)
            if bare and len(bare) >= least:
                cuts.append(bare + (" " if listing else "") + _CUT)
        return cuts or [value]

    def _fits(self, text: str) -> bool:
        return measure(text).segments <= self.entry.segments

    def _is_optional(self, name: str) -> bool:
        return any(name in _SLOT.findall(section) for section in _OPTIONAL.findall(self.template))


def _longest(cuts: list[str], fits: Callable[[str], bool]) -> str:
    """The longest form that fits, or the shortest one."""
    low, high = 0, len(cuts) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if fits(cuts[middle]):
            low = middle
        else:
            high = middle - 1
    return cuts[low]

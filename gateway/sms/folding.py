"""Folds a text for reading: width, case, digit scripts, unseen characters; the original words stay recoverable."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Separators of the grammar (design, section 5), and what people put in their place.
SEPARATORS = frozenset(" ,.-#*/。、་།༎:;!?)]】》~…|")
_LOOKALIKES = {"o": "0", "l": "1", "i": "1"}
_CHINESE_DIGITS = {
    **{character: str(value) for value, character in enumerate("零一二三四五六七八九")},
    "〇": "0",
    "两": "2",
    "兩": "2",
}
_TENS = {"十": 10, "百": 100}
# Something begins here; it bounds a token like a separator, but belongs to the words.
OPENERS = frozenset('([【《<“"')
CHINESE_NUMERALS = frozenset(_CHINESE_DIGITS) | frozenset(_TENS)
_KEYCAP = "\u20e3"
_APOSTROPHES = frozenset("‘’ʼ`´")  # what phones make of the apostrophe of Wylie


@dataclass(frozen=True, kw_only=True, slots=True)
class Folded:
    """A folded text; `starts[i]` is where the folded character `i` begins in the original (one more at the end)."""

    original: str
    text: str
    starts: tuple[int, ...]

    def typed(self, start: int, end: int) -> str:
        """The original characters behind a stretch of folded ones."""
        return self.original[self.starts[start] : self.starts[end]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Repair:
    """A token read as digits, and the letters that were taken for digits, such as "O→0"."""

    digits: str
    repairs: tuple[str, ...]


def fold(text: str) -> Folded:
    """The text in lower case, half width and ASCII digits, without unseen characters; linear in its length."""
    pieces: list[str] = []
    starts: list[int] = []
    for at, character in enumerate(text):
        piece = _fold_character(character)
        pieces.append(piece)
        starts.extend([at] * len(piece))
    starts.append(len(text))
    return Folded(original=text, text="".join(pieces), starts=tuple(starts))


def chinese_number(token: str) -> str:
    """Digits of a Chinese numeral: by place ("十二" → "12", "一百零五" → "105") or one by one ("一四八" → "148").

    Empty when the characters are no number that people write.
    """
    if not token or not CHINESE_NUMERALS.issuperset(token):
        return ""
    if not _TENS.keys() & set(token):
        return "".join(_CHINESE_DIGITS[character] for character in token)
    hundreds, hundred, rest = token.rpartition("百")
    if hundred and rest in _CHINESE_DIGITS and rest not in "零〇":
        rest += "十"  # 一百五 is 150
    tens, ten, units = rest.rpartition("十")
    head, middle = _one(hundreds, missing=0), _one(tens.lstrip("零〇"), missing=1)
    last = _one(units.lstrip("零〇"), missing=0)
    if head is None or middle is None or last is None or (hundred and not head):
        return ""
    return str(100 * head + (10 * middle if ten else 0) + last)


def repair(folded: Folded, start: int, end: int) -> Repair | None:
    """Reads letters that look like digits inside a number (`O` as 0, `l` and `I` as 1); half of it must be digits."""
    token = folded.text[start:end]
    digits = "".join(_LOOKALIKES.get(character, character) for character in token)
    known = sum(character.isdigit() for character in token)
    if not (digits.isascii() and digits.isdigit()) or 2 * known < len(token):
        return None
    changed = (
        f"{folded.typed(start + at, start + at + 1)}→{digits[at]}"
        for at, character in enumerate(token)
        if character != digits[at]
    )
    return Repair(digits=digits, repairs=tuple(dict.fromkeys(changed)))


@lru_cache(maxsize=8192)
def _fold_character(character: str) -> str:
    if character in _APOSTROPHES:
        return "'"
    category = unicodedata.category(character)
    if category in {"Cf", "Cn"} or character == _KEYCAP or "\ufe00" <= character <= "\ufe0f":
        return ""
    if category == "Pd":
        return "-"
    if character.isspace() or category == "Cc":
        return " "
    folded = unicodedata.normalize("NFKC", character).casefold()
    return "".join(_ascii_digit(piece) for piece in folded)


def _ascii_digit(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def _one(token: str, *, missing: int) -> int | None:
    """Value of one numeral, `missing` for none, None for several."""
    if not token:
        return missing
    return int(_CHINESE_DIGITS[token]) if token in _CHINESE_DIGITS else None

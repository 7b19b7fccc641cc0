"""A cursor over a folded text: separators, tokens of digits, and what is left as typed."""

import re
from dataclasses import dataclass
from enum import Enum, auto

from gateway.sms.folding import CHINESE_NUMERALS, OPENERS, SEPARATORS, Folded, chinese_number, fold, repair

_ALPHANUMERIC = re.compile(r"[0-9a-z]+")
_LEADING_DIGITS = re.compile(r"[0-9]+")
_CHINESE = re.compile(f"[{''.join(sorted(CHINESE_NUMERALS))}]+")
_LETTER = re.compile(r"[^\W_]")
_WORD_LETTER = re.compile(r"[^\W\d_]")


class Next(Enum):
    """What stands right behind a token."""

    END = auto()
    SEPARATOR = auto()
    LATIN = auto()  # or any other letter of a script with spaces
    LETTER = auto()  # of a script without spaces: Chinese, Tibetan
    OTHER = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """A token of digits: in ASCII and as typed, its place in the folded text, and what stands behind it.

    `repairs` are the letters that were read as digits.
    """

    digits: str
    typed: str
    start: int
    end: int
    behind: Next
    chinese: bool = False
    repairs: tuple[str, ...] = ()

    @property
    def stands_alone(self) -> bool:
        """Whether nothing is glued to it."""
        return self.behind in {Next.END, Next.SEPARATOR}


class Scanner:
    """Reads a text from left to right; `at` is the place in the folded text."""

    def __init__(self, text: str) -> None:
        self.folded: Folded = fold(text)
        self.text = self.folded.text
        self.at = 0
        self._last_letter = max((match.start() for match in _LETTER.finditer(self.text)), default=-1)

    @property
    def exhausted(self) -> bool:
        """Whether no letter and no digit is left."""
        return self.at > self._last_letter

    def only_digits_left(self) -> bool:
        """Whether no word is left, only digits and signs."""
        return _WORD_LETTER.search(self.text, self.at) is None

    def skip(self) -> str:
        """Moves behind separators and returns them."""
        start = self.at
        while self.at < len(self.text) and self.text[self.at] in SEPARATORS:
            self.at += 1
        return self.text[start : self.at]

    def rest(self) -> str:
        """What is left, as typed."""
        return self.folded.original[self.folded.starts[self.at] :].strip()

    def behind(self, end: int) -> Next:
        """What stands at a place."""
        if end >= len(self.text):
            return Next.END
        character = self.text[end]
        if character in SEPARATORS or character in OPENERS:
            return Next.SEPARATOR
        if not character.isalpha():
            return Next.OTHER
        return Next.LETTER if _is_unspaced(character) else Next.LATIN

    def number(self, at: int | None = None) -> Token | None:
        """The token of digits that starts here, in any script; None when there is none. Does not move."""
        start = self.at if at is None else at
        return self._latin_number(start) or self._chinese_number(start)

    def _latin_number(self, start: int) -> Token | None:
        match = _ALPHANUMERIC.match(self.text, start)
        if match is None:
            return None
        repaired = repair(self.folded, start, match.end())
        if repaired is not None:
            return self._token(start, match.end(), repaired.digits, repairs=repaired.repairs)
        digits = _LEADING_DIGITS.match(self.text, start)
        return None if digits is None else self._token(start, digits.end(), digits.group())

    def _chinese_number(self, start: int) -> Token | None:
        match = _CHINESE.match(self.text, start)
        if match is None:
            return None
        digits = chinese_number(match.group())
        return self._token(start, match.end(), digits, chinese=True) if digits else None

    def _token(
        self, start: int, end: int, digits: str, *, chinese: bool = False, repairs: tuple[str, ...] = ()
    ) -> Token:
        return Token(
            digits=digits,
            typed=self.folded.typed(start, end),
            start=start,
            end=end,
            behind=self.behind(end),
            chinese=chinese,
            repairs=repairs,
        )


def _is_unspaced(character: str) -> bool:
    """Whether a letter is of a script that is written without spaces: Tibetan, Chinese."""
    return "\u0f00" <= character <= "\u0fff" or character >= "\u2e80"

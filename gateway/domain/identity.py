"""Masks Chinese identity numbers in a text before it is stored (design, section 3, decision 10)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from stdnum.cn import ric

_NEW_LENGTH, _OLD_LENGTH = 18, 15
_KEPT = 2
# At most two separators between digits; no nested repetition, so a hostile text stays linear.
_RUN = re.compile(r"\d(?:[ \-.]{0,2}\d){13,}(?:[ \-.]{0,2}x(?![a-z]))?")
_EARLIEST_YEAR, _LATEST_YEAR = 1900, 2099


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    """Digits (and a final x) that stand together: their values and their places in the text."""

    characters: str
    places: tuple[int, ...]

    def is_edge(self, at: int) -> bool:
        """Whether a group of digits begins (or the run ends) at this index."""
        if at >= len(self.places):
            return at == len(self.places)
        return at == 0 or self.places[at] - self.places[at - 1] > 1


def mask_identity_numbers(text: str) -> tuple[str, int]:
    """The text with every plausible identity number masked but for its last two characters, and how many there were.

    18 or 15 digits, in any digit script, with single spaces or dashes inside. A wrong check character is taken for a
    typing slip and masked too, as long as the date in it is one; glued to other digits, only a right one counts.
    """
    if sum(map(str.isdecimal, text)) < _OLD_LENGTH:  # nearly every text and field: no look at each character
        return text, 0
    easy = text.isascii() and text.isprintable()
    masked = list(text)
    count = 0
    for match in _RUN.finditer(text.lower() if easy else "".join(map(_plain, text))):
        run = _run(match)
        at = 0
        while at < len(run.characters):
            length = _identity_at(run, at)
            if length:
                count += 1
                for place in run.places[at : at + length - _KEPT]:
                    masked[place] = "*"
            at += length or 1
    return "".join(masked), count


def _plain(character: str) -> str:
    """One character for one: any script's digit as ASCII, any x as x, any dash or unseen character as a separator."""
    if character.isascii():
        return character.lower() if character.isprintable() else " "
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if character in "ｘＸ×Χχ":
        return "x"
    if unicodedata.category(character) in {"Pd", "Zs", "Cf"} or character == "་":
        return "-"
    return character


def _run(match: re.Match[str]) -> _Run:
    found = [(at, character) for at, character in enumerate(match.group(), match.start()) if character not in " -."]
    return _Run(characters="".join(character for _, character in found), places=tuple(at for at, _ in found))


def _identity_at(run: _Run, at: int) -> int:
    """Length of the identity number that starts here, 0 when there is none."""
    new = run.characters[at : at + _NEW_LENGTH]
    if len(new) == _NEW_LENGTH and "x" not in new[:-1] and new[0] in "123456789" and _is_date(new[6:14]):
        own_group = run.is_edge(at) and run.is_edge(at + _NEW_LENGTH)
        if own_group or new[-1].upper() == ric.calc_check_digit(new):
            return _NEW_LENGTH
    old = run.characters[at : at + _OLD_LENGTH]
    alone = run.is_edge(at) and run.is_edge(at + _OLD_LENGTH)
    if len(old) == _OLD_LENGTH and alone and "x" not in old and old[0] in "12345678" and _is_date("19" + old[6:12]):
        return _OLD_LENGTH
    return 0


def _is_date(digits: str) -> bool:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    if not _EARLIEST_YEAR <= year <= _LATEST_YEAR:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True

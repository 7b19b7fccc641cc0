"""Writes a screen in letters that every phone has (GSM-7): Tibetan in Wylie, Chinese in pinyin."""

import re
import unicodedata
from functools import lru_cache

from gateway.domain.wylie import wylie
from gateway.sms.segments import Encoding, encoding_of

_RUN = re.compile(
    r"(?P<chinese>[\u3400-\u4dbf\u4e00-\u9fff]+)|(?P<tibetan>[\u0f40-\u0fbc][\u0f40-\u0fbc\u0f0b\u0f0c]*)"
)
_MARKS = {
    **dict.fromkeys("，、", ", "),
    **dict.fromkeys("。", ". "),
    **dict.fromkeys("།༎", "/ "),
    **dict.fromkeys("་༌", " "),
    **dict.fromkeys("“”„«»「」『』《》〈〉", '"'),
    **dict.fromkeys("‘’ʼ`´", "'"),
    **dict.fromkeys("‐‑–—·•〜", "-"),
    **dict.fromkeys("：", ": "),
    **dict.fromkeys("；", "; "),
    **dict.fromkeys("！", "! "),
    **dict.fromkeys("？", "? "),
    **dict.fromkeys("（【〔", " ("),
    **dict.fromkeys("）】〕", ") "),
    "…": "...",
}
_TSHEG = ("་", "༌")
_UNKNOWN = "?"
_GAP = re.compile(r" {2,}")
_REMEMBERED = 4096  # runs; a list of forty cases is spelled again for each of its pages


def latin(text: str) -> str:
    """The text in GSM-7, line by line; a letter that has no likeness there becomes a question mark."""
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    parts, end = [], 0
    for run in _RUN.finditer(line):
        spelled = _pinyin(run[0]) if run["chinese"] else _wylie(run[0])
        parts += [_folded(line[end : run.start()]), _set_apart(spelled, line, run.start(), run.end())]
        end = run.end()
    parts.append(_folded(line[end:]))
    return _GAP.sub(" ", "".join(parts)).replace(" /", "/").strip()


def _set_apart(spelled: str, line: str, start: int, end: int) -> str:
    """A run with spaces where letters, digits, the key for more or a place for a number touch it."""
    before = " " if _touches(line[:start][-1:]) else ""
    after = " " if _touches(line[end:][:1]) else ""
    return before + spelled + after


def _touches(neighbour: str) -> bool:
    return neighbour.isalnum() or neighbour in {"{", "}", "#"}


@lru_cache(maxsize=_REMEMBERED)
def _pinyin(run: str) -> str:
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - its words take 50 MB, and most processes never need one

    return _folded(" ".join(lazy_pinyin(run)))


def _wylie(run: str) -> str:
    return _folded(wylie(run)) + (" " if run.endswith(_TSHEG) else "")


def _folded(text: str) -> str:
    return "".join(map(_letter, text))


def _letter(character: str) -> str:
    """One character in GSM-7: as it is, its likeness, its plain letter, its digit, or a question mark."""
    if encoding_of(character) is Encoding.GSM7:
        return character
    if character in _MARKS:
        return _MARKS[character]
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(character)
    if category.startswith(("M", "C")):
        return ""
    if category.startswith("Z"):
        return " "
    plain = unicodedata.normalize("NFKD", character)
    kept = "".join(letter for letter in plain if encoding_of(letter) is Encoding.GSM7)
    return kept or _UNKNOWN

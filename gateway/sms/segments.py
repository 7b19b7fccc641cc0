"""How many SMS segments a text costs, where it is cut into parts, and how it is shortened (GSM 03.38 and UCS-2)."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[~]|€\f")  # an escape and a letter: two septets
_ALPHABET = _BASIC | _EXTENSION
_LAST_OF_16_BITS = "\uffff"
_ZERO_WIDTH_JOINER = "\u200d"


class Encoding(StrEnum):
    """The alphabet a text needs."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


_SINGLE = {Encoding.GSM7: 160, Encoding.UCS2: 70}
_PART = {Encoding.GSM7: 153, Encoding.UCS2: 67}
_ELLIPSIS = {Encoding.GSM7: "...", Encoding.UCS2: "…"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Segments:
    """The cost of a text: `units` are septets (GSM-7) or 16-bit code units (UCS-2); an empty text is one segment."""

    encoding: Encoding
    units: int
    segments: int


def measure(text: str) -> Segments:
    """Encoding, units and segments of a text as a carrier counts them."""
    encoding = encoding_of(text)
    units = _units(text, encoding)
    return Segments(encoding=encoding, units=units, segments=_count(text, encoding, units))


def _count(text: str, encoding: Encoding, units: int) -> int:
    if units <= _SINGLE[encoding]:
        return 1
    if units == len(text):  # no pair that could move to the next part
        return -(-units // _PART[encoding])
    return sum(1 for _ in _parts(text, encoding))


def encoding_of(text: str) -> Encoding:
    """GSM-7 when every letter is in its basic or extension table, UCS-2 otherwise."""
    return Encoding.GSM7 if _ALPHABET.issuperset(text) else Encoding.UCS2


def fits(text: str, segments: int = 1) -> bool:
    """Whether a text costs at most so many segments."""
    return measure(text).segments <= segments


def split(text: str) -> list[str]:
    """The parts of a text as they travel; neither an escape pair nor a surrogate pair is ever split."""
    encoding = encoding_of(text)
    if measure(text).units <= _SINGLE[encoding]:
        return [text]
    return list(_parts(text, encoding))


def budget(segments: int, encoding: Encoding) -> int:
    """Units that fit for certain in so many segments: a pair that moves to the next part can cost one unit a part."""
    return _SINGLE[encoding] if segments <= 1 else segments * (_PART[encoding] - 1)


def shorten(text: str, units: int, encoding: Encoding | None = None) -> str:
    """The text, or as much of its beginning as fits in `units` with an ellipsis.

    Counted in the text's own encoding, or in UCS-2 when the text it goes into needs that. A letter keeps its marks (a
    Tibetan stack stays whole). Empty when not even the ellipsis fits.
    """
    encoding = encoding or encoding_of(text)
    if _units(text, encoding) <= units:
        return text
    ellipsis = _ELLIPSIS[encoding]
    room = units - len(ellipsis)
    if room < 0:
        return ""
    end, used = 0, 0
    for at, character in enumerate(text):
        used += _width(character, encoding)
        if used > room:
            break
        end = at + 1
    while end and _belongs_to_previous(text, end):
        end -= 1
    return text[:end].rstrip() + ellipsis


def _belongs_to_previous(text: str, at: int) -> bool:
    joined = _ZERO_WIDTH_JOINER in text[at - 1 : at + 1]
    return joined or unicodedata.category(text[at]).startswith("M")


def _units(text: str, encoding: Encoding) -> int:
    """The widths of all characters together; texts are measured a dozen times a screen, so this counts in C."""
    if encoding is Encoding.GSM7:
        return len(text) + sum(map(text.count, _EXTENSION))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _width(character: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM7:
        return 2 if character in _EXTENSION else 1
    return 2 if character > _LAST_OF_16_BITS else 1


def _parts(text: str, encoding: Encoding) -> Iterator[str]:
    start, used = 0, 0
    for at, character in enumerate(text):
        width = _width(character, encoding)
        if used + width > _PART[encoding]:
            yield text[start:at]
            start, used = at, 0
        used += width
    yield text[start:]

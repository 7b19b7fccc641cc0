"""Phone numbers as carriers write them, brought to one form (E.164), and masked for logs."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers

_SCHEME = re.compile(r"^(?:tel|sms|smsto|whatsapp):", re.IGNORECASE)
_DIALLED = re.compile(r"^\+?[0-9 ()./\-]+$")
_LONGEST_SHORT_CODE = 6
_LONGEST_RAW = 64  # what is kept of a sender that is no number
_CHINESE_SERVICE = re.compile(r"^(?:\+?86)?106\d{1,17}$")  # SP numbers: nobody's handset, up to 20 digits
_DEMO = re.compile(r"^\+86199000\d{5}$")  # a county stays within +86 199 0000 xxxx, a province needs the rest
_MASK = "*******"
_SHOWN = 3
_REMEMBERED = 16_384  # numbers whose reading is kept, since reading one costs as much as all of HTTP: a few megabytes


class SenderKind(StrEnum):
    """What kind of address a message came from; only `MOBILE_OR_FIXED` is ever answered (design, section 5)."""

    MOBILE_OR_FIXED = "mobile_or_fixed"
    SHORT_CODE = "short_code"
    ALPHANUMERIC = "alphanumeric"
    INVALID = "invalid"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """A sender; `number` is E.164, or the cleaned text when it is no phone number."""

    number: str
    kind: SenderKind


@lru_cache(maxsize=_REMEMBERED)
def normalise(raw: str, region: str = "CN") -> Sender:
    """Reads a sender or recipient as any carrier writes it; `region` (ISO 3166) is where a number without + belongs."""
    cleaned = _clean(raw)
    if not cleaned:
        return Sender(number="", kind=SenderKind.INVALID)
    if any(character.isalpha() for character in cleaned):
        return Sender(number=cleaned, kind=SenderKind.ALPHANUMERIC)
    if not _DIALLED.match(cleaned):
        return Sender(number=cleaned, kind=SenderKind.INVALID)
    digits = re.sub(r"[^0-9+]", "", cleaned)
    if _is_short_code(digits, region):
        return Sender(number=digits, kind=SenderKind.SHORT_CODE)
    number = _e164(digits, region)
    if number is None:
        return Sender(number=digits, kind=SenderKind.INVALID)
    return Sender(number=number, kind=SenderKind.MOBILE_OR_FIXED)


def mask(number: str) -> str:
    """A number for logs and pages: country prefix and last three digits ("+86*******234"); short codes and names stay.

    The count of stars says nothing about the length.
    """
    if not number.startswith("+"):
        keeps = len(number) <= _LONGEST_SHORT_CODE or any(character.isalpha() for character in number)
        return number if keeps else _MASK + number[-_SHOWN:]
    try:
        prefix = f"+{phonenumbers.parse(number, None).country_code}"
    except phonenumbers.NumberParseException:
        prefix = "+"
    return prefix + _MASK + number[-_SHOWN:]


def is_demo(number: str) -> bool:
    """Whether this is a number of the demo (+86 199 000x xxxx), however it is written (design, section 12)."""
    return bool(_DEMO.match(normalise(number).number))


def _clean(raw: str) -> str:
    """ASCII digits and signs, without scheme, parameters or unseen characters."""
    text = unicodedata.normalize("NFKC", raw)
    text = "".join(
        str(unicodedata.decimal(character, character))
        for character in text
        if unicodedata.category(character) not in {"Cf", "Cc", "Cs"}
    )
    text = re.sub(r"[‐-―−]", "-", text).strip()
    return _SCHEME.sub("", text).partition(";")[0].strip()[:_LONGEST_RAW]


def _is_short_code(digits: str, region: str) -> bool:
    short = len(digits) <= _LONGEST_SHORT_CODE and "+" not in digits
    return short or (region == "CN" and _CHINESE_SERVICE.match(digits) is not None)


def _e164(digits: str, region: str) -> str | None:
    """E.164 of dialled digits, or None.

    Carriers drop the +, or write 00 for it: the reading that is a real number wins, the home region before abroad.
    """
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    home = _possible(digits, region)
    if digits.startswith("+") or (home is not None and phonenumbers.is_valid_number(home)):
        return _written(home)
    abroad = _possible("+" + digits, None)
    if abroad is not None and (home is None or phonenumbers.is_valid_number(abroad)):
        return _written(abroad)
    return _written(home)


def _possible(digits: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(number)
    return number if reason == phonenumbers.ValidationResult.IS_POSSIBLE else None


def _written(number: phonenumbers.PhoneNumber | None) -> str | None:
    return None if number is None else phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

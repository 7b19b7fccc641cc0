"""The numbers that people read out and type: kind digit, serial, Damm check digit (design, section 5)."""

from collections.abc import Iterator
from enum import StrEnum

from stdnum import damm

SHORTEST, LONGEST = 6, 9
SERIAL_DIGITS = 4  # a serial is padded to this length, so the shortest number has six digits
_DIGITS = tuple(str(digit) for digit in range(10))


class Kind(StrEnum):
    """What a number names; the value is its first digit."""

    CASE = "1"
    HOUSEHOLD = "2"
    DIRECTIVE = "3"


def make(kind: Kind, serial: int) -> str:
    """The number of the `serial`-th thing of a kind, 6 to 9 digits; raises ValueError beyond."""
    if serial < 0:
        message = f"serial {serial} is negative"
        raise ValueError(message)
    body = f"{kind.value}{serial:0{SERIAL_DIGITS}d}"
    number = body + damm.calc_check_digit(body)
    if len(number) > LONGEST:
        message = f"serial {serial} needs more than {LONGEST} digits"
        raise ValueError(message)
    return number


def is_valid(text: str) -> bool:
    """Whether `text` is a number as `make` writes it: ASCII digits, length, kind, padding and check digit right.

    A serial longer than four digits never starts with 0, so no date such as 20261123 can be one of ours.
    """
    if not (SHORTEST <= len(text) <= LONGEST and text.isascii() and text.isdigit()):
        return False
    if text[0] not in tuple(Kind) or (len(text) > SHORTEST and text[1] == "0"):
        return False
    return damm.is_valid(text)


def kind_of(number: str) -> Kind:
    """Kind of a number by its first digit; raises ValueError when it is none of ours."""
    return Kind(number[:1])


def near(number: str) -> tuple[str, ...]:
    """Every valid number one slip away: neighbours swapped, a digit wrong, one too many, one lost; likeliest first.

    `number` is digits; the number itself is never in the answer.
    """
    found = dict.fromkeys(slip for slip in _slips(number) if is_valid(slip))
    found.pop(number, None)
    return tuple(found)


def _slips(number: str) -> Iterator[str]:
    if len(number) > LONGEST + 1:
        return
    for at in range(len(number) - 1):
        yield number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    for at in range(len(number)):
        for digit in _DIGITS:
            yield number[:at] + digit + number[at + 1 :]
    for at in range(len(number)):
        yield number[:at] + number[at + 1 :]
    for at in range(len(number) + 1):
        for digit in _DIGITS:
            yield number[:at] + digit + number[at:]


def check_table() -> str:
    """Damm's table, row behind row, for a statement that makes a number inside the database.

    The check digit of a body is what remains after going through its digits from 0: the table at ten times what
    remained so far plus the digit.
    """
    first = {damm.checksum(digit): digit for digit in _DIGITS}
    return "".join(str(damm.checksum(first[before] + digit)) for before in range(10) for digit in _DIGITS)

"""What was pressed: digits in any script, half or full width, padded or not, as the menus know them."""

from gateway.sms.folding import chinese_number, fold

BACK, START, MORE = "0", "00", "#"
ALWAYS = frozenset({BACK, START, MORE})
"""Keys that mean the same on every screen; where words are asked for, the only ones."""


def key_of(typed: str) -> str:
    """The key that somebody pressed, without zeros in front ("０３", "三", "༣ " are "3"); empty when it is none."""
    pressed = _squeezed(typed)
    return pressed if pressed in ALWAYS else digits_of(pressed).lstrip("0")


def always_key_of(typed: str) -> str:
    """The key if it is one of `ALWAYS` and nothing else was typed, else empty."""
    pressed = _squeezed(typed)
    return pressed if pressed in ALWAYS else ""


def digits_of(typed: str) -> str:
    """ASCII digits of what was typed, zeros in front kept; empty when anything else is in it."""
    pressed = _squeezed(typed)
    return pressed if pressed.isascii() and pressed.isdigit() else chinese_number(pressed)


def _squeezed(typed: str) -> str:
    return "".join(fold(typed).text.split())

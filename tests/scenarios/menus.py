"""Somebody who says by menus what others write: dials, reads the screen, looks for the item, types, answers, reads on.

Nothing here knows more than a person with the phone in hand: digits are pressed only where the screen offers them, and
which question is asked is read off the screen.
"""

import re
from dataclasses import dataclass
from functools import cache

from gateway.domain.terms import Language
from gateway.sms.codebook import codebook
from gateway.sms.reading import Verb
from gateway.ussd.menus import menus
from gateway.ussd.options import NO_HOUSEHOLD
from gateway.wording import screens
from tests.scenarios.calls import Call, CallFailed
from tests.scenarios.meant import Look, Move, Report, Wish

_REPORT, _PRACTISE, _REPORTED, _UNCONFIRMED = "1", "8", "2", "3"
_OFFICIALS_LISTS = ("1", "2", "3")  # waiting, mine, late
_OWN_WORDS = "9"
_URGENT = {True: "1", False: "2"}
_SEND, _ANEW, _MORE, _START = "1", "2", "#", "00"
_FIXED = {Verb.FIXED: "1", Verb.NOT_FIXED: "2"}
_MOST_SCREENS = 20
_SLOT = re.compile(r"\\\{\w+\\\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Somebody with a phone in hand."""

    call: Call
    reports: bool  # liaison or resident
    pin: str

    def want(self, wish: Wish) -> None:
        """Say one thing, until the call is over; raises CallFailed where the screens do not let it be said."""
        self.call.dial()
        if self._sees("resume"):
            self._choose(_ANEW)
        match wish:
            case Report():
                self._report(wish)
            case Move():
                self._move(wish)
            case Look():
                self._open(wish.number, (_REPORTED,) if self.reports else _OFFICIALS_LISTS)
                self.call.hang_up()

    def _report(self, wish: Report) -> None:
        self._choose(_PRACTISE if wish.practise else _REPORT)
        count = str(wish.values[0]) if wish.values else _MORE
        spoken = {
            "household": wish.household or NO_HOUSEHOLD,
            "family": wish.code[:1] or _OWN_WORDS,
            "code": wish.code[1:],
            "count": count,
            "people": count,
            "words": wish.words,
            "details": wish.words or _MORE,
            "urgent": _URGENT[wish.urgent],
            "readback": _SEND,
        }
        self._answer(spoken)

    def _move(self, wish: Move) -> None:
        if self.reports and wish.verb in _FIXED and self._finds(wish.number, _UNCONFIRMED):
            self._choose(_FIXED[wish.verb])
        else:
            self._open(wish.number, (_REPORTED,) if self.reports else _OFFICIALS_LISTS)
            self._choose(codebook().verbs[wish.verb].digit)
        words = wish.words or _MORE
        self._answer(
            {
                **dict.fromkeys(("result", "reason", "why", "note"), words),
                "days": str(wish.days),
                **dict.fromkeys(("new_pin", "new_pin_again", "pin"), self.pin),
            }
        )

    def _answer(self, spoken: dict[str, str]) -> None:
        """Answer what the screens ask, each question once, until the call is over."""
        left = dict(spoken)
        while self.call.screen.goes_on:
            asked = next((name for name in left if self._sees(name)), None)
            if asked is None:
                raise CallFailed(f"nobody knows what to answer to: {self.call.screen.text}")
            said = left.pop(asked)
            if menus().screens[asked].takes is None:
                self._choose(said)
            else:
                self.call.press(said)

    def _open(self, number: str, lists: tuple[str, ...]) -> None:
        """Look for a case in one list after the other, and open its page."""
        if not any(self._finds(number, each) for each in lists):
            raise CallFailed(f"no list shows {number}: {self.call.screen.text}")

    def _finds(self, number: str, listed: str) -> bool:
        """Open a list and in it the case with this number; back at the first screen when it is not there."""
        self._choose(listed)
        self.call.press(number)
        if number in self.call.screen.text:
            return True
        self.call.press(_START)
        return False

    def _choose(self, digit: str) -> None:
        """Press a digit that the screen, or a page behind it, offers."""
        while not re.search(rf"^{digit}(?!\d)", self.call.screen.text, re.MULTILINE):
            if not self._leafs():
                raise CallFailed(f"the screen offers no {digit}: {self.call.screen.text}")
        self.call.press(digit)

    def _leafs(self) -> bool:
        """Go to the next page, if there is one."""
        if _MORE not in self.call.screen.text or len(self.call.typed) > _MOST_SCREENS:
            return False
        self.call.press(_MORE)
        return True

    def _sees(self, name: str) -> bool:
        return any(header.search(self.call.screen.text) for header in _headers(name))


@cache
def _headers(name: str) -> tuple[re.Pattern[str], ...]:
    """How a screen's first words read in every language, whatever fills their slots."""
    texts = screens().entries[f"screen_{name}"].texts
    return tuple(re.compile(_pattern(texts[language])) for language in Language if language in texts)


def _pattern(template: str) -> str:
    spoken = re.escape(template.replace("[", "").replace("]", ""))
    return _SLOT.sub(".*", spoken)

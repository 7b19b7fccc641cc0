"""PINs typed on the phones: which screens ask for one, and the slots that stand in a story for them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import zip_longest

from sqlalchemy.orm import Session

from gateway.console import looks
from gateway.domain.terms import Language
from gateway.handset.record import Call, Step
from gateway.store.pins import Pin
from gateway.ussd.keys import digits_of
from gateway.ussd.latin import latin
from gateway.ussd.menus import Takes, menus
from gateway.ussd.pins import is_easy, is_pin, matches
from gateway.wording import screen

RIGHT, WRONG = "{pin}", "{wrong_pin}"
_TELLING = 5  # characters; what is shorter can be a word below any screen
_OF_WHO_HAS_ONE = "pin"  # the screen that asks for the PIN that is kept; the others have one chosen


def asked_by(text: str) -> str:
    """Name of the screen that stands on the phone if it asks for a PIN, in whatever language; else empty."""
    lines = [line for line in text.split("\n") if len(line) >= _TELLING]
    return next((name for said, name in _questions().items() if any(_is_page(line, said) for line in lines)), "")


def hide(session: Session, steps: Sequence[Step]) -> Sequence[Step]:
    """The steps with slots for all that can be somebody's PIN."""
    owners: dict[str, _Owner] = {}
    return [
        owners.setdefault(step.number, _Owner(kept=_kept(session, step.number))).hide(step)
        if isinstance(step, Call)
        else step
        for step in steps
    ]


@dataclass(slots=True)
class _Owner:
    """Somebody who types PINs, call after call."""

    kept: str  # hash of the right one; empty where none was set in the end: then the first one typed is right
    first: str = ""  # the first one typed

    def hide(self, call: Call) -> Call:
        """The call with slots; a string dialled with the PIN in it is typed key by key instead."""
        dialled = call.dialled.removesuffix("#").split("*")
        inside = next((place for place, part in enumerate(dialled) if self._is_right(part)), len(dialled))
        typed = [(part, _OF_WHO_HAS_ONE if self._is_right(part) else "") for part in dialled[inside:]]
        typed += zip_longest(call.keys, call.asked[: len(call.keys)], fillvalue="")
        return replace(
            call,
            dialled="*".join(dialled[:inside]) + "#" if inside < len(dialled) else call.dialled,
            keys=tuple(slot for key, asked in typed for slot in self._slots(key, asked)),
        )

    def _slots(self, key: str, asked: str) -> Iterator[str]:
        """What stands for a key; people of stories have no PIN yet and choose theirs by typing it twice."""
        digits = digits_of(key)
        if not asked or not _can_be_kept(digits):
            yield key
            return
        has_typed, self.first = bool(self.first), self.first or digits
        right = self._is_right(digits) if self.kept else digits == self.first
        yield RIGHT if right else WRONG
        if right and asked == _OF_WHO_HAS_ONE and not has_typed:
            yield RIGHT

    def _is_right(self, digits: str) -> bool:
        return bool(self.kept) and _can_be_kept(digits) and matches(self.kept, digits)


def _is_page(line: str, said: str) -> bool:
    """Whether a line is the whole question, or its beginning or end where it runs over two screens."""
    return said.startswith(line) or said.endswith(line)


def _can_be_kept(digits: str) -> bool:
    """Whether this can be anybody's PIN; easy ones are refused when they are chosen."""
    return is_pin(digits) and not is_easy(digits)


def _kept(session: Session, number: str) -> str:
    person = looks.person_of(session, number)
    pin = session.get(Pin, person.id) if person else None
    return pin.hash if pin else ""


@cache
def _questions() -> Mapping[str, str]:
    """Names of the screens that ask for a PIN by what they say, in every language and in Latin letters."""
    asking = [name for name, each in menus().screens.items() if each.takes is Takes.PIN]
    said = {screen(f"screen_{name}", language).strip(): name for name in asking for language in Language}
    return said | {latin(text): name for text, name in said.items()}

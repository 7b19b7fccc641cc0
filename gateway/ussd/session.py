"""Where a caller stands in the menus: a frozen value; every step gives a new one."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from gateway.domain.terms import Language
from gateway.sms.reading import Verb
from gateway.ussd.caller import Caller, Draft, Menu
from gateway.ussd.steps import Deed, Room
from gateway.wording import screen

NOBODY = Caller(menu=Menu.STRANGER, language=Language.ZH)
_WITHOUT_TEXTS = {"filed": "filed_quiet", "practised": "practised_quiet", "noted": "noted_quiet"}
"""Last screens that promise a text, and what they say to somebody who wants none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A report on its way: what was told, and which of the form's questions need not be asked again."""

    draft: Draft = field(default_factory=Draft)
    answered: frozenset[str] = frozenset()
    practise: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A move of a case on its way; `left` are the questions not asked yet."""

    verb: Verb = Verb.STATUS
    number: str = ""
    days: int = 0
    text: str = ""
    new_pin: str = ""
    left: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A screen, what it is about (a case's number, a household's ordinal, an order's place), and what was told before.

    `starts` are the beginnings of the pages that were leafed through; the last one is shown.
    """

    screen: str
    about: str = ""
    starts: tuple[int, ...] = (0,)
    report: Report = field(default_factory=Report)
    move: Move = field(default_factory=Move)

    @property
    def holds_report(self) -> bool:
        """Whether a report was begun that means something: practising means nothing."""
        return bool(self.report.answered) and not self.report.practise

    @property
    def is_begun(self) -> bool:
        """Whether something would be lost here: an answered report, a begun move; a page that was read is not."""
        return bool(self.report.answered or self.move.number)


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """A phone's session over all the calls that the carrier made of it; the last place of `trail` is on the screen."""

    room: Room = field(default_factory=Room)
    caller: Caller = NOBODY
    session_id: str = ""  # the carrier's, of the call that is on
    earlier: frozenset[str] = frozenset()  # the carrier's ids of calls before it
    text: str = ""  # all that was typed in this call
    at: datetime | None = None  # when something was typed last
    trail: tuple[Place, ...] = ()
    notice: str = ""  # a word above the screen: why it is shown again
    goodbye: str = ""  # the call is over and this was its last screen
    filed: Deed | None = None
    wrong_pins: int = 0  # in this call
    held: tuple[Place, ...] = ()  # what the caller may go on with
    pending: tuple[str, ...] = ()  # keys of a direct string that wait for that choice

    @property
    def here(self) -> Place:
        """The place on the screen."""
        return self.trail[-1]

    @property
    def is_over(self) -> bool:
        """Whether the call has ended with a last screen."""
        return bool(self.goodbye)

    def knows(self, session_id: str) -> bool:
        """Whether a call of the carrier's is, or was, one of this session's."""
        return session_id == self.session_id or session_id in self.earlier

    def say(self, key: str, **slots: str | int) -> str:
        """A text of the screens in the caller's language."""
        return screen(key, self.caller.language, **slots)

    def enter(self, place: Place) -> Self:
        """One screen on."""
        return replace(self, trail=(*self.trail, place))

    def back(self) -> Self:
        """A page back, else a screen; a first screen stays."""
        if len(self.here.starts) > 1:
            return self._leaf(self.here.starts[:-1])
        return replace(self, trail=self.trail[:-1]) if len(self.trail) > 1 else self

    def restart(self) -> Self:
        """The first screen."""
        return replace(self, trail=(Place(screen=self.trail[0].screen),))

    def turn_page(self, start: int) -> Self:
        """The page of this screen that begins at `start`."""
        return self._leaf((*self.here.starts, start))

    def stay(self, key: str, **slots: str | int) -> Self:
        """The same screen again with a word above it."""
        return replace(self, notice=self.say(key, **slots))

    def end(self, key: str, **slots: str | int) -> Self:
        """The call is over; `key` is its last screen, which promises no text to somebody who wants none."""
        if not self.caller.texts:
            key = _WITHOUT_TEXTS.get(key, key)
        return replace(self, goodbye=self.say(key, **slots))

    def do(self, deed: Deed) -> Self:
        """With something for the gateway to do."""
        return replace(self, filed=deed)

    def _leaf(self, starts: tuple[int, ...]) -> Self:
        return replace(self, trail=(*self.trail[:-1], replace(self.here, starts=starts)))


def first_places(caller: Caller) -> tuple[Place, ...]:
    """The trail to where a caller can report: the first screen, for an official with households the liaison's too."""
    names = [caller.menu.value] + (["liaison"] if caller.menu is Menu.OFFICIAL and caller.also_liaison else [])
    return tuple(Place(screen=name) for name in names)

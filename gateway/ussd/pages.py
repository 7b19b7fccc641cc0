"""Lays what a screen says into what the carrier's screen holds: never more, page by page."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from gateway.sms.segments import Encoding, measure, shorten
from gateway.ussd.steps import NUMBER, Room
from gateway.wording import pieces

MOST_ITEMS = 5
_LONGEST_NUMBER = "9" * 9
_LONGEST_PIECE = 20  # of what has no border to cut at
_OPENING = frozenset({*"（《【〔“‘(", '"'})
_CLOSING = frozenset("，。、；：！？）》】〕”’་༌།༎,.;:!?)%")
_QUOTES = frozenset('"')
_PAUSES = frozenset("，。、；：！？།,.;:!?")
_GIVEN_UP = 8  # pieces of a page that may stay empty so that it ends where the words pause
_REMEMBERED = 1024  # pages; most are those of menus that everybody sees


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """All that a screen says: `lead` stands above every page; `text`, `items` and `rest` run from page to page.

    At most `most` items stand on a page. `back`, `more` and `skip` are the words below: back on every page, more where
    a page follows, skip on the last.
    """

    lead: str = ""
    text: str = ""
    items: tuple[str, ...] = ()
    rest: str = ""
    most: int = MOST_ITEMS
    back: str = ""
    more: str = ""
    skip: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A page that fits, and where the next one begins."""

    text: str
    following: int | None


def fits(text: str, room: Room) -> bool:
    """Whether a carrier's screen holds a text, a case number that will stand in it included."""
    size = measure(text.replace(NUMBER, _LONGEST_NUMBER))
    return size.units <= (room.septets if size.encoding is Encoding.GSM7 else room.units)


@lru_cache(maxsize=_REMEMBERED)
def lay(sheet: Sheet, room: Room, start: int = 0) -> Page:
    """The page that begins at `start`: as much as fits; from the beginning if there is no such."""
    units = _units(sheet)
    rest = units[start:] or units
    start = len(units) - len(rest)
    taken = _most(sheet, rest, room)
    following = start + taken if taken < len(rest) else None
    text = _compose(sheet, rest[:taken], is_last=following is None)
    if not fits(text, room):
        text = _squeezed(sheet, rest[0], room, is_last=following is None)
    return Page(text=text, following=following)


def close(text: str, room: Room) -> str:
    """The last screen of a call, which has no second page."""
    return text if fits(text, room) else _shortest(text, room)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Unit:
    """What is never divided between pages: a piece of text, or an item on a line of its own."""

    text: str
    is_item: bool = False


def _units(sheet: Sheet) -> list[_Unit]:
    items = [_Unit(text=f"\n{item}", is_item=True) for item in sheet.items]
    return [*_lines(sheet.text), *items, *_lines(sheet.rest)]


def _lines(text: str) -> Iterator[_Unit]:
    """The pieces of a text, each line's first one on a line of its own."""
    for line in text.splitlines():
        together = _together(part for piece in pieces(line) for part in _chopped(piece))
        yield from (_Unit(text=piece if at else f"\n{piece}") for at, piece in enumerate(together))


def _together(parts: Iterable[str]) -> list[str]:
    """Pieces of a line with marks at the piece that they belong to: no page begins with a comma or ends in a quote."""
    joined: list[str] = []
    for part in parts:
        before = joined[-1] if joined else ""
        belongs = part in _CLOSING or before in _OPENING or (part in _QUOTES and before.strip() != "")
        if belongs and before and len(before) + len(part) <= _LONGEST_PIECE:
            joined[-1] += part
        else:
            joined.append(part)
    return joined


def _chopped(piece: str) -> list[str]:
    return [piece[at : at + _LONGEST_PIECE] for at in range(0, len(piece), _LONGEST_PIECE)]


def _most(sheet: Sheet, rest: Sequence[_Unit], room: Room) -> int:
    """How many units the page takes: all if they fit without "more" below, else what fits with it, but at least one."""
    if _is_page(sheet, rest, room, is_last=True):
        return len(rest)
    taken = 1
    while taken + 1 < len(rest) and _is_page(sheet, rest[: taken + 1], room, is_last=False):
        taken += 1
    return _to_a_pause(rest, min(taken, len(rest)))


def _to_a_pause(units: Sequence[_Unit], taken: int) -> int:
    """The same or a few pieces fewer, where the words pause: the next page then begins with something readable."""
    for count in range(taken, max(taken - _GIVEN_UP, 0), -1):
        if count == len(units) or units[count].text.startswith("\n") or units[count - 1].text.strip()[-1:] in _PAUSES:
            return count
    return taken


def _is_page(sheet: Sheet, units: Sequence[_Unit], room: Room, *, is_last: bool) -> bool:
    is_short = sum(unit.is_item for unit in units) <= sheet.most
    return is_short and fits(_compose(sheet, units, is_last=is_last), room)


def _compose(sheet: Sheet, units: Sequence[_Unit], *, is_last: bool) -> str:
    body = "".join(unit.text for unit in units).strip()
    below = " ".join(word for word in (sheet.back, sheet.skip if is_last else sheet.more) if word)
    return "\n".join(line for line in (sheet.lead, body, below) if line)


def _squeezed(sheet: Sheet, unit: _Unit, room: Room, *, is_last: bool) -> str:
    """A page of one unit that is too long for it: as much of its beginning as fits."""

    def page(size: int) -> str:
        text = shorten(unit.text.strip(), size)
        return _compose(sheet, [_Unit(text=text)], is_last=is_last)

    return page(_largest(room, lambda size: fits(page(size), room)))


def _shortest(text: str, room: Room) -> str:
    return shorten(text, _largest(room, lambda size: fits(shorten(text, size), room)))


def _largest(room: Room, is_right: Callable[[int], bool]) -> int:
    return bisect_left(range(1, room.septets + 1), x=True, key=lambda size: not is_right(size))

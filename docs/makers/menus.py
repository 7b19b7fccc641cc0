"""Makes menus.md from the screens and their texts."""

from collections.abc import Iterable, Iterator

from gateway.domain.terms import Language
from gateway.sms.codebook import OTHER_FAMILY, codebook
from gateway.ussd.menus import Kind, Screen, Takes, menus
from gateway.ussd.options import NO_HOUSEHOLD
from gateway.wording import screen as text_of
from gateway.wording import screens

PAGE = "menus.md"
HEAD = """# The menus

Made from `gateway/ussd/menus.toml` and `templates/ussd/` by `make docs`: do not edit. How calls work:
[ussd.md](ussd.md).

Digits mean the same for ever. On every screen `0` goes back, `00` to the first screen, `#` on to what did not fit;
where a question can be skipped, `#` skips it. A list counts its items 1, 2, 3 …; households have the liaison's own
ordinals, and a case can also be chosen by its number. The Tibetan texts are awaiting a native reader.
"""
REPORT = ("household", "family", "code", "count", "people", "words", "details", "urgent", "readback", "change")
PINS = ("new_pin", "new_pin_again", "pin")
TAKES = {Takes.NUMBER: "a number", Takes.WORDS: "words", Takes.PIN: "4 to 6 digits"}
WHEN = {
    "household": "the caller has households",
    "code": "a family was chosen",
    "count": "the code takes a number, not of people",
    "people": "the code takes a number of people",
    "words": "9 was chosen as the family",
    "details": "9 was chosen as the code",
    "change": "2 at the reading back",
    "new_pin": "none was chosen yet",
    "new_pin_again": "none was chosen yet",
    "pin": "one was chosen",
}


def render() -> str:
    """The page."""
    firsts = [screen for screen in menus().screens.values() if screen.first]
    trees = [line for screen in firsts for line in _tree(screen)]
    return "\n".join([HEAD, *trees, *_resume(), *_report(), *_moves(), *_pins()]).rstrip() + "\n"


def _tree(first: Screen) -> Iterator[str]:
    yield f"## {first.name.capitalize()}\n"
    yield from _below(first, 0)
    yield ""


def _below(screen: Screen, level: int) -> Iterator[str]:
    """What can be chosen on a screen and, further in, what lies behind it."""
    for digit, target in screen.items.items():
        only = " (who has households)" if digit in screen.only else ""
        yield f"{'  ' * level}- `{digit}` {_named(f'item_{target}')}{only}{_leads(target)}"
        if target in menus().screens and not menus().screens[target].first:
            yield from _below(menus().screens[target], level + 1)
    if screen.leads:
        behind = menus().screens[screen.leads]
        yield f"{'  ' * level}- one of them{': its page' if behind.kind is Kind.PAGE else ''}{_behind(behind)}"
        yield from _below(behind, level + 1)


def _leads(target: str) -> str:
    return {"report": ": the report, below", "practise": ": the report, below, which files nothing"}.get(target, "")


def _behind(screen: Screen) -> str:
    return " with its moves, below" if screen.name == "case" else ""


def _resume() -> Iterator[str]:
    yield "## After a call that broke off\n"
    yield from _below(menus().screens["resume"], 0)
    yield ""


def _report() -> Iterator[str]:
    yield "## The report\n\nAsked in this order; every answer is kept at once.\n"
    yield from _questions(REPORT)


def _moves() -> Iterator[str]:
    yield "## Moves of a case\n\nThe digits are those of an SMS. A page shows only what the caller may do now.\n"
    yield f"| digit | {' | '.join(Language)} | asks | PIN |\n|---|---|---|---|---|---|"
    for verb, asked in menus().moves.items():
        entry = codebook().verbs[verb]
        words = " | ".join(text_of(f"move_{verb}", language) for language in Language)
        yield f"| {entry.digit} | {words} | {', '.join(asked)} | {'yes' if entry.reply_code else ''} |"
    yield ""
    yield from _questions(dict.fromkeys(name for asked in menus().moves.values() for name in asked))


def _pins() -> Iterator[str]:
    yield "## The PIN\n"
    yield from _questions(PINS)


def _questions(names: Iterable[str]) -> Iterator[str]:
    """A table of questions with what answers them."""
    yield "| question | zh | bo | en | answer | asked only when |\n|---|---|---|---|---|---|"
    for name in names:
        screen = menus().screens[name]
        words = " | ".join(_template(f"screen_{name}", language) for language in Language)
        yield f"| {name} | {words} | {_answer(screen)} | {WHEN.get(name, '')} |"
    yield ""


def _answer(screen: Screen) -> str:
    """What can be typed."""
    if screen.kind is Kind.MENU:
        return "<br>".join(f"`{digit}` {_named(f'item_{target}')}" for digit, target in screen.items.items())
    if screen.takes is None:
        is_place = screen.name == "household"
        key, other = (NO_HOUSEHOLD, "item_no_household") if is_place else (OTHER_FAMILY, "item_own_words")
        return f"one of the list<br>`{key}` {_named(other)}"
    return TAKES[screen.takes] + (", or `#`" if screen.skip else "")


def _named(key: str) -> str:
    return " · ".join(dict.fromkeys(text_of(key, language) for language in Language))


def _template(key: str, language: Language) -> str:
    return screens().entries[key].template(language)

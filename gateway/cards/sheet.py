"""A card as HTML: two sides of one sheet, made of the card, the code book and the pictograms."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from gateway.cards.card import Card, Side
from gateway.cards.examples import OWNERS, to_act, to_report
from gateway.cards.words import FOLDER, Pair, pair, words
from gateway.domain.terms import Language
from gateway.sms.codebook import VerbEntry, codebook
from gateway.sms.reading import Verb

COLUMNS = 3  # of codes on the back
_LETTER, _POINT = re.compile("[\u0f40-\u0f6c]"), re.compile("[\u0f0b-\u0f0e ]")
_COLUMN = 10.8  # Tibetan letters beside a code

_ANSWERS = (Verb.FIXED, Verb.NOT_FIXED)  # what 1 and 2 mean behind our question
_REPORTERS = (Verb.STATUS, Verb.FIXED, Verb.NOT_FIXED, Verb.UNDO)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A code with what it means."""

    code: str
    meaning: Pair
    urgent: bool
    takes_count: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """A family of codes under its first digit."""

    digit: str
    meaning: Pair
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What may be written behind a case's number, and what else goes with it."""

    verb: Verb
    digit: str
    meaning: Pair
    also: tuple[Pair, ...]


def html_of(card: Card, size: str) -> str:
    """Both sides of a card; `size` is how closely they are set, a class of card.css."""
    acts = card.side is Side.OFFICIAL
    return _template().render(
        card=card,
        size=size,
        own_tag="en" if card.language is Language.EN else "zh-Hans",
        w=partial(words, language=card.language),
        acts=acts,
        examples=to_act(card) if acts else to_report(card),
        steps=steps(OWNERS if acts else _REPORTERS, card.language),
        answers=steps(_ANSWERS, card.language),
        columns=_columns(families(card.language)),
        marked=_marked(),
        pictogram=_pictogram,
    )


def families(language: Language) -> tuple[Family, ...]:
    """All families of the code book with their codes."""
    book = codebook()
    return tuple(
        Family(
            digit=digit,
            meaning=pair(language, names.__getitem__),
            lines=tuple(
                Line(
                    code=code.code,
                    meaning=pair(language, code.labels.__getitem__),
                    urgent=code.urgent,
                    takes_count=code.takes_count,
                )
                for code in book.codes.values()
                if code.family == digit
            ),
        )
        for digit, names in book.families.items()
    )


def steps(verbs: Iterable[Verb], language: Language) -> tuple[Step, ...]:
    """What some verbs are typed and called."""
    book = codebook()
    return tuple(
        Step(
            verb=verb,
            digit=book.verbs[verb].digit,
            meaning=pair(language, partial(book.word, verb)),
            also=tuple(_goes_with(book.verbs[verb], language)),
        )
        for verb in verbs
    )


def _goes_with(entry: VerbEntry, language: Language) -> Iterator[Pair]:
    if entry.verb is Verb.EXTEND:
        yield words("days", language)
    if entry.reply_code:
        yield words("code", language)


def _marked() -> Mapping[str, str]:
    """Codes that show how the back marks what is always urgent and what takes a number."""
    codes = codebook().codes.values()
    return {
        "urgent": next(code.code for code in codes if code.urgent and not code.takes_count),
        "counted": next(code.code for code in codes if code.takes_count and not code.urgent),
    }


def _columns(every: Sequence[Family]) -> list[Sequence[Family]]:
    """The families in columns, as many in each."""
    height = -(-len(every) // COLUMNS)
    return [every[start : start + height] for start in range(0, len(every), height)]


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["long"] = _is_long
    return environment.get_template("card.html")


def _is_long(meaning: Pair) -> bool:
    """Whether the Tibetan is wider than a column and must begin beside the other language, not below it."""
    letters = len(_LETTER.findall(meaning.bo))  # vowels and letters below others take no room
    return letters + (len(_POINT.findall(meaning.bo))) / 2 > _COLUMN


@cache
def _pictogram(name: str, colour: str = "#000") -> Markup:
    """One of our own drawings, to stand within the page; its lines take the colour."""
    drawing = (FOLDER / "pictograms" / f"{name}.svg").read_text("utf-8")
    return Markup(drawing.replace("currentColor", colour))  # noqa: S704 - a file of the project's

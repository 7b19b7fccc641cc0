"""What a card shows to be typed, word for word; a test reads every one of them as the parser does."""

from dataclasses import dataclass
from functools import partial

from gateway.cards.card import Card, Side
from gateway.cards.words import Pair, pair, words
from gateway.domain import numbers
from gateway.sms.codebook import codebook
from gateway.sms.reading import Verb

OWNERS = (Verb.ACCEPT, Verb.DONE, Verb.PASS_UP, Verb.NOT_MINE, Verb.EXTEND, Verb.NOTE, Verb.STATUS)
"""What an official may write behind a case's number, in the order of the card."""

_CODE, _COUNTED, _FAMILY, _PASSED_UP = "21", "52", "5", "64"  # the code book says what they mean
_ORDINAL, _HEADS = 3, 14  # of households, of yaks
_CASE, _REPLY_CODE = numbers.make(numbers.Kind.CASE, 4821), "571"


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """What to type, in the one language or the other, and what it means or how it is put together."""

    typed: Pair
    hint: Pair


def to_report(card: Card) -> list[list[Example]]:
    """How a reporter writes, in rows: a liaison in words and codes, a household for itself, in words."""
    say = partial(words, language=card.language)
    what = say("example")
    if card.side is Side.RESIDENT:
        return [
            [Example(typed=what, hint=say("write_own_words"))],
            [Example(typed=_within("*{}", what), hint=say("write_urgent"))],
        ]
    ordinal = _ordinal(card)
    return [
        [Example(typed=_within(f"{ordinal} {{}}", what), hint=say("write_words"))],
        [
            _to_report_in_code(card),
            Example(typed=_same(f"*{ordinal}*{_CODE}"), hint=say("write_urgent")),
        ],
        [
            Example(typed=_same(f"{ordinal}*{_FAMILY}"), hint=_label(card, _FAMILY)),
            Example(
                typed=_same(f"{ordinal}*{_COUNTED}*{_HEADS}"), hint=_within(f"{{}} {_HEADS}", _label(card, _COUNTED))
            ),
        ],
    ]


def to_act(card: Card) -> list[list[Example]]:
    """How an official writes: the case's number, the digit, the code of our alert, words; then with a code."""
    book = codebook()
    digits = " ".join(book.verbs[verb].digit for verb in OWNERS if book.verbs[verb].reply_code)
    done = f"{_CASE} {book.verbs[Verb.DONE].digit} {_REPLY_CODE} {{}}"
    finished = Example(
        typed=_within(done, words("official_example", card.language)),
        hint=words("with_code", card.language, digits=digits),
    )
    return [[finished], [_to_report_in_code(card) if card.homes else _to_pass_up(card)]]


def _to_pass_up(card: Card) -> Example:
    """Naming the department by a code of the back."""
    book = codebook()
    return Example(
        typed=_same(f"{_CASE} {book.verbs[Verb.PASS_UP].digit} {_PASSED_UP} {_REPLY_CODE}"),
        hint=pair(
            card.language, lambda language: f"{book.word(Verb.PASS_UP, language)} {book.label(_PASSED_UP, language)}"
        ),
    )


def _to_report_in_code(card: Card) -> Example:
    return Example(typed=_same(f"{_ordinal(card)}*{_CODE}"), hint=words("write_code", card.language))


def _label(card: Card, code: str) -> Pair:
    return pair(card.language, partial(codebook().label, code))


def _ordinal(card: Card) -> int:
    """A household of the holder's own for the examples."""
    own = [home.ordinal for home in card.homes]
    return _ORDINAL if _ORDINAL in own or not own else own[0]


def _same(typed: str) -> Pair:
    return Pair(own=typed, bo=typed)


def _within(template: str, texts: Pair) -> Pair:
    return Pair(own=template.format(texts.own), bo=template.format(texts.bo))

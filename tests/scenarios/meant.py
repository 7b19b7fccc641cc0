"""What somebody means by a text, if menus offer it: the same wish can then be said over USSD."""

from dataclasses import dataclass

from gateway.flow.proof import CONSEQUENTIAL
from gateway.sms.parser import parse
from gateway.sms.reading import Parsed, SubjectKind, Verb

_WITHOUT_MENU = frozenset({Verb.MERGE, Verb.FORWARD, Verb.HELP, Verb.OPT_IN, Verb.OPT_OUT})
_ANSWERS = frozenset({Verb.ACCEPT, Verb.FIXED, Verb.NOT_FIXED})
_YES, _NO = "1", "2"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    """Who wants something, and what a bare answer of theirs is about."""

    reports: bool  # liaison or resident; everybody else is an official
    households: bool  # has households with ordinals
    about: str  # number of the case that was spoken of last; empty when there is none
    asked: bool  # that case is said to be done, and waits for a yes or no
    looks: bool  # the story says what a page shows


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Something happened."""

    household: str  # ordinal; empty when none is named
    code: str
    values: tuple[int, ...]
    words: str
    urgent: bool
    practise: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """Do something to a case."""

    number: str
    verb: Verb
    days: int = 0
    words: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """See how a case stands."""

    number: str


Wish = Report | Move | Look


def meant(text: str, listener: Listener) -> Wish | None:
    """The wish behind a text; None when it only exists as a text.

    That is: numbers with a wrong digit, answers to a question that only a text asks (which one, which code), what the
    county centre does in words (forward, merge), START and STOP, a status without a page to look at, and a
    consequential command without its code, which is a way to be asked for it.
    """
    parsed = parse(text)
    if not isinstance(parsed, Parsed):
        return None
    if parsed.reply:
        return _answer(parsed.reply, listener)
    if parsed.verb is not None:
        return _command(parsed, parsed.verb, listener)
    return _worded(parsed, listener) or _report(text, parsed, listener)


def _answer(reply: str, listener: Listener) -> Move | None:
    verbs = {_YES: Verb.FIXED, _NO: Verb.NOT_FIXED} if listener.reports else {_YES: Verb.ACCEPT}
    return Move(number=listener.about, verb=verbs[reply]) if reply in verbs and listener.about else None


def _command(parsed: Parsed, verb: Verb, listener: Listener) -> Wish | None:
    if parsed.rehearsal or verb in _WITHOUT_MENU or (verb in CONSEQUENTIAL and not parsed.reply_code):
        return None
    if parsed.subject is None:
        number = listener.about if verb in _ANSWERS or listener.looks else ""
    else:
        number = parsed.subject.number if parsed.subject.kind is SubjectKind.CASE else ""
    if not number:
        return None
    if verb is Verb.STATUS:
        return Look(number=number) if listener.looks else None
    days = parsed.values[0] if verb is Verb.EXTEND and parsed.values else 0
    return Move(number=number, verb=verb, days=days, words=parsed.text)


def _worded(parsed: Parsed, listener: Listener) -> Move | None:
    """A yes or no in words, to somebody who was asked."""
    if not (listener.reports and listener.asked) or parsed.code or parsed.rehearsal:
        return None
    read = parse(f"{listener.about} {parsed.text}")
    if isinstance(read, Parsed) and read.verb in {Verb.FIXED, Verb.NOT_FIXED}:
        return Move(number=listener.about, verb=read.verb, words=read.text)
    return None


def _report(text: str, parsed: Parsed, listener: Listener) -> Report | None:
    if not listener.reports:
        return None
    subject = parsed.subject if listener.households else None
    return Report(
        household=subject.number if subject else "",
        code=parsed.code,
        values=parsed.values,
        words=text if parsed.subject and not subject else parsed.text,
        urgent=parsed.urgent,
        practise=parsed.rehearsal,
    )

"""What an item of a menu does where it does not simply open a screen."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from gateway.domain.terms import Language
from gateway.sms.codebook import codebook
from gateway.sms.reading import Parsed, Verb
from gateway.ussd import moves, report
from gateway.ussd.session import Session
from gateway.ussd.steps import NUMBER, File, Speak

CALL_BACK = "94"
"""The code book's "call me back"."""


def _call(session: Session) -> Session:
    """A wish to be called is a report like any other."""
    text = codebook().label(CALL_BACK, session.caller.language)
    return session.do(File(reading=Parsed(code=CALL_BACK), text=text)).end("filed", number=NUMBER)


def _speak(session: Session, language: Language) -> Session:
    return _spoken(session, Speak(language=language))


def _speak_latin(session: Session) -> Session:
    return _spoken(session, Speak(language=session.caller.language, latin=True))


def _spoken(session: Session, speak: Speak) -> Session:
    """The last screen is already in the language that was chosen."""
    caller = replace(session.caller, language=speak.language, latin=speak.latin)
    return replace(session, caller=caller).do(speak).end("spoken")


ACTS: Mapping[str, Callable[[Session], Session]] = MappingProxyType(
    {
        "report": partial(report.begin, practise=False),
        "practise": partial(report.begin, practise=True),
        "is_urgent": partial(report.choose_urgency, urgent=True),
        "can_wait": partial(report.choose_urgency, urgent=False),
        "send": report.send,
        "change_household": lambda session: report.correct(session, "household"),
        "change_what": lambda session: report.correct(session, "family", "code", "count", "people", "words", "details"),
        "change_urgent": lambda session: report.correct(session, "urgent"),
        "call": _call,
        "is_fixed": partial(moves.begin, verb=Verb.FIXED),
        "not_fixed": partial(moves.begin, verb=Verb.NOT_FIXED),
        "speak_zh": partial(_speak, language=Language.ZH),
        "speak_bo": partial(_speak, language=Language.BO),
        "speak_en": partial(_speak, language=Language.EN),
        "speak_latin": _speak_latin,
    }
)
"""By the name that `menus.toml` gives it."""

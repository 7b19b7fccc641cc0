"""The report: a form whose next question is the first one that applies and was not answered."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from gateway.sms.codebook import OTHER_FAMILY, codebook
from gateway.ussd.caller import Caller, Draft
from gateway.ussd.drafts import as_reading, as_text
from gateway.ussd.keys import digits_of
from gateway.ussd.options import NO_HOUSEHOLD
from gateway.ussd.session import Place, Report, Session, first_places
from gateway.ussd.steps import NUMBER, File, Keep

MOST_COUNTED = 9999
_CODE_DIGITS = 2
_READ_BACK = "readback"


def begin(session: Session, *, practise: bool) -> Session:
    """The first question."""
    return _ask(session, Report(practise=practise))


def trail_to(draft: Draft, caller: Caller) -> tuple[Place, ...]:
    """The places that lead on with a report which an earlier call began."""
    report = _taken_up(draft, caller)
    return (*first_places(caller), Place(screen=_next_question(report, caller), report=report))


def choose_household(session: Session, ordinal: str) -> Session:
    """The answer to "whose household": an ordinal, or that it belongs to none."""
    return _answered(session, "household", household="" if ordinal == NO_HOUSEHOLD else ordinal)


def choose_family(session: Session, digit: str) -> Session:
    """The answer to "what happened": a family of codes, or own words."""
    return _answered(session, "family", code=digit, count=None, text="")


def choose_code(session: Session, code: str) -> Session:
    """The answer to "which of these": a code; own words keep the family."""
    return _answered(session, "code", code=session.here.report.draft.code if code == OTHER_FAMILY else code)


def choose_urgency(session: Session, *, urgent: bool) -> Session:
    """The answer to "is it urgent"."""
    return _answered(session, "urgent", urgent=urgent)


def take_count(session: Session, typed: str) -> Session:
    """The answer to "how many", animals or people; nothing typed leaves it open."""
    count = int(digits_of(typed) or 0) if typed else None
    if count is not None and not 1 <= count <= MOST_COUNTED:
        return session.stay("why_number", most=MOST_COUNTED)
    return _answered(session, session.here.screen, count=count)


def take_words(session: Session, typed: str) -> Session:
    """What happened, in own words."""
    return _answered(session, session.here.screen, text=typed)


def correct(session: Session, *questions: str) -> Session:
    """Ask some of the questions again and keep the other answers."""
    report = session.here.report
    return _ask(session, replace(report, answered=report.answered - set(questions)))


def send(session: Session) -> Session:
    """File it; practising looks the same and opens nothing."""
    report = session.here.report
    deed = File(
        reading=as_reading(report.draft, practise=report.practise),
        text=as_text(report.draft, practise=report.practise),
        ends_draft=not report.practise,
    )
    return session.do(deed).end("practised" if report.practise else "filed", number=NUMBER)


def _answered(session: Session, question: str, **answers: object) -> Session:
    """Take an answer, keep the report as it is now and ask on."""
    report = session.here.report
    draft = replace(report.draft, **answers)  # type: ignore[arg-type]  # each caller names a field of Draft
    asked = _ask(session, replace(report, draft=draft, answered=report.answered | {question}))
    return asked if report.practise else asked.do(Keep(draft=draft))


def _ask(session: Session, report: Report) -> Session:
    return session.enter(Place(screen=_next_question(report, session.caller), report=report))


def _next_question(report: Report, caller: Caller) -> str:
    code = report.draft.code
    kind = codebook().codes.get(code)
    applies = {
        "household": bool(caller.homes),
        "family": True,
        "code": _is_family(code),
        "count": kind is not None and kind.takes_count and not kind.counts_people,
        "people": kind is not None and kind.counts_people,
        "words": code == OTHER_FAMILY,
        "details": _is_family(code),
        "urgent": True,
    }
    return next((name for name, is_asked in applies.items() if is_asked and name not in report.answered), _READ_BACK)


def _taken_up(draft: Draft, caller: Caller) -> Report:
    """A kept report: what stands in it counts as answered, and so does what was asked before the last answer.

    A household that has another liaison by now is asked for again.
    """
    mine = {str(home.ordinal) for home in caller.homes}
    is_gone = bool(draft.household) and draft.household not in mine
    if is_gone:
        draft = replace(draft, household="")
    later: Mapping[str, bool] = {
        "urgent": draft.urgent is not None,
        "words": bool(draft.text),
        "details": bool(draft.text) or draft.urgent is not None,
        **dict.fromkeys(("count", "people"), draft.count is not None or draft.urgent is not None),
        "code": len(draft.code) == _CODE_DIGITS or bool(draft.text) or draft.urgent is not None,
        "family": bool(draft.code),
        "household": not is_gone and bool(draft.household or draft.code),
    }
    return Report(draft=draft, answered=frozenset(name for name, is_known in later.items() if is_known))


def _is_family(code: str) -> bool:
    return len(code) == 1 and code != OTHER_FAMILY


CHOICES: Mapping[str, Callable[[Session, str], Session]] = MappingProxyType(
    {"household": choose_household, "family": choose_family, "code": choose_code}
)
"""What takes the option chosen from a list of the form."""
ANSWERS: Mapping[str, Callable[[Session, str], Session]] = MappingProxyType(
    {"count": take_count, "people": take_count, "words": take_words, "details": take_words}
)
"""What takes the answer to a question of the form; an empty one was skipped."""

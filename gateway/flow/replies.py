"""A bare digit, reply code or word: which open question it answers (design, section 5)."""

from collections.abc import Mapping, Sequence

from gateway.domain.categories import FALLBACK
from gateway.domain.classify import classify
from gateway.domain.terms import Language
from gateway.flow import asking, labels, reports, unfinished
from gateway.flow.desk import Command
from gateway.flow.resolve import resolve
from gateway.flow.turn import Turn
from gateway.sms.folding import SEPARATORS, chinese_number, fold
from gateway.sms.parser import parse
from gateway.sms.reading import Parsed, Subject, SubjectKind, Verb
from gateway.store.cases import Case
from gateway.store.dialogue import Question, QuestionKind, open_questions
from gateway.wording import part

MOST_CHOICES = 5  # what one segment can list
CALL_BACK = "94"  # the codebook's "call me back"

# People say "good" for "I take it" and "received" for "it is fixed": a yes is a yes to whatever was asked.
_YES = frozenset({Verb.ACCEPT.value, Verb.FIXED.value})
_MEANT_BY: Mapping[Verb, Mapping[str, frozenset[str]]] = {
    Verb.ACCEPT: {"1": _YES},
    Verb.FIXED: {"1": _YES},
    Verb.NOT_FIXED: {"2": frozenset({Verb.NOT_FIXED.value})},
}


def reply(turn: Turn, digits: str) -> bool:
    """Answer the open question that the digits can mean; False when nothing is open for them."""
    questions = open_questions(turn.session, turn.person, turn.now)
    fitting = [question for question in questions if digits in question.options]
    if len(fitting) == 1:
        _take(turn, fitting[0], digits)
    elif fitting:
        _choose(turn, fitting, digits)
    else:
        coded = [question for question in questions if question.kind is QuestionKind.CODE]
        if not coded or len(digits) != len(next(iter(coded[0].options))):
            return False
        _take(turn, coded[0], digits)
    return True


def worded(turn: Turn, parsed: Parsed) -> bool:
    """Words that say yes or no ("没好，还缺证明", "2 没好", "2 只通了一半") answer what is open; else False."""
    if parsed.code or parsed.rehearsal:
        return False
    return _said(turn, parsed) or _why_not(turn, parsed)


def _said(turn: Turn, parsed: Parsed) -> bool:
    """Words that begin with a yes or a no, behind its digit or without one."""
    asked = next((each for each in open_questions(turn.session, turn.person, turn.now) if each.case), None)
    if asked is None or asked.case is None:
        return False
    read = parse(f"{asked.case.number} {parsed.text}")
    if not isinstance(read, Parsed) or read.verb is None or read.verb not in _MEANT_BY:
        return False
    digits = next(iter(_MEANT_BY[read.verb]))
    if parsed.subject is not None and parsed.subject.number != digits:
        return False
    if read.verb is not Verb.NOT_FIXED and not _set_apart(parsed.text, read.text):
        return False
    return verb_alone(turn, read.verb, read.text)


def _why_not(turn: Turn, parsed: Parsed) -> bool:
    """The digit for "not fixed" and words that say why, if that is the one thing that the digit can answer now.

    "2 水管漏水" may as well tell of household 2: see `_is_news`. "2户 …" and a mark for urgent never answer.
    """
    digits = next(iter(_MEANT_BY[Verb.NOT_FIXED]))
    fitting = [each for each in open_questions(turn.session, turn.person, turn.now) if digits in each.options]
    if len(fitting) != 1 or parsed.urgent or not _begins_bare(turn.message.text, parsed, digits):
        return False
    (asked,) = fitting
    if asked.kind is not QuestionKind.FIXED or asked.case is None or _is_news(turn, parsed, asked.case):
        return False
    _take(turn, asked, digits, parsed.text)
    return True


def _begins_bare(typed: str, parsed: Parsed, digits: str) -> bool:
    """Whether the words stand behind nothing but the digit itself: no "户", no mark."""
    front = fold(typed).text.strip().removesuffix(fold(parsed.text).text.strip())
    bare = "".join(letter for letter in front if letter not in SEPARATORS)
    return bool(parsed.text) and (chinese_number(bare) or bare) == digits


def _is_news(turn: Turn, parsed: Parsed, case: Case) -> bool:
    """Whether words behind a digit tell of something else than the case that was asked about.

    They do when they call for help, and when they name a problem: another one, or one of another household.
    """
    found = classify(parsed.text)
    if found.life_and_limb or found.category == FALLBACK:
        return found.life_and_limb
    home = reports.household_of(turn, parsed.subject)
    return found.category != case.category or home not in {None, case.household}


def _set_apart(text: str, rest: str) -> bool:
    """Whether a yes ends before the words behind it, and these call for nobody: "好的草场被占了" is a report."""
    before = text.removesuffix(rest)
    return not rest or not (before[-1:].isalnum() or classify(rest).life_and_limb)


def verb_alone(turn: Turn, verb: Verb, text: str = "") -> bool:
    """A word (收, OK, 好, 没好) answers the open question that it fits, with what stands behind it; else False."""
    for digits, fitting_verbs in _MEANT_BY.get(verb, {}).items():
        questions = [
            question
            for question in open_questions(turn.session, turn.person, turn.now)
            if question.options.get(digits, {}).get("verb") in fitting_verbs
        ]
        if len(questions) == 1:
            _take(turn, questions[0], digits, text)
            return True
        if questions:
            _choose(turn, questions, digits, text)
            return True
    return False


def _take(turn: Turn, question: Question, digits: str, text: str = "") -> None:
    """Do what an option says: a command, or a request to be called."""
    turn.message.result = "reply"
    wrong_code = question.kind is QuestionKind.CODE and digits not in question.options
    option = next(iter(question.options.values())) if wrong_code else question.options[digits]
    if option.get("call"):
        _call_back(turn, question)
        return
    if not wrong_code:
        question.answered_at = turn.now
    if "draft" in option:
        _file_draft(turn, option["draft"])
        return
    command = Command(
        verb=Verb(option["verb"]),
        number=option["number"],
        text=text or option.get("text", ""),
        values=tuple(option.get("values", ())),
        code=digits if question.kind is QuestionKind.CODE else option.get("code", ""),
    )
    resolve(turn, command)


def _call_back(turn: Turn, question: Question) -> None:
    """A wish to be called is a case like any other: somebody owns it, and it has a deadline."""
    about = question.options.get("household")
    subject = Subject(kind=SubjectKind.HOUSEHOLD, number=about["number"]) if about else None
    reports.file_anew(turn, Parsed(subject=subject, code=CALL_BACK))


def _file_draft(turn: Turn, draft_id: int) -> None:
    """The report that a call broke off, filed as far as it was told."""
    parsed = unfinished.taken_up(turn, draft_id)
    if parsed is None:
        nothing_open(turn)
    else:
        reports.file_anew(turn, parsed)


def _choose(turn: Turn, questions: Sequence[Question], digits: str, text: str = "") -> None:
    """Several things are open: list them, urgent ones first, and let a digit pick one."""
    ordered = sorted(questions, key=lambda each: (not (each.case and each.case.urgent), each.id))[:MOST_CHOICES]
    options = {str(place): {**each.options[digits], "text": text} for place, each in enumerate(ordered, start=1)}
    asking.ask_passing(turn, QuestionKind.CHOOSE, options)
    turn.message.result = "reply"
    language = turn.person.language
    pairs = [(place, _label(question, digits, language)) for place, question in zip(options, ordered, strict=True)]
    turn.answer("choose", choices=asking.choices(pairs, language))


def _label(question: Question, digits: str, language: Language) -> str:
    """A case by its number and what it is about; a report that a call broke off has no number yet."""
    if question.kind is QuestionKind.DRAFT:
        return part("part_draft", language)
    number: str = question.options[digits]["number"]
    return f"{number} {labels.what_for_news(question.case, language)}" if question.case else number


def nothing_open(turn: Turn) -> None:
    """A digit that answers nothing."""
    turn.message.result = "not_understood"
    turn.answer("nothing_open", phone=turn.rules.centre_phone)

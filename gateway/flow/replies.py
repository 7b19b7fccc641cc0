"""A bare digit, reply code or word: which open question it answers (design, section 5)."""

from collections.abc import Mapping, Sequence

from gateway.flow import asking, reports
from gateway.flow.resolve import Command, resolve
from gateway.flow.turn import Turn
from gateway.sms.reading import Parsed, Subject, SubjectKind, Verb
from gateway.store.dialogue import Question, QuestionKind, open_questions

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


def verb_alone(turn: Turn, verb: Verb) -> bool:
    """A word typed alone (收, OK, 好, 没好) answers the open question that it fits; False when it fits none."""
    for digits, fitting_verbs in _MEANT_BY.get(verb, {}).items():
        questions = [
            question
            for question in open_questions(turn.session, turn.person, turn.now)
            if question.options.get(digits, {}).get("verb") in fitting_verbs
        ]
        if len(questions) == 1:
            _take(turn, questions[0], digits)
            return True
        if questions:
            _choose(turn, questions, digits)
            return True
    return False


def _take(turn: Turn, question: Question, digits: str) -> None:
    """Do what an option says: a command, or a request to be called."""
    turn.message.result = "reply"
    wrong_code = question.kind is QuestionKind.CODE and digits not in question.options
    option = next(iter(question.options.values())) if wrong_code else question.options[digits]
    if option.get("call"):
        _call_back(turn, question)
        return
    if not wrong_code:
        question.answered_at = turn.now
    command = Command(
        verb=Verb(option["verb"]),
        number=option["number"],
        text=option.get("text", ""),
        values=tuple(option.get("values", ())),
        code=digits if question.kind is QuestionKind.CODE else option.get("code", ""),
    )
    resolve(turn, command)


def _call_back(turn: Turn, question: Question) -> None:
    """A wish to be called is a case like any other: somebody owns it, and it has a deadline."""
    about = question.options.get("household")
    subject = Subject(kind=SubjectKind.HOUSEHOLD, number=about["number"]) if about else None
    reports.file(turn, Parsed(subject=subject, code=CALL_BACK))


def _choose(turn: Turn, questions: Sequence[Question], digits: str) -> None:
    """Several things are open: list them, urgent ones first, and let a digit pick one."""
    ordered = sorted(questions, key=lambda each: (not (each.case and each.case.urgent), each.id))[:MOST_CHOICES]
    options = {str(place): question.options[digits] for place, question in enumerate(ordered, start=1)}
    asking.ask_passing(turn, QuestionKind.CHOOSE, options)
    turn.message.result = "reply"
    pairs = [(place, option["number"]) for place, option in options.items()]
    turn.answer("choose", choices=asking.choices(pairs, turn.person.language))


def nothing_open(turn: Turn) -> None:
    """A digit that answers nothing."""
    turn.message.result = "not_understood"
    turn.answer("nothing_open", phone=turn.rules.centre_phone)

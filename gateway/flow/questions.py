"""Questions back to the sender: which number, what happened, say it again (design, section 5)."""

from gateway.domain import numbers
from gateway.domain.classify import classify
from gateway.flow import asking, reports
from gateway.flow.replies import nothing_open
from gateway.flow.turn import Turn
from gateway.sms.parser import parse
from gateway.sms.reading import NotParsed, Parsed, Subject, SubjectKind, Verb
from gateway.store import cases
from gateway.store.cases import Case
from gateway.store.dialogue import QuestionKind
from gateway.store.inbound import failures_in_a_row
from gateway.wording import part

_MOST_NEAR = 4


def which_number(turn: Turn, parsed: NotParsed) -> None:
    """Ask which number was meant; words without a candidate, or that cannot wait, become a report: nothing is lost."""
    meant = cases.known_to(turn.session, turn.person, parsed.near, turn.posts)[:_MOST_NEAR]
    if parsed.text and (not meant or _cannot_wait(parsed, meant[0])):
        reports.file(turn, Parsed(text=turn.message.text, urgent=parsed.urgent, rehearsal=parsed.rehearsal))
    elif not meant:
        turn.message.result = "not_understood"
        turn.answer("number_unknown", given=parsed.token)
    else:
        _ask_which(turn, parsed, meant)


def _cannot_wait(parsed: NotParsed, nearest: Case) -> bool:
    """Whether words that are no command call for help at once."""
    plain = _again(nearest.number, parsed.text)["verb"] == Verb.NOTE.value
    return plain and (parsed.urgent or classify(parsed.text).urgent)


def _ask_which(turn: Turn, parsed: NotParsed, meant: list[Case]) -> None:
    options: dict[str, asking.Option] = {
        str(place): _again(case.number, parsed.text) for place, case in enumerate(meant, start=1)
    }
    pairs = [(place, case.number) for place, case in zip(options, meant, strict=True)]
    if parsed.text:
        options["report"] = {"urgent": parsed.urgent}  # filed by the clock when nobody answers
    asking.ask_passing(turn, QuestionKind.NEAR, options)
    turn.message.result = "near"
    turn.answer("number_near", given=parsed.token, choices=asking.choices(pairs, turn.person.language))


def _again(number: str, text: str) -> asking.Option:
    """The command that the words would have been behind the right number."""
    read = parse(f"{number} {text}")
    if not isinstance(read, Parsed) or read.verb is None:
        return asking.command(Verb.NOTE, number, text=text)
    return asking.command(read.verb, number, text=read.text, values=list(read.values), code=read.reply_code)


def what_happened(turn: Turn, number: str) -> None:
    """A household by ordinal or number, and nothing else: ask for the words, or offer a call."""
    kind = SubjectKind.HOUSEHOLD if len(number) >= numbers.SHORTEST else SubjectKind.ORDINAL
    household = reports.household_of(turn, Subject(kind=kind, number=number))
    if household is None or not reports.answers_for(turn, household):
        nothing_open(turn)
        return
    turn.message.result = "asked"
    options: dict[str, asking.Option] = {"1": {"call": True}, "household": {"number": household.number}}
    asking.ask_passing(turn, QuestionKind.HOUSEHOLD, options)
    language, count = turn.person.language, household.ordinal
    turn.answer(
        "household_ask",
        household=part("part_household", language, ordinal=count),
        code_hint=part("part_code_hint", language, ordinal=count),
    )


def not_understood(turn: Turn) -> None:
    """Say so once; the second time in a row offer a call."""
    turn.message.result = "not_understood"
    phone = turn.rules.centre_phone
    if failures_in_a_row(turn.session, turn.message) == 0:
        turn.answer("not_understood", phone=phone)
        return
    asking.ask_passing(turn, QuestionKind.CALL, {"1": {"call": True}})
    turn.answer("not_understood_call", phone=phone)

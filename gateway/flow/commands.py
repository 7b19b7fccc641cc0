"""Commands: about a case, a household, or nothing in particular (help, a word typed alone)."""

from gateway.domain.terms import REPORTING_ROLES
from gateway.flow.desk import Command
from gateway.flow.replies import nothing_open, verb_alone
from gateway.flow.reports import answers_for
from gateway.flow.resolve import resolve
from gateway.flow.turn import Turn
from gateway.sms.reading import Parsed, SubjectKind, Verb
from gateway.store import cases, households
from gateway.store.dialogue import QuestionKind, close_passing, open_questions


def command(turn: Turn, parsed: Parsed, verb: Verb) -> None:
    """Carry out a command, whatever it is about."""
    turn.message.result = "command"
    if verb is Verb.HELP:
        _help(turn)
    elif parsed.subject is None:
        _word_alone(turn, verb)
    elif parsed.subject.kind is SubjectKind.CASE:
        cleared_up = _clears_up(turn, parsed, parsed.subject.number)
        close_passing(turn.session, turn.person, turn.now, cleared_up=cleared_up)
        resolve(turn, Command.of(parsed, verb, parsed.subject.number))
    elif parsed.subject.kind is SubjectKind.HOUSEHOLD:
        _household_state(turn, parsed.subject.number)
    else:  # orders and notices are not sent yet: no such number can exist
        turn.answer("number_unknown", given=parsed.subject.number)


def _clears_up(turn: Turn, parsed: Parsed, number: str) -> bool:
    """Whether this is what "which number did you mean?" was about, typed anew: the same words, or again a command."""
    meant = [
        option
        for question in open_questions(turn.session, turn.person, turn.now)
        if question.kind is QuestionKind.NEAR
        for option in question.options.values()
        if option.get("number") == number
    ]
    return any(option["verb"] != Verb.NOTE.value or option["text"] == parsed.text for option in meant)


def _word_alone(turn: Turn, verb: Verb) -> None:
    """查 alone asks for the newest of one's own cases; another word alone answers what is open."""
    if verb_alone(turn, verb):
        return
    mine = cases.live_of_reporter(turn.session, turn.person)
    if verb is Verb.STATUS and mine:
        resolve(turn, Command(verb=verb, number=mine[-1].number))
    else:
        nothing_open(turn)


def _help(turn: Turn) -> None:
    turn.message.result = "help"
    reporting = all(post.role in REPORTING_ROLES for post in turn.posts)
    turn.answer("help_liaison" if reporting else "help_official", phone=turn.rules.centre_phone)


def _household_state(turn: Turn, number: str) -> None:
    household = households.by_number(turn.session, number)
    if household is None or not answers_for(turn, household):
        turn.answer("number_unknown", given=number)
        return
    found = " ".join(case.number for case in cases.live_of_household(turn.session, household))
    if found:
        turn.answer("household_state", household=household.number, cases=found)
    else:
        turn.answer("household_no_cases", household=household.number)

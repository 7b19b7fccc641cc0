"""Reads a text message: `parse` is the grammar of design, section 5. Pure; never raises.

Order of reading: marks (rehearsal, urgent) → a verb word or bare digits as the whole message → subject → verb or code
→ words. Whatever is no command is a report, so nothing that a person wrote is lost.
"""

from dataclasses import dataclass, replace

from gateway.sms.codebook import codebook
from gateway.sms.parser_action import Command, check_digit, read_arguments, read_command, read_report
from gateway.sms.parser_subject import Found, Wrong, read_number, read_ordinal
from gateway.sms.reading import NotParsed, Parsed, ParseResult, Reason, Subject, SubjectKind, Verb
from gateway.sms.scanner import Scanner
from gateway.sms.vocabulary import vocabulary

_REPLY_CODE_DIGITS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class _Marks:
    """What stood in front; `end` is where the message itself begins."""

    urgent: bool = False
    rehearsal: bool = False
    end: int = 0


def parse(text: str) -> ParseResult:
    """What a text says: a command, a report, an answer, or what to ask back."""
    scanner = Scanner(text)
    if scanner.exhausted:
        return Parsed(verb=Verb.HELP) if "?" in scanner.text else NotParsed(reason=Reason.EMPTY)
    marks = _read_marks(scanner)
    result = _read_message(scanner, marks)
    return replace(result, urgent=marks.urgent or result.urgent, rehearsal=marks.rehearsal)


def _read_marks(scanner: Scanner) -> _Marks:
    marks = _Marks()
    words = vocabulary()
    while True:
        marks = _read_signs(scanner, marks)
        urgent = words.urgent.match(scanner.text, scanner.at)
        rehearsal = words.rehearsal.match(scanner.text, scanner.at)
        hit = urgent or rehearsal
        if hit is None:
            break
        scanner.at = hit.end
        marks = _Marks(
            urgent=marks.urgent or urgent is not None,
            rehearsal=marks.rehearsal or rehearsal is not None,
            end=hit.end,
        )
    return replace(marks, urgent=marks.urgent or _is_glued_urgent(scanner))


def _read_signs(scanner: Scanner, marks: _Marks) -> _Marks:
    """Skips separators; the last sign that means urgent moves the end of the marks."""
    start = scanner.at
    signs = codebook().urgent.characters
    between = scanner.skip()
    last = max((between.rfind(sign) for sign in signs), default=-1)
    return marks if last < 0 else replace(marks, urgent=True, end=start + last + 1)


def _is_glued_urgent(scanner: Scanner) -> bool:
    """Whether letters hang on an urgent word ("急房子塌了"), which then stays; 急性, 急需 … only begin like it."""
    if scanner.text.startswith(codebook().urgent.lookalikes, scanner.at):
        return False
    return vocabulary().urgent_glued.match(scanner.text, scanner.at) is not None


def _read_message(scanner: Scanner, marks: _Marks) -> ParseResult:
    if scanner.exhausted:
        scanner.at = 0  # "SOS" alone keeps its word; a rehearsal mark alone says nothing
        return Parsed(text=scanner.rest()) if marks.urgent else NotParsed(reason=Reason.EMPTY)
    result = _read_whole(scanner) or _read_bare_digits(scanner) or _read_verb_first(scanner)
    if result is not None:
        return result
    found = read_number(scanner) or read_ordinal(scanner)
    match found:
        case Wrong(token=token):
            return check_digit(scanner, token)
        case Found(subject=subject) if subject.kind in {SubjectKind.CASE, SubjectKind.DIRECTIVE}:
            return _about_case(scanner, found)
        case Found():
            return _about_household(scanner, found)
        case None:
            return _words(scanner, marks)


def _words(scanner: Scanner, marks: _Marks) -> Parsed:
    """A free report: all of it, but for the marks in front."""
    scanner.at = marks.end
    if marks.end:
        scanner.skip()
    return Parsed(text=scanner.rest())


def _read_whole(scanner: Scanner) -> Parsed | None:
    """A verb word that is the whole message, or has only its own digits behind it ("办结 571")."""
    start = scanner.at
    hit = vocabulary().whole.match(scanner.text, start)
    if hit is None:
        return None
    scanner.at = hit.end
    command = read_arguments(scanner, Verb(hit.value))
    if scanner.exhausted and isinstance(command, Command):
        return Parsed(verb=command.verb, values=command.values, reply_code=command.reply_code)
    scanner.at = start
    return None


def _read_bare_digits(scanner: Scanner) -> Parsed | None:
    """One to three digits and nothing else: the answer to an open question, or a household and nothing more."""
    start = scanner.at
    token = scanner.number()
    if token is None or len(token.digits) > _REPLY_CODE_DIGITS or not token.stands_alone:
        return None
    scanner.at = token.end
    if not scanner.exhausted:
        scanner.at = start
        return None
    value = int(token.digits)
    reply = token.digits if len(token.digits) == _REPLY_CODE_DIGITS else str(value)
    is_ordinal = value > 0 and len(token.digits) < _REPLY_CODE_DIGITS
    subject = Subject(kind=SubjectKind.ORDINAL, number=reply) if is_ordinal else None
    return Parsed(reply=reply, subject=subject, repairs=token.repairs)


def _read_verb_first(scanner: Scanner) -> ParseResult | None:
    """A verb typed in front of the number ("收 148214"); only a right number makes it a command."""
    start = scanner.at
    hit = vocabulary().after_number.match(scanner.text, start)
    if hit is None or Verb(hit.value) is Verb.MERGE:
        return None
    scanner.at = hit.end
    scanner.skip()
    number = read_number(scanner)
    match number:
        case Found(subject=subject) if subject.kind is not SubjectKind.HOUSEHOLD:
            return _finish(scanner, number, read_arguments(scanner, Verb(hit.value)))
        case Wrong(token=token) if scanner.exhausted:
            return check_digit(scanner, token)
        case _:
            scanner.at = start
            return None


def _about_case(scanner: Scanner, found: Found) -> ParseResult:
    """Behind the number of a case or directive: nothing asks for its status, words without a verb are a note."""
    scanner.skip()
    if scanner.exhausted:
        return Parsed(subject=found.subject, verb=Verb.STATUS, repairs=found.repairs)
    return _finish(scanner, found, read_command(scanner) or Command(verb=Verb.NOTE))


def _finish(scanner: Scanner, found: Found, command: Command | NotParsed | None) -> ParseResult:
    if not isinstance(command, Command):
        return command or Parsed(subject=found.subject, verb=Verb.NOTE, text=scanner.rest(), repairs=found.repairs)
    scanner.skip()
    return Parsed(
        subject=found.subject,
        verb=command.verb,
        values=command.values,
        reply_code=command.reply_code,
        text=scanner.rest(),
        repairs=found.repairs,
    )


def _about_household(scanner: Scanner, found: Found) -> ParseResult:
    """Behind a household: a code with values, a family, or words; a full number alone asks for its status."""
    between = scanner.skip()
    if scanner.exhausted:
        if found.subject.kind is SubjectKind.HOUSEHOLD:
            return Parsed(subject=found.subject, verb=Verb.STATUS, repairs=found.repairs)
        return NotParsed(reason=Reason.SUBJECT_ONLY, token=found.subject.number)
    if found.subject.kind is SubjectKind.HOUSEHOLD and _is_status_word(scanner):
        return Parsed(subject=found.subject, verb=Verb.STATUS, repairs=found.repairs)
    urgent = _skip_urgent(scanner)
    report = read_report(scanner, between)
    if report is not None:
        scanner.skip()
        if scanner.exhausted and not report.code:  # "3*9": something else, but what?
            return NotParsed(reason=Reason.SUBJECT_ONLY, token=found.subject.number, urgent=urgent)
    return Parsed(
        subject=found.subject,
        code="" if report is None else report.code,
        values=() if report is None else report.values,
        text=scanner.rest(),
        urgent=urgent,
        repairs=found.repairs,
    )


def _is_status_word(scanner: Scanner) -> bool:
    whole = _read_whole(scanner)
    return whole is not None and whole.verb is Verb.STATUS


def _skip_urgent(scanner: Scanner) -> bool:
    """Whether an urgent word stands between the subject and the words; moves behind it when words follow."""
    hit = vocabulary().urgent.match(scanner.text, scanner.at)
    if hit is None:
        return _is_glued_urgent(scanner)
    start = scanner.at
    scanner.at = hit.end
    scanner.skip()
    if scanner.exhausted:
        scanner.at = start
    return True

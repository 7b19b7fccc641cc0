"""Reads what stands behind a subject: a verb and its arguments, or a report code and its values, or a family."""

from dataclasses import dataclass

from gateway.domain import numbers
from gateway.sms.codebook import OTHER_FAMILY, codebook
from gateway.sms.parser_subject import Found, Wrong, is_amount, read_number
from gateway.sms.reading import NotParsed, Reason, SubjectKind, Verb
from gateway.sms.scanner import Next, Scanner, Token
from gateway.sms.vocabulary import vocabulary

_CODE_DIGITS = 2
_DAYS_DIGITS = 2
_REPLY_CODE_DIGITS = 3
_VALUE_DIGITS = 9
_MOST_VALUES = 9
_JOINS = frozenset("*#")
_SPANS = frozenset("*#-/.:、")


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A verb with its arguments; the words behind it are still to be read."""

    verb: Verb
    values: tuple[int, ...] = ()
    reply_code: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A report code with its values, or a family; empty for "other, in my own words"."""

    code: str
    values: tuple[int, ...] = ()


def read_command(scanner: Scanner) -> Command | NotParsed | None:
    """Reads a verb by digit or word and its arguments; None, without moving, when the words are a note."""
    start = scanner.at
    token = scanner.number()
    if token is not None and _is_loose(scanner, token):
        verb = codebook().verb_of(token.digits)
        if verb is None:
            return _meaningless(scanner, token)
        scanner.at = token.end
        return read_arguments(scanner, verb)
    hit = vocabulary().after_number.match(scanner.text, start)
    if hit is None:
        return None
    scanner.at = hit.end
    command = read_arguments(scanner, Verb(hit.value))
    if command is None:
        scanner.at = start
    return command


def read_arguments(scanner: Scanner, verb: Verb) -> Command | NotParsed | None:
    """Reads days, a code, a number or the reply code behind a verb; None when MERGE has no number behind it."""
    if verb is Verb.MERGE:
        return _merge(scanner)
    values: tuple[int, ...] = ()
    reply_code = ""
    consequential = codebook().verbs[verb].reply_code
    for _ in range(2):
        start = scanner.at
        scanner.skip()
        token = scanner.number()
        if token is not None and not values and _is_value(scanner, verb, token):
            values = (int(token.digits),)
            scanner.at = _behind_days(scanner, token) if verb is Verb.EXTEND else token.end
        elif token is not None and not reply_code and consequential and _is_reply_code(scanner, token):
            reply_code = token.digits
            scanner.at = token.end
        else:
            scanner.at = start
            break
    if verb is Verb.FORWARD and not values and (wrong := _wrong_code(scanner)):
        return wrong
    return Command(verb=verb, values=values, reply_code=reply_code)


def read_report(scanner: Scanner, joined_by: str) -> Report | None:
    """Reads a code and values, or a family; None, without moving, when the digits are words."""
    token = scanner.number()
    if token is None or not _is_loose(scanner, token):
        return None
    joined = bool(_JOINS & set(joined_by))
    if token.digits in codebook().codes:
        return _code(scanner, token, joined=joined)
    if joined and token.digits in codebook().families and _is_alone(scanner, token):
        scanner.at = token.end
        return Report(code="" if token.digits == OTHER_FAMILY else token.digits)
    return None


def _code(scanner: Scanner, token: Token, *, joined: bool) -> Report | None:
    """A code counts when it is joined by `*` or `#`, or with nothing but digits left."""
    start = scanner.at
    scanner.at = token.end
    for every_sign in (True, False):
        values = _values(scanner, every_sign=every_sign)
        if scanner.exhausted or (not every_sign and joined):
            return Report(code=token.digits, values=values)
        scanner.at = token.end
    scanner.at = start
    return None


def _is_alone(scanner: Scanner, token: Token) -> bool:
    """Whether nothing is glued to a digit, and no sign leads on to more digits ("3*5-6人", "3*5*2")."""
    start = scanner.at
    scanner.at = token.end
    spanned = bool(_SPANS & set(scanner.skip())) and scanner.number() is not None
    scanner.at = start
    return token.stands_alone and not spanned


def _values(scanner: Scanner, *, every_sign: bool) -> tuple[int, ...]:
    """Values behind a code: behind any separators, or only behind a `*` or `#`."""
    values: list[int] = []
    while len(values) < _MOST_VALUES:
        start = scanner.at
        between = scanner.skip()
        token = scanner.number()
        joined = bool(between) and (every_sign or bool(_JOINS & set(between)))
        if not joined or token is None or len(token.digits) > _VALUE_DIGITS or token.behind in {Next.LATIN, Next.OTHER}:
            scanner.at = start
            break
        values.append(int(token.digits))
        scanner.at = _behind_unit(scanner, token)
    return tuple(values)


def _behind_unit(scanner: Scanner, token: Token) -> int:
    """Past a unit that ends the text ("14头")."""
    for unit in codebook().subject.units:
        if scanner.text.startswith(unit, token.end) and scanner.behind(token.end + len(unit)) is not Next.LETTER:
            return token.end + len(unit)
    return token.end


def _is_loose(scanner: Scanner, token: Token) -> bool:
    """Whether digits are a token of the grammar: no letter of a word and no unit hangs on them."""
    if token.behind is Next.LETTER:
        return not token.chinese and not is_amount(scanner, token)
    return token.stands_alone and not is_amount(scanner, token)


def _meaningless(scanner: Scanner, token: Token) -> NotParsed | None:
    if not scanner.only_digits_left():
        return None
    return NotParsed(reason=Reason.NOT_AN_ACTION, token=token.typed)


def _merge(scanner: Scanner) -> Command | NotParsed | None:
    scanner.skip()
    found = read_number(scanner)
    match found:
        case Wrong(token=token):
            return check_digit(scanner, token)
        case Found(subject=subject) if subject.kind is SubjectKind.CASE:
            return Command(verb=Verb.MERGE, values=(int(subject.number),))
        case Found(typed=typed):
            return NotParsed(reason=Reason.NOT_AN_ACTION, token=typed)
        case None:
            return None


def check_digit(scanner: Scanner, token: Token) -> NotParsed:
    """The question back for a number whose check digit is wrong, with the words behind it."""
    scanner.skip()
    return NotParsed(reason=Reason.CHECK_DIGIT, token=token.typed, near=numbers.near(token.digits), text=scanner.rest())


def _is_value(scanner: Scanner, verb: Verb, token: Token) -> bool:
    match verb:
        case Verb.EXTEND:
            in_days = vocabulary().days.match(scanner.text, token.end) is not None
            return len(token.digits) <= _DAYS_DIGITS and int(token.digits) > 0 and (token.stands_alone or in_days)
        case Verb.PASS_UP | Verb.FORWARD:
            return token.digits in codebook().codes and _is_loose(scanner, token)
        case _:
            return False


def _is_reply_code(scanner: Scanner, token: Token) -> bool:
    return len(token.digits) == _REPLY_CODE_DIGITS and _is_loose(scanner, token)


def _behind_days(scanner: Scanner, token: Token) -> int:
    """Past 天, days … behind the days of an extension, with or without a space."""
    for at in (token.end, token.end + 1):
        hit = vocabulary().days.match(scanner.text, at)
        if hit is not None:
            return hit.end
    return token.end


def _wrong_code(scanner: Scanner) -> NotParsed | None:
    """A forward to two digits that are no code."""
    start = scanner.at
    scanner.skip()
    token = scanner.number()
    if token is not None and len(token.digits) == _CODE_DIGITS and token.stands_alone:
        return NotParsed(reason=Reason.NOT_AN_ACTION, token=token.typed)
    scanner.at = start
    return None

"""Reads what a message is about: a household's ordinal, or one of our numbers with its check digit."""

import re
from dataclasses import dataclass

from gateway.domain import numbers
from gateway.sms.codebook import codebook
from gateway.sms.reading import Subject, SubjectKind
from gateway.sms.scanner import Next, Scanner, Token
from gateway.sms.vocabulary import vocabulary

_KINDS = {
    numbers.Kind.CASE: SubjectKind.CASE,
    numbers.Kind.HOUSEHOLD: SubjectKind.HOUSEHOLD,
    numbers.Kind.DIRECTIVE: SubjectKind.DIRECTIVE,
}
_ORDINAL_DIGITS = 2
# "148 214", "148-214": groups of three digits or more, one sign between them.
_GROUPS = re.compile(r"[0-9]{3,7}(?:[ \-][0-9]{3,6}){1,2}(?![0-9])")
_NEXT_GROUP = re.compile(r"[ \-][0-9]{3}")
_DATE = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])\Z")
_SPAN = re.compile(r"[.\-/:、]+[0-9]")  # "2-3天", "3.5公里", "12:30", "3、4户"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A subject that was read, and how it was typed."""

    subject: Subject
    typed: str
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """A number of ours by its look whose check digit is wrong."""

    token: Token


def read_number(scanner: Scanner) -> Found | Wrong | None:
    """Reads a number of 6 to 9 digits and moves behind it; None, without moving, when there is none."""
    token = scanner.number()
    if token is None:
        return None
    if numbers.SHORTEST <= len(token.digits) <= numbers.LONGEST:
        return _whole_number(scanner, token)
    return _grouped_number(scanner)


def read_ordinal(scanner: Scanner) -> Found | None:
    """Reads the ordinal of a household (1 to 99) and moves behind it; None, without moving, when there is none."""
    start = scanner.at
    before = vocabulary().before_ordinal.match(scanner.text, start)
    if before is not None:
        scanner.at = before.end
        scanner.skip()
    found = _ordinal(scanner, before="" if before is None else before.value)
    if found is None:
        scanner.at = start
    return found


def is_amount(scanner: Scanner, token: Token) -> bool:
    """Whether a unit right behind the digits, or a counted thing behind a space, makes them an amount, date or rank."""
    return _is_unit(scanner, token.end) if token.behind is Next.LETTER else _is_counted(scanner, token)


def _is_counted(scanner: Scanner, token: Token) -> bool:
    start = scanner.at
    scanner.at = token.end
    scanner.skip()
    counted = scanner.at > token.end and vocabulary().counted.match(scanner.text, scanner.at) is not None
    scanner.at = start
    return counted


def _whole_number(scanner: Scanner, token: Token) -> Found | Wrong | None:
    if token.digits[0] not in tuple(numbers.Kind):
        return None
    end = _behind_number(scanner, token.end)
    if end == token.end and not _may_end(scanner, end):
        return None
    if numbers.is_valid(token.digits):
        return _full(scanner, token.digits, end, repairs=token.repairs)
    if _DATE.match(token.digits) or _is_spaced_amount(scanner, token):
        return None
    scanner.at = end
    return Wrong(token=token)


def _may_end(scanner: Scanner, end: int) -> bool:
    """Whether a number of ours can end here: not before a unit, and before Latin letters only when they are a verb."""
    match scanner.behind(end):
        case Next.LETTER:
            return not _is_unit(scanner, end)
        case Next.LATIN:
            return vocabulary().after_number.match(scanner.text, end) is not None
        case Next.OTHER:
            return False
        case Next.END | Next.SEPARATOR:
            return True


def _is_spaced_amount(scanner: Scanner, token: Token) -> bool:
    """With a wrong check digit, money or people behind a space are enough to make it an amount ("200000 元")."""
    money = scanner.text.startswith(codebook().subject.spaced_units, token.end + 1)
    return token.behind is Next.SEPARATOR and (money or _is_counted(scanner, token))


def _is_unit(scanner: Scanner, at: int) -> bool:
    words = codebook().subject
    return scanner.text.startswith(words.units, at) and not scanner.text.startswith(words.not_units, at)


def _grouped_number(scanner: Scanner) -> Found | None:
    """A number typed in groups; only a right check digit joins them, and never out of a longer row such as a phone."""
    match = _GROUPS.match(scanner.text, scanner.at)
    if match is None:
        return None
    groups = re.split(r"[ \-]", match.group())
    for count in range(2, len(groups) + 1):
        joined = "".join(groups[:count])
        end = match.start() + len(joined) + count - 1
        if numbers.is_valid(joined) and _may_end(scanner, end) and not _NEXT_GROUP.match(scanner.text, end):
            return _full(scanner, joined, end)
    return None


def _full(scanner: Scanner, digits: str, end: int, *, repairs: tuple[str, ...] = ()) -> Found:
    typed = scanner.folded.typed(scanner.at, end)
    scanner.at = end
    subject = Subject(kind=_KINDS[numbers.kind_of(digits)], number=digits)
    return Found(subject=subject, typed=typed, repairs=repairs)


def _behind_number(scanner: Scanner, end: int) -> int:
    """Past a word such as 号 that people hang on a number, unless it begins a longer word."""
    for word in sorted(codebook().subject.after_full_number, key=len, reverse=True):
        if scanner.text.startswith(word, end) and scanner.behind(end + len(word)) in {Next.END, Next.SEPARATOR}:
            return end + len(word)
    return end


def _ordinal(scanner: Scanner, *, before: str) -> Found | None:
    token = scanner.number()
    if token is None or len(token.digits) > _ORDINAL_DIGITS or int(token.digits) == 0:
        return None
    end = _named_end(scanner, token)
    if end == token.end and (before == "第" or not _may_stand(scanner, token)):
        return None
    scanner.at = end
    subject = Subject(kind=SubjectKind.ORDINAL, number=str(int(token.digits)))
    return Found(subject=subject, typed=token.typed, repairs=token.repairs)


def _named_end(scanner: Scanner, token: Token) -> int:
    """Past 户, 家, ཁྱིམ … behind an ordinal; the token's own end when none of them stands there."""
    glued = vocabulary().glued_ordinal.match(scanner.text, token.end)
    if glued is not None:
        return glued.end
    end = _household_word(scanner, token.end)
    if end is None and token.behind is Next.SEPARATOR:
        end = _household_word(scanner, token.end + 1)
    if end is None or scanner.text.startswith(codebook().subject.after_not_before, end):
        return token.end
    return end


def _household_word(scanner: Scanner, at: int) -> int | None:
    """Where 户 or the like ends that stands here by itself, not as the beginning of 户口."""
    hit = vocabulary().after_ordinal.match(scanner.text, at)
    if hit is None or scanner.text.startswith(codebook().subject.after_not_part_of, at):
        return None
    return hit.end


def _may_stand(scanner: Scanner, token: Token) -> bool:
    """Whether digits without 户 or the like can be an ordinal, from what stands behind them."""
    if is_amount(scanner, token) or _is_span(scanner, token):
        return False
    if token.behind is Next.LETTER:
        counts_households = _household_word(scanner, token.end) is not None
        return not token.chinese and not counts_households
    return token.stands_alone


def _is_span(scanner: Scanner, token: Token) -> bool:
    """Whether a sign has digits right behind it and words later: "2-3天", "12:30 地震"."""
    if _SPAN.match(scanner.text, token.end) is None:
        return False
    start = scanner.at
    scanner.at = token.end
    words_follow = not scanner.only_digits_left()
    scanner.at = start
    return words_follow

"""What holds for every text: no exception, no command out of a wrong number, nothing lost."""

import itertools
import string

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.domain import numbers
from gateway.sms.codebook import OTHER_FAMILY, VerbEntry, codebook
from gateway.sms.parser import parse
from gateway.sms.reading import NotParsed, Parsed, Reason, Subject, SubjectKind, Verb

WORDS = [word for entry in codebook().verbs.values() for word in entry.every_word + entry.alone]
MARKS = [*codebook().urgent.words, *codebook().rehearsal.words, "*", "!", "！"]
AROUND = [*codebook().subject.before, *codebook().subject.after, *codebook().subject.units[:20]]
TYPED = ["148214", "148215", "211489", "3", "21", "571", "三", "十二", "༣", "༡༤༨༢༡༤", "房屋倒塌", *" *#་，\n"]
PIECES = st.sampled_from(WORDS + MARKS + AROUND + TYPED)
ROWS = st.lists(PIECES, max_size=8)
TEXTS = st.one_of(st.text(max_size=80), ROWS.map("".join), ROWS.map(" ".join))
REPORT_WORDS = st.text(alphabet="帐篷送到了房屋倒塌路断ཁང་པabcdefg ，。", min_size=1, max_size=60).map(str.strip)
SERIALS = st.integers(min_value=0, max_value=9_999_999)
SEPARATORS = st.sampled_from([" ", ",", ".", "-", "#", "*", "/", "，", "。", "、", "་", "\n", "  ", " - "])
SCRIPTS = st.sampled_from(["0123456789", "０１２３４５６７８９", "༠༡༢༣༤༥༦༧༨༩", "零一二三四五六七八九", "٠١٢٣٤٥٦٧٨٩"])
CODES = st.sampled_from(sorted(codebook().codes))
FAMILIES = st.sampled_from(sorted(set(codebook().families) - {OTHER_FAMILY}))
CASE_VERBS = st.sampled_from([entry for entry in codebook().verbs.values() if entry.digit])


def written(digits: str, script: str) -> str:
    return "".join(script[int(digit)] for digit in digits)


@given(TEXTS)
@example("\ud800")
@example("148214 5 \u0660")
def test_parse_never_raises_and_gives_one_reading(text: str) -> None:
    result = parse(text)
    assert isinstance(result, Parsed | NotParsed)
    if isinstance(result, Parsed):
        is_command = result.verb is not None
        is_report = bool(result.code or (result.text and not is_command))
        assert [is_command, is_report, bool(result.reply)].count(True) == 1


@given(TEXTS)
def test_nothing_with_letters_or_digits_is_called_empty_unless_only_marks_stand_there(text: str) -> None:
    result = parse(text)
    if isinstance(result, NotParsed) and result.reason is Reason.EMPTY and not result.rehearsal:
        assert not any(character.isalnum() for character in text if character.isascii())


@given(st.one_of(TEXTS, st.integers(100_000, 399_999_999).map(str), st.from_regex(r"\A[123][0-9OlI]{5,8}( [0-9])?\Z")))
def test_no_command_is_read_from_a_number_with_a_wrong_check_digit(text: str) -> None:
    result = parse(text)
    if isinstance(result, Parsed) and result.subject and result.subject.kind is not SubjectKind.ORDINAL:
        assert numbers.is_valid(result.subject.number)
    if isinstance(result, Parsed) and result.verb is Verb.MERGE:
        assert all(numbers.is_valid(str(value)) for value in result.values)


@given(SERIALS, st.sampled_from(numbers.Kind), st.data())
def test_a_slip_in_a_number_is_asked_back_and_the_right_number_is_offered(
    serial: int, kind: numbers.Kind, data: st.DataObject
) -> None:
    number = numbers.make(kind, serial)
    at = data.draw(st.integers(1, len(number) - 1))
    digit = data.draw(st.sampled_from([digit for digit in string.digits if digit != number[at]]))
    slip = number[:at] + digit + number[at + 1 :]
    result = parse(f"{slip} 1")
    if isinstance(result, NotParsed):
        assert number in result.near
        assert result.text == "1"
    else:
        assert result == Parsed(text=f"{slip} 1")  # a date such as 20261123


@given(SERIALS, CASE_VERBS, SCRIPTS, st.lists(SEPARATORS, min_size=4, max_size=4), st.booleans())
def test_a_command_is_read_the_same_in_every_script_and_with_every_separator(
    serial: int, verb: VerbEntry, script: str, between: list[str], in_words: object
) -> None:
    number = numbers.make(numbers.Kind.CASE, serial)
    typed = verb.every_word[0] if in_words else written(verb.digit, script)
    days = ["7"] if verb.verb is Verb.EXTEND else []
    code = ["571"] if verb.reply_code else []
    pieces = [written(number, script), typed, *(written(piece, script) for piece in days + code)]
    text = "".join(itertools.chain.from_iterable(zip(pieces, between, strict=False)))
    result = parse(text)
    assert isinstance(result, Parsed), text
    assert result.subject == Subject(kind=SubjectKind.CASE, number=number)
    assert (result.verb, result.values, result.reply_code, result.text) == (
        verb.verb,
        tuple(int(day) for day in days),
        "".join(code),
        "",
    )


@given(SERIALS, st.data())
def test_one_letter_that_looks_like_a_digit_does_not_hide_a_number(serial: int, data: st.DataObject) -> None:
    number = numbers.make(numbers.Kind.CASE, serial)
    at = data.draw(st.sampled_from([at for at, digit in enumerate(number) if digit in "01"]))
    letter = data.draw(st.sampled_from("Oo" if number[at] == "0" else "lI"))
    result = parse(f"{number[:at]}{letter}{number[at + 1 :]} 1")
    assert isinstance(result, Parsed)
    assert result.subject == Subject(kind=SubjectKind.CASE, number=number)
    assert result.repairs == (f"{letter}→{number[at]}",)


@given(st.integers(1, 12), CODES, st.lists(st.integers(0, 999), max_size=3), SCRIPTS, SEPARATORS)
def test_a_coded_report_is_read_the_same_in_every_script_and_with_every_separator(
    ordinal: int, code: str, values: list[int], script: str, between: str
) -> None:
    pieces = [str(ordinal), code, *(str(value) for value in values)]
    result = parse(between.join(written(piece, script) for piece in pieces))
    assert isinstance(result, Parsed)
    assert (result.subject, result.code, result.values) == (
        Subject(kind=SubjectKind.ORDINAL, number=str(ordinal)),
        code,
        tuple(values),
    )


@given(st.integers(1, 12), FAMILIES, SCRIPTS, st.sampled_from("*#＊＃"), st.sampled_from(["", "#", " ", "＃"]))
def test_a_family_is_read_the_same_in_every_script(ordinal: int, family: str, script: str, join: str, end: str) -> None:
    result = parse(f"{written(str(ordinal), script)}{join}{written(family, script)}{end}")
    assert isinstance(result, Parsed)
    assert (result.subject, result.code, result.values, result.text) == (
        Subject(kind=SubjectKind.ORDINAL, number=str(ordinal)),
        family,
        (),
        "",
    )


@given(REPORT_WORDS.filter(lambda words: words[:1].isalpha()))
def test_the_words_behind_a_household_are_kept_as_typed(words: str) -> None:
    result = parse(f"3 {words}")
    assert isinstance(result, Parsed)
    assert result.text == words

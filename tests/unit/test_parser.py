"""The grammar, case by case: `parser_cases.toml` says what each text must be read as."""

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from gateway.domain import numbers
from gateway.sms.codebook import VerbEntry, codebook
from gateway.sms.parser import parse
from gateway.sms.reading import NotParsed, Parsed, ParseResult, Reason, Subject, SubjectKind, Verb

CASES: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("parser_cases.toml").read_text(encoding="utf-8"),
)["case"]


def told(result: ParseResult) -> dict[str, Any]:
    """Everything that a result sets, in the words of the cases file."""
    found = {name: value for name, value in asdict(result).items() if value not in ("", (), None, False)}
    if isinstance(result, Parsed) and result.subject:
        found["subject"] = f"{result.subject.kind}:{result.subject.number}"
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


@pytest.mark.parametrize("case", CASES, ids=[case["text"][:24] for case in CASES])
def test_a_text_is_read_as_the_case_says(case: dict[str, Any]) -> None:
    result = parse(case["text"])
    if "is" in case:
        expected = dict(case["is"])
        found = told(result)
        if "repairs" not in expected:
            found.pop("repairs", None)
        assert (type(result), found) == (Parsed, expected)
        return
    expected = dict(case["not"])
    found = told(result)
    near = expected.pop("near", None)
    assert isinstance(result, NotParsed)
    assert near is None or near in found.pop("near")
    found.pop("near", None)
    assert found == expected


def test_there_are_enough_cases_and_none_twice() -> None:
    texts = [case["text"] for case in CASES]
    assert len(texts) >= 120
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("entry", codebook().verbs.values(), ids=lambda entry: entry.verb.value)
def test_every_word_of_the_code_book_does_its_verb(entry: VerbEntry) -> None:
    for word in entry.every_word + entry.alone:
        if entry.whole_only:
            assert parse(word) == Parsed(verb=entry.verb), word
            continue
        argument = " 148223" if entry.verb is Verb.MERGE else ""
        result = parse(f"148214 {word}{argument}")
        assert isinstance(result, Parsed), word
        assert (result.verb, result.text) == (entry.verb, ""), word


@pytest.mark.parametrize("code", sorted(codebook().codes))
def test_every_code_is_read_behind_a_household(code: str) -> None:
    for text in (f"3 {code}", f"3*{code}", f"3#{code}#", f"211489 {code} 7"):
        result = parse(text)
        assert isinstance(result, Parsed)
        assert result.code == code


@pytest.mark.parametrize("word", codebook().urgent.words)
def test_every_urgent_word_marks_a_report(word: str) -> None:
    result = parse(f"{word} 3*21")
    assert isinstance(result, Parsed)
    assert (result.urgent, result.code) == (True, "21")


@pytest.mark.parametrize("word", codebook().rehearsal.words)
def test_every_rehearsal_word_marks_a_rehearsal(word: str) -> None:
    result = parse(f"{word} 3*21")
    assert isinstance(result, Parsed)
    assert (result.rehearsal, result.code) == (True, "21")


@pytest.mark.parametrize(
    "text",
    [
        "1" * 65536,
        "*" * 65536,
        "急 " * 30000,
        "!?" * 30000 + "a",
        "十" * 65536,
        "3*21" + "*1" * 30000,
        "3-" * 30000 + "a",
        "148 214 " * 8000,
        "148214 并 " * 8000,
        "l1O0|" * 13000,
        "།་" * 30000 + "ཀ",
        "\u200b" * 65536 + "3*21",
        "test " * 13000,
        "3 21 \ud800\udfff\x00\x1b",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 3 房屋倒塌",
    ],
    ids=range(15),
)
def test_hostile_texts_are_read_without_an_error(text: str) -> None:
    assert isinstance(parse(text), Parsed | NotParsed)


def test_a_wrong_check_digit_never_guesses_but_offers_what_could_have_been_meant() -> None:
    result = parse("274139 收")
    assert isinstance(result, NotParsed)
    assert result.reason is Reason.CHECK_DIGIT
    assert "274138" in result.near
    assert all(numbers.is_valid(number) for number in result.near)


def test_the_words_of_a_report_stay_as_typed() -> None:
    result = parse("３　ＡＢＣ　Fáng wū 倒塌，  速来！")
    assert result == Parsed(
        subject=Subject(kind=SubjectKind.ORDINAL, number="3"), text="ＡＢＣ　Fáng wū 倒塌，  速来！"
    )

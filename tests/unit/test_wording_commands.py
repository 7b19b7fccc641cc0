"""What a text tells its reader to type is shown literally, is understood when it is typed, and misleads nobody."""

import re

import pytest

from gateway.domain.terms import Language, Purpose
from gateway.sms.codebook import codebook
from gateway.sms.parser import parse
from gateway.sms.reading import Parsed, Verb
from gateway.wording import Entry, catalogue, part, say

ENTRIES = list(catalogue().entries.values())
TEXTS = [entry for entry in ENTRIES if entry.purpose is not None]
NUMBER = "148214"
THREE_DIGITS = re.compile(r"(?<!\d)\d{3}(?!\d)")
TO_OFFICIALS = [
    entry
    for entry in TEXTS
    if entry.purpose in {Purpose.ALERT, Purpose.COPY, Purpose.REMINDER, Purpose.DIGEST, Purpose.NOTICE}
    or entry.key.endswith("_owner")
    or "code" in entry.slots
    or entry.key == "help_official"
]

each_language = pytest.mark.parametrize("language", list(Language))


def longest(entry: Entry, language: Language) -> dict[str, str]:
    worst = catalogue().worst[language]
    return {name: worst[name] for name in entry.slots}


@each_language
def test_only_the_reply_code_stands_alone_with_three_digits_in_a_text_to_an_official(language: Language) -> None:
    for entry in TO_OFFICIALS:
        said = say(entry.key, language, **longest(entry, language))
        assert set(THREE_DIGITS.findall(said.text)) == ({"571"} if "code" in entry.slots else set()), said


@each_language
def test_no_text_names_a_word_that_carriers_take_as_opting_out(language: Language) -> None:
    words = re.compile(r"\b(STOP|STOPALL|UNSUBSCRIBE|CANCEL|END|QUIT)\b", re.IGNORECASE)
    assert not [entry.key for entry in ENTRIES if entry.key != "opted_out" and words.search(entry.texts[language])]


@pytest.mark.parametrize(
    ("key", "verb"),
    [
        ("case_opened", Verb.UNDO),
        ("undo_too_late", Verb.FIXED),
        ("closed_silent", Verb.NOT_FIXED),
        ("not_yours", Verb.NOTE),
        ("extend_too_late", Verb.PASS_UP),
        ("extend_bad_days", Verb.EXTEND),
        ("accept_done", Verb.DONE),
        ("reminder", Verb.NOT_MINE),
    ],
)
@each_language
def test_the_command_that_a_text_shows_is_understood(key: str, verb: Verb, language: Language) -> None:
    entry = catalogue().entries[key]
    text = say(key, language, **longest(entry, language) | {"number": NUMBER, "what": "-", "owner": "-"}).text
    shown = re.findall(rf"{NUMBER}(?: \d+(?!\d))+", text)[-1]
    read = parse(shown)

    assert isinstance(read, Parsed)
    assert read.subject is not None
    assert (read.subject.number, read.verb) == (NUMBER, verb)
    assert read.reply_code == ("571" if "code" in entry.slots else "")
    assert read.values == ((7,) if key == "extend_bad_days" else ())


@each_language
def test_the_examples_in_the_texts_are_understood(language: Language) -> None:
    words = {Language.ZH: "3 房屋倒塌", Language.BO: "3 ཁང་པ་བརྡིབས།", Language.EN: "3 house fell"}[language]
    for key in ("not_understood", "nothing_open", "help_liaison"):
        assert words in say(key, language, phone="0975-8300000").text
    report = parse(words)
    assert isinstance(report, Parsed)
    assert report.subject is not None
    assert (report.subject.number, report.verb) == ("3", None)

    start = {Language.ZH: "订", Language.BO: "START", Language.EN: "START"}[language]
    assert start in say("opted_out", language).text
    again = parse(start)
    assert isinstance(again, Parsed)
    assert again.verb is Verb.OPT_IN

    coded = parse(part("part_code_hint", language, ordinal=3))
    assert isinstance(coded, Parsed)
    assert coded.code == "21"


@each_language
def test_the_codes_named_for_forwarding_exist_and_the_command_is_understood(language: Language) -> None:
    text = say("bad_forward", language, number=NUMBER).text
    word = {Language.ZH: "转", Language.BO: "FORWARD", Language.EN: "FORWARD"}[language]
    codes = re.findall(r"(?<!\d)\d\d(?!\d)", text)

    assert f"{NUMBER} {word}" in text
    assert len(codes) >= 5
    for code in codes:
        assert code in codebook().codes
        read = parse(f"{NUMBER} {word} {code}")
        assert isinstance(read, Parsed)
        assert (read.verb, read.values) == (Verb.FORWARD, (int(code),))

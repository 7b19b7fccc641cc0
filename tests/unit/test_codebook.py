"""The code book is whole: every code of the design, every verb, three languages, and its page is up to date."""

from pathlib import Path

import pytest

from gateway.domain.terms import Language
from gateway.sms import codebook_doc
from gateway.sms.codebook import Code, codebook
from gateway.sms.folding import fold
from gateway.sms.reading import Verb

# How many codes each family of the design's section 6 has, counted from 1.
FAMILIES = {1: 5, 2: 5, 3: 4, 4: 5, 5: 5, 6: 5, 7: 5, 8: 5, 9: 4}
CODES = [f"{family}{member}" for family, members in FAMILIES.items() for member in range(1, members + 1)]
CATEGORIES = {
    "disaster",
    "safety",
    "dispute",
    "health",
    "housing",
    "livestock",
    "utilities",
    "welfare",
    "schooling",
    "work",
    "policy",
    "other",
}
DIGITS = ["status", "accept", "done", "pass_up", "not_mine", "extend", "note", "fixed", "not_fixed", "undo"]


def test_the_book_holds_the_codes_of_the_design_and_no_other() -> None:
    assert list(codebook().codes) == CODES


@pytest.mark.parametrize("code", codebook().codes.values(), ids=lambda code: code.code)
def test_a_code_has_a_category_a_family_and_short_labels(code: Code) -> None:
    assert code.category in CATEGORIES
    assert code.family in codebook().families
    assert 1 <= len(codebook().label(code.code, Language.ZH)) <= 8
    assert any("\u0f40" <= letter <= "\u0fbc" for letter in codebook().label(code.code, Language.BO))
    assert codebook().label(code.code, Language.EN).isascii()


def test_every_category_can_be_reached_by_a_code() -> None:
    assert {code.category for code in codebook().codes.values()} == CATEGORIES


def test_life_and_limb_is_urgent_by_code() -> None:
    assert {"12", "13", "14", "21", "24", "34", "42", "44", "45"} <= {
        code.code for code in codebook().codes.values() if code.urgent
    }


def test_animals_lost_are_counted() -> None:
    assert codebook().codes["52"].takes_count
    assert codebook().codes["53"].takes_count


def test_every_verb_has_words_in_every_language_and_the_digits_stand_as_in_the_design() -> None:
    book = codebook()
    assert set(book.verbs) == set(Verb)
    assert [book.verb_of(str(digit)) for digit in range(10)] == [Verb(name) for name in DIGITS]
    assert book.verb_of("77") is None
    assert all(entry.words[language] for entry in book.verbs.values() for language in Language)
    assert book.word(Verb.DONE, Language.ZH) == "办结"


def test_no_word_stands_for_two_verbs() -> None:
    seen: dict[str, Verb] = {}
    for entry in codebook().verbs.values():
        for word in entry.every_word + entry.alone:
            assert seen.setdefault(fold(word).text, entry.verb) is entry.verb, word


def test_what_carriers_take_for_an_opt_out_is_never_a_command_behind_a_number() -> None:
    taken = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit"}
    words = {word.lower() for entry in codebook().verbs.values() if not entry.whole_only for word in entry.every_word}
    assert not taken & words
    assert taken <= {word.lower() for word in codebook().verbs[Verb.OPT_OUT].every_word}


def test_consequential_verbs_want_a_reply_code() -> None:
    wanted = {entry.verb for entry in codebook().verbs.values() if entry.reply_code}
    assert wanted == {Verb.DONE, Verb.PASS_UP, Verb.NOT_MINE, Verb.EXTEND, Verb.FORWARD}


@pytest.mark.parametrize("digit", codebook().families)
def test_a_family_is_a_kind_of_problem_that_is_never_urgent_and_takes_no_count(digit: str) -> None:
    family = codebook().kind(digit)
    assert (family.code, family.family, family.urgent, family.takes_count) == (digit, digit, False, False)
    assert family.category in {code.category for code in codebook().codes.values() if code.family == digit}
    assert codebook().label(digit, Language.ZH) == codebook().families[digit][Language.ZH]


def test_a_kind_of_two_digits_is_the_code_itself() -> None:
    assert all(codebook().kind(digits) is code for digits, code in codebook().codes.items())


@pytest.mark.parametrize("digits", ["99", "0", ""])
def test_what_is_not_in_the_book_is_no_kind_and_has_no_label(digits: str) -> None:
    with pytest.raises(KeyError):
        codebook().kind(digits)
    with pytest.raises(KeyError):
        codebook().label(digits, Language.ZH)


def test_the_page_of_the_code_book_is_made_from_the_book() -> None:
    page = Path(__file__).parents[2] / "docs" / "code-book.md"
    assert page.read_text(encoding="utf-8") == codebook_doc.render(), "run python -m gateway.sms.codebook_doc"

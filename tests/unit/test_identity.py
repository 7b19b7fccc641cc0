"""Identity numbers are masked however they are typed; other digits stay. All numbers here are invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from gateway.domain.identity import mask_identity_numbers


def checked(seventeen: str) -> str:
    return seventeen + ric.calc_check_digit(seventeen + "0")


GOOD = checked("63262619900101123")
WITH_X = next(
    number for number in (checked(f"63262619900101{serial:03d}") for serial in range(100)) if number[-1] == "X"
)
MASKED = "*" * 16


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (GOOD, MASKED + GOOD[-2:]),
        (f"3 户 {GOOD} 没有户口", f"3 户 {MASKED}{GOOD[-2:]} 没有户口"),
        (f"身份证{WITH_X}丢了", f"身份证{MASKED}{WITH_X[-2:]}丢了"),
        (WITH_X.lower(), MASKED + WITH_X[-2:].lower()),
        (WITH_X[:-1] + "Ｘ", MASKED + WITH_X[-2] + "Ｘ"),
        ("632626-19900101-1239", "******-********-**39"),
        ("632626 19900101 1239", "****** ******** **39"),
        ("６３２６２６１９９００１０１１２３９", MASKED + "３９"),
        ("༦༣༢༦༢༦༡༩༩༠༠༡༠༡༡༢༣༩", MASKED + "༣༩"),
        ("٦٣٢٦٢٦١٩٩٠٠١٠١١٢٣٩", MASKED + "٣٩"),
        ("632626\u200b199001011239", "******\u200b**********39"),
        ("632626900101123", "*************23"),
    ],
)
def test_an_identity_number_keeps_only_its_last_two(text: str, masked: str) -> None:
    assert mask_identity_numbers(text) == (masked, 1)


def test_a_wrong_check_character_is_a_typing_slip_and_masked_too() -> None:
    slip = GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1")
    assert mask_identity_numbers(slip) == (MASKED + slip[-2:], 1)


def test_two_numbers_with_a_phone_between_are_two() -> None:
    masked, count = mask_identity_numbers(f"{GOOD} 13912345678 {WITH_X}")
    assert (masked, count) == (f"{MASKED}{GOOD[-2:]} 13912345678 {MASKED}{WITH_X[-2:]}", 2)


def test_a_number_glued_to_other_digits_is_masked_when_its_check_character_is_right() -> None:
    assert mask_identity_numbers(f"3{GOOD}") == (f"3{MASKED}{GOOD[-2:]}", 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3 52 14",
        "148214 2 571 帐篷已送到",
        "13912345678",
        "+86 199 0000 1234 / +86 199 0000 1235",
        "632626199013011239",  # month 13
        "632626190002301239",  # 30 February
        "632626909901123",  # an old one without a date
        "6226190012345678901",  # a bank card
        "1234567890123456",
    ],
)
def test_other_digits_stay(text: str) -> None:
    assert mask_identity_numbers(text) == (text, 0)


@given(st.text())
def test_the_length_of_a_text_stays_and_only_digits_become_stars(text: str) -> None:
    masked, count = mask_identity_numbers(text)
    assert len(masked) == len(text)
    assert count or masked == text


@given(st.text(alphabet="0123456789 -xX", max_size=200))
def test_masking_twice_finds_nothing_more(text: str) -> None:
    once, _ = mask_identity_numbers(text)
    assert mask_identity_numbers(once) == (once, 0)


@pytest.mark.parametrize("text", ["1" * 65536, "1 " * 32768, "1-" * 32768 + "x", GOOD * 3600], ids=range(4))
def test_long_texts_are_read_in_one_pass(text: str) -> None:
    assert len(mask_identity_numbers(text)[0]) == len(text)


@given(st.text(alphabet="0123456789xX -.a\u0666\uff19", max_size=60))
def test_a_text_that_needs_a_closer_look_is_masked_as_one_that_does_not(text: str) -> None:
    masked, count = mask_identity_numbers(text)
    assert mask_identity_numbers(text + "\u200b") == (masked + "\u200b", count)

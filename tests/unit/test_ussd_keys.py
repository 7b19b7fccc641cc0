"""Keys: digits in any script are the same key; in words only three keys are keys."""

import pytest

from gateway.ussd.keys import always_key_of, digits_of, key_of


@pytest.mark.parametrize("typed", ["3", " 3 ", "３", "༣", "三", "03", "0 3", "³", "3\ufe0f\u20e3"])
def test_a_digit_is_the_same_key_however_it_is_typed(typed: str) -> None:
    assert key_of(typed) == "3"


@pytest.mark.parametrize(("typed", "key"), [("０", "0"), ("༠༠", "00"), ("＃", "#"), ("十二", "12"), (" # ", "#")])
def test_the_keys_that_mean_the_same_everywhere_are_known_too(typed: str, key: str) -> None:
    assert key_of(typed) == key


@pytest.mark.parametrize("typed", ["", " ", "x", "3x", "3 牛", "-1", "0.5", "*", "##", "000"])
def test_anything_else_is_no_key(typed: str) -> None:
    assert key_of(typed) == ""


@pytest.mark.parametrize("typed", ["1", "零", "0x", "#1", "000", "三"])
def test_words_are_no_keys_where_words_are_asked_for(typed: str) -> None:
    assert always_key_of(typed) == ""


def test_zeros_in_front_of_a_pin_count() -> None:
    assert digits_of("００５8") == "0058"

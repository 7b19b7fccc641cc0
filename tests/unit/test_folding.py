"""Folding for reading: one form for digits and widths, and always the way back to what was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sms.folding import chinese_number, fold, repair


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("３＊２１", "3*21"),
        ("OK　Ｏｋ", "ok ok"),
        ("༠༡༢༣༤༥༦༧༨༩", "0123456789"),
        ("٣۴", "34"),
        ("①⑫", "112"),
        ("3️⃣", "3"),
        ("14\u200b8\u200e2\ufeff14", "148214"),
        ("a\r\n\tb", "a   b"),
        ("3—21", "3-21"),
        ("nga’i", "nga'i"),
        ("，。！？", ",。!?"),
        ("ཀ༌ཁ", "ཀ་ཁ"),
    ],
)
def test_widths_digits_and_unseen_characters_are_folded(text: str, folded: str) -> None:
    assert fold(text).text == folded


@given(st.text())
def test_every_folded_character_knows_where_it_was_typed(text: str) -> None:
    folded = fold(text)
    assert len(folded.starts) == len(folded.text) + 1
    assert list(folded.starts) == sorted(folded.starts)
    assert folded.starts[-1] == len(text)
    assert fold(folded.text).text == fold(fold(folded.text).text).text


@pytest.mark.parametrize(
    ("token", "digits"),
    [
        ("一", "1"),
        ("两", "2"),
        ("〇", "0"),
        ("十", "10"),
        ("十一", "11"),
        ("二十", "20"),
        ("二十三", "23"),
        ("一四八二一四", "148214"),
        ("五二", "52"),
        ("一百", "100"),
        ("一百零五", "105"),
        ("一百五", "150"),
        ("二百三十四", "234"),
        ("百", ""),
        ("十十", ""),
        ("二三十", ""),
        ("房", ""),
        ("", ""),
    ],
)
def test_chinese_numerals_are_read_by_place_or_one_by_one(token: str, digits: str) -> None:
    assert chinese_number(token) == digits


@given(st.integers(1, 99))
def test_every_chinese_number_below_a_hundred_is_read(value: int) -> None:
    ten, one = divmod(value, 10)
    numerals = "零一二三四五六七八九"
    written = (numerals[ten] if ten > 1 else "") + ("十" if ten else "") + (numerals[one] if one else "")
    assert chinese_number(written) == str(value)


def test_letters_inside_a_number_are_read_as_digits_and_reported() -> None:
    folded = fold("l48Ol4")
    found = repair(folded, 0, len(folded.text))
    assert found is not None
    assert (found.digits, found.repairs) == ("148014", ("l→1", "O→0"))


@pytest.mark.parametrize("token", ["lO", "Oll", "1lol", "l", "148214ok", "房", ""])
def test_a_token_that_is_mostly_letters_is_no_number(token: str) -> None:
    folded = fold(token)
    found = repair(folded, 0, len(folded.text))
    assert found is None

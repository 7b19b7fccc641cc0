"""Screens in Latin letters: Wylie, pinyin, and nothing that GSM-7 does not have."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sms.segments import Encoding, measure
from gateway.ussd.latin import latin


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("急！江千乡3户 牲畜死亡。", "ji! jiang qian xiang 3 hu sheng chu si wang."),
        ("“牛死了”（急）", '"niu si le" (ji)'),
        ("བོད་ཡིག", "bod yig"),
        ("ཆད་སོང་། ཡང་གཏོང་རོགས།", "chad song/ yang gtong rogs/"),
        ("ཁྱིམ་༡༢ལ", "khyim 12 la"),
        ("号{number}。", "hao {number}."),
        ("Café «ok» – é…", 'Café "ok" - é...'),
        ("ā ǎ Ж 😀", "a a ? ?"),
        ("第一\n第二", "di yi\ndi er"),
        ("plain [abc] ~1", "plain [abc] ~1"),
    ],
)
def test_what_a_phone_without_the_letters_shows(text: str, written: str) -> None:
    assert latin(text) == written


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=120))
def test_nothing_is_left_that_gsm_seven_does_not_have(text: str) -> None:
    assert measure(latin(text)).encoding is Encoding.GSM7


def test_keys_below_stand_apart_from_their_words() -> None:
    assert latin("0返回 #更多") == "0 fan hui # geng duo"

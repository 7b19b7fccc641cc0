"""Phone numbers as carriers write them come out as E.164; what is no handset says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.phone import Sender, SenderKind, is_demo, mask, normalise


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("+8619900001234", "+8619900001234"),
        ("8619900001234", "+8619900001234"),
        ("008619900001234", "+8619900001234"),
        ("19900001234", "+8619900001234"),
        (" +86 199 0000 1234 ", "+8619900001234"),
        ("+86-199-0000-1234", "+8619900001234"),
        ("tel:+86-199-0000-1234;phone-context=+86", "+8619900001234"),
        ("TEL:19900001234", "+8619900001234"),
        ("＋８６１９９００００１２３４", "+8619900001234"),
        ("༡༩༩༠༠༠༠༡༢༣༤", "+8619900001234"),
        ("\u202a+8619900001234\u202c", "+8619900001234"),
        ("+254711000111", "+254711000111"),
        ("254711000111", "+254711000111"),
        ("+254 711 000 111", "+254711000111"),
        ("00254711000111", "+254711000111"),
        ("09758300000", "+869758300000"),
    ],
)
def test_a_handset_comes_out_as_e164(raw: str, number: str) -> None:
    assert normalise(raw) == Sender(number=number, kind=SenderKind.MOBILE_OR_FIXED)


def test_the_home_region_decides_about_a_number_without_a_prefix() -> None:
    assert normalise("0711000111", "KE").number == "+254711000111"
    assert normalise("254711000111", "KE").number == "+254711000111"


@pytest.mark.parametrize(
    ("raw", "number", "kind"),
    [
        ("10086", "10086", SenderKind.SHORT_CODE),
        ("106900", "106900", SenderKind.SHORT_CODE),
        ("1069001234567", "1069001234567", SenderKind.SHORT_CODE),
        ("861069001234567", "861069001234567", SenderKind.SHORT_CODE),
        ("LIANHU", "LIANHU", SenderKind.ALPHANUMERIC),
        ("中国移动", "中国移动", SenderKind.ALPHANUMERIC),
        ("1-800-FLOWERS", "1-800-FLOWERS", SenderKind.ALPHANUMERIC),
        ("", "", SenderKind.INVALID),
        ("+", "+", SenderKind.INVALID),
        ("+123", "+123", SenderKind.INVALID),
        ("12345678901234567890", "12345678901234567890", SenderKind.INVALID),
        ("#*#", "#*#", SenderKind.INVALID),
    ],
)
def test_what_is_no_handset_says_what_it_is(raw: str, number: str, kind: SenderKind) -> None:
    assert normalise(raw) == Sender(number=number, kind=kind)


@given(st.text())
def test_any_text_is_normalised_without_an_error_and_to_the_same_twice(raw: str) -> None:
    sender = normalise(raw)
    if sender.kind is SenderKind.MOBILE_OR_FIXED:
        assert normalise(sender.number) == sender
    assert mask(sender.number) is not None


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+8619900001234", "+86*******234"),
        ("+254711000111", "+254*******111"),
        ("10086", "10086"),
        ("LIANHU", "LIANHU"),
        ("12345678901234567890", "*******890"),
        ("+999", "+*******999"),
    ],
)
def test_a_mask_keeps_the_country_and_the_last_three(number: str, masked: str) -> None:
    assert mask(number) == masked


@pytest.mark.parametrize("number", ["+8619900000000", "19900009999", "8619900001234"])
def test_demo_numbers_are_known_however_they_are_written(number: str) -> None:
    assert is_demo(number)


@pytest.mark.parametrize("number", ["+8619900100000", "+8613900001234", "+254711000111", "106900", ""])
def test_other_numbers_are_no_demo_numbers(number: str) -> None:
    assert not is_demo(number)

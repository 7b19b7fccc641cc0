"""Numbers with a Damm check digit: what is made is valid, one slip never is, and near finds the way back."""

import itertools
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.numbers import Kind, is_valid, kind_of, make, near

NUMBERS = st.builds(make, st.sampled_from(Kind), st.integers(0, 9_999_999))


@given(NUMBERS)
def test_a_made_number_is_valid_and_knows_its_kind(number: str) -> None:
    assert is_valid(number)
    assert number.startswith(kind_of(number).value)
    assert 6 <= len(number) <= 9


def test_a_serial_is_padded_and_the_numbers_of_the_design_are_real() -> None:
    assert make(Kind.CASE, 4821) == "148214"
    assert make(Kind.HOUSEHOLD, 7413) == "274138"
    assert [len(make(Kind.CASE, serial)) for serial in (0, 9_999, 10_000, 9_999_999)] == [6, 6, 7, 9]


@pytest.mark.parametrize("serial", [-1, 10_000_000])
def test_a_serial_out_of_range_is_refused(serial: int) -> None:
    with pytest.raises(ValueError, match="serial"):
        make(Kind.CASE, serial)


@pytest.mark.parametrize(
    "text",
    ["", "1", "148215", "14821", "1482141234", "448214", "１４８２１４", "148214 ", "14821x", "20261123", "100000000"],
)
def test_what_make_never_writes_is_not_valid(text: str) -> None:
    assert not is_valid(text)


def test_a_padded_serial_of_more_than_four_digits_is_not_valid_even_with_its_check_digit() -> None:
    dates = [f"2026{month:02d}{day:02d}" for month, day in itertools.product(range(1, 13), range(1, 29))]
    assert not any(is_valid(date) for date in dates)


def test_a_foreign_first_digit_has_no_kind() -> None:
    with pytest.raises(ValueError, match="4"):
        kind_of("448214")


@given(NUMBERS)
def test_every_single_slip_is_caught(number: str) -> None:
    for at, digit in itertools.product(range(len(number)), string.digits):
        assert digit == number[at] or not is_valid(number[:at] + digit + number[at + 1 :])
    for at in range(len(number) - 1):
        swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        assert swapped == number or not is_valid(swapped)


@given(NUMBERS, st.data())
def test_near_leads_back_from_every_slip(number: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(number) - 1))
    digit = data.draw(st.sampled_from(string.digits))
    slips = {
        number[:at] + digit + number[at + 1 :],
        number[:at] + number[at + 1 :],
        number[:at] + digit + number[at:],
        number[: at - 1] + number[at] + number[at - 1] + number[at + 1 :] if at else number,
    }
    for slip in slips - {number}:
        assert number in near(slip)


@given(st.text(string.digits, max_size=12))
def test_near_offers_valid_numbers_once_and_never_the_number_itself(text: str) -> None:
    found = near(text)
    assert all(is_valid(number) for number in found)
    assert len(set(found)) == len(found)
    assert text not in found


def test_near_offers_swapped_neighbours_first() -> None:
    assert near("142814")[0] == "148214"

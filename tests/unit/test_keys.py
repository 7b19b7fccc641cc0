"""What is sealed opens with every key that is still there, and only for what it belongs to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.keys import Keyring, Unreadable

OLD, NEW = "k1:the first secret", "k2:the second secret"


@given(st.binary(max_size=500))
def test_what_was_sealed_opens_again(data: bytes) -> None:
    ring = Keyring(["any string at all"])
    sealed = ring.seal(data, "phones")
    assert ring.open(sealed, "phones") == data
    assert sealed != ring.seal(data, "phones")


def test_nobody_reads_the_text_in_what_is_sealed() -> None:
    assert b"PIN 2580" not in Keyring([OLD]).seal(b"PIN 2580", "call")


def test_the_newest_key_seals_and_every_key_opens() -> None:
    before, both, after = Keyring([OLD]), Keyring([NEW, OLD]), Keyring([NEW])
    assert both.open(before.seal(b"x", "a"), "a") == b"x"
    assert after.open(both.seal(b"x", "a"), "a") == b"x"
    with pytest.raises(Unreadable, match="a key that is not here"):
        after.open(before.seal(b"x", "a"), "a")


def test_what_belongs_to_one_thing_does_not_open_as_anothers() -> None:
    ring = Keyring([OLD])
    with pytest.raises(Unreadable):
        ring.open(ring.seal(b"x", "one phone"), "another phone")


@pytest.mark.parametrize("broken", [b"", b"k1", b"k1:", b"k1:short", b"\xff\xfe:x"])
def test_what_is_damaged_is_unreadable(broken: bytes) -> None:
    with pytest.raises(Unreadable):
        Keyring([OLD]).open(broken, "a")


def test_a_changed_byte_is_noticed() -> None:
    ring = Keyring([OLD])
    sealed = bytearray(ring.seal(b"1 accept", "a"))
    sealed[-1] ^= 1
    with pytest.raises(Unreadable):
        ring.open(bytes(sealed), "a")


def test_a_secret_under_the_same_id_is_another_key() -> None:
    with pytest.raises(Unreadable):
        Keyring(["k1:other"]).open(Keyring([OLD]).seal(b"x", "a"), "a")


def test_a_fingerprint_stays_when_a_key_is_added_and_tells_nothing_without_the_key() -> None:
    phone = "+8619900001001"
    name = Keyring([OLD]).fingerprint(phone)
    assert name == Keyring([NEW, OLD]).fingerprint(phone)
    assert name != Keyring([NEW]).fingerprint(phone)
    assert name != Keyring([OLD]).fingerprint("+8619900001002")
    assert phone not in name


@pytest.mark.parametrize("keys", [[], [OLD, OLD], [OLD, "k1:another"]])
def test_no_key_and_two_of_one_id_are_refused(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="DATA_KEYS"):
        Keyring(keys)

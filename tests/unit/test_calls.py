"""The log of calls keeps what it is given in one order for everybody, sealed, in one round trip."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from redis import Redis
from redis.connection import AbstractConnection

from gateway.calls import MOST_RECORDS, Calls, LogAway, Record
from gateway.keys import Keyring
from gateway.settings import Settings

PHONE, OTHER = "+8619900001001", "+8619900001002"
RING = Keyring(["key of the tests"])


@pytest.fixture
def redis(test_settings: Settings) -> Iterator[Redis]:
    """This worker's own Redis database, emptied."""
    client: Redis = Redis.from_url(test_settings.redis_url)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def calls(redis: Redis, test_settings: Settings) -> Iterator[Calls]:
    """The log."""
    del redis  # which empties it
    log = Calls(test_settings.redis_url, RING)
    yield log
    log.close()


def added(calls: Calls, phone: str, record: Record) -> list[Record]:
    """Put a record in the log, and read all of it."""
    return calls.read(phone, calls.add(phone, record))


def test_everything_comes_back_in_its_order_and_by_phone(calls: Calls) -> None:
    calls.add(PHONE, {"text": ""})
    calls.add(OTHER, {"text": "2"})
    assert added(calls, PHONE, {"text": "1*房子塌了*2"}) == [{"text": ""}, {"text": "1*房子塌了*2"}]


def test_one_turn_is_one_round_trip(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    calls.add(PHONE, {"text": ""})
    sent: list[int] = []
    real = AbstractConnection.send_packed_command

    def count(self: AbstractConnection, command: object, *args: object, **more: object) -> object:
        sent.append(1)
        return real(self, command, *args, **more)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", count)
    calls.add(PHONE, {"text": "1"})
    assert len(sent) == 1


def test_a_line_that_was_cut_and_a_script_that_redis_has_lost_are_no_matter(calls: Calls, redis: Redis) -> None:
    calls.add(PHONE, {"text": ""})
    redis.script_flush()
    for client in redis.client_list():
        if client["id"] != str(redis.client_id()):
            redis.client_kill_filter(_id=client["id"])
    assert added(calls, PHONE, {"text": "1"}) == [{"text": ""}, {"text": "1"}]


@pytest.mark.parametrize("size", [0, 400, 600, 50_000])
def test_what_is_long_comes_back_as_what_is_short(calls: Calls, size: int) -> None:
    assert added(calls, PHONE, {"text": "长" * size}) == [{"text": "长" * size}]


def test_what_comes_at_once_stands_in_one_order_for_everybody(calls: Calls) -> None:
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda place: calls.add(PHONE, {"place": place}), range(40)))
    longest = max(seen, key=len)
    assert len(longest) == 40
    assert sorted(len(each) for each in seen) == list(range(1, 41))
    assert all(each == longest[: len(each)] for each in seen)


def test_neither_the_phone_nor_what_was_typed_can_be_read_in_redis(calls: Calls, redis: Redis) -> None:
    calls.add(PHONE, {"text": "1*2580*secret words"})
    (key,) = redis.keys("lianhu:call:*")
    kept = b"".join(redis.lrange(key, 0, -1))
    assert PHONE[1:].encode() not in key
    assert not any(words in kept for words in (b"2580", b"secret", PHONE[1:].encode()))


def test_a_record_copied_to_another_phone_is_not_read_there(calls: Calls, redis: Redis) -> None:
    calls.add(PHONE, {"text": "1"})
    calls.add(OTHER, {"text": "2"})
    mine, other = (f"lianhu:call:{RING.fingerprint(phone)}" for phone in (PHONE, OTHER))
    redis.rpush(other, *redis.lrange(mine, 0, -1))
    assert added(calls, OTHER, {"text": "3"}) == [{"text": "2"}, {"text": "3"}]


def test_records_of_a_key_that_has_gone_are_left_out(calls: Calls, test_settings: Settings) -> None:
    calls.add(PHONE, {"text": "old"})
    newer = Calls(test_settings.redis_url, Keyring(["new:key", "key of the tests"]))
    newer.add(PHONE, {"text": "new"})
    assert added(calls, PHONE, {"text": "again"}) == [{"text": "old"}, {"text": "again"}]
    newer.close()


def test_a_list_is_forgotten_after_a_while_and_never_grows_without_end(calls: Calls, redis: Redis) -> None:
    for place in range(MOST_RECORDS + 5):
        seen = added(calls, PHONE, {"place": place})
    assert [record["place"] for record in seen] == list(range(5, MOST_RECORDS + 5))
    (key,) = redis.keys("lianhu:call:*")
    assert 29 * 60_000 < redis.pttl(key) <= 30 * 60_000


def test_turns_and_ends_are_counted(calls: Calls) -> None:
    assert calls.counts() == {}
    calls.add(PHONE, {})
    calls.add(OTHER, {})
    calls.ended("Success")
    assert calls.counts() == {"turns": 2, "ended:Success": 1}


@pytest.mark.parametrize("address", ["", "unix:///nowhere/at/all.sock"])
def test_without_redis_it_says_so_at_once(address: str, tmp_path: Path) -> None:
    log = Calls(address.replace("/nowhere", str(tmp_path)), RING)
    with pytest.raises(LogAway):
        log.add(PHONE, {})
    log.ended("Success")
    assert log.counts() == {}
    log.close()

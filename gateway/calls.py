"""The log of USSD calls: one list per phone in Redis, of sealed records, since PINs and reports pass through it."""

import json
import threading
import zlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.exceptions import ConnectionError as CutOff
from redis.exceptions import NoScriptError, RedisError
from redis.retry import Retry

from gateway.keys import Keyring, Unreadable
from gateway.logs import get_logger

KEPT_FOR = timedelta(minutes=30)
"""A list is forgotten so long after its last record; which of its calls still count, their own times say."""
_KEPT_MILLISECONDS = int(KEPT_FOR.total_seconds() * 1000)
MOST_RECORDS = 120
"""Of one phone: more keys than anybody types in the time that a call can be gone on with."""
PATIENCE_SECONDS = 0.5
"""Somebody waits with the phone in the hand, and the carrier hangs up after seconds."""
_LONG = 500  # octets
_COUNTS = "lianhu:calls"
# KEYS: the phone's list, the counts. ARGV: a sealed record, how many are kept, milliseconds that they are kept for.
_ADD = """
if redis.call('RPUSH', KEYS[1], ARGV[1]) > tonumber(ARGV[2]) then
    redis.call('LTRIM', KEYS[1], -ARGV[2], -1)
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('HINCRBY', KEYS[2], 'turns', 1)
return redis.call('LRANGE', KEYS[1], 0, -1)
"""

Record = Mapping[str, Any]
Sealed = Sequence[bytes]
"""A phone's records in their order, as Redis has them."""

log = get_logger(__name__)


class LogAway(Exception):
    """Redis does not answer: no call can be taken."""


class Calls:
    """The log; every operation is one round trip. `redis_url` may be empty: then nothing can be logged."""

    def __init__(self, redis_url: str, keyring: Keyring) -> None:
        self._keyring = keyring
        self._own = threading.local()
        self._redis: Redis | None = None
        if redis_url:
            self._redis = Redis.from_url(
                redis_url,
                socket_timeout=PATIENCE_SECONDS,
                socket_connect_timeout=PATIENCE_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
            self._digest: str = self._redis.register_script(_ADD).sha

    def add(self, phone: str, record: Record) -> Sealed:
        """Put a record behind the phone's others, and give all of them in their order; raises LogAway.

        What two requests add at once is ordered by the list: the later one sees both.
        """
        key = self._key(phone)
        given = (2, key, _COUNTS, self._keyring.seal(_pack(record), key), MOST_RECORDS, _KEPT_MILLISECONDS)
        redis = self._connected()
        try:
            try:
                return self._run(redis, "EVALSHA", self._digest, *given)
            except NoScriptError:  # Redis was started since
                return self._run(redis, "EVAL", _ADD, *given)
        except RedisError as error:
            raise LogAway(type(error).__name__) from error

    def read(self, phone: str, log: Sealed) -> list[Record]:
        """What some of a phone's records say; those that cannot be read (a key has gone) are left out."""
        key = self._key(phone)
        return [found for each in log if (found := self._read(each, key)) is not None]

    def ended(self, status: str) -> None:
        """Count a call that the carrier says is over; without Redis it is not counted."""
        try:
            self._connected().hincrby(_COUNTS, f"ended:{status}", 1)
        except (RedisError, LogAway) as error:
            log.warning("call_not_counted", error=type(error).__name__)

    def counts(self) -> Mapping[str, int]:
        """How many `turns` there were, and calls `ended:<status>`, since Redis was emptied; nothing when it is away."""
        try:
            found: Mapping[bytes, bytes] = self._connected().hgetall(_COUNTS)  # type: ignore[assignment] # not awaited
        except (RedisError, LogAway):
            return {}
        return {name.decode(): int(count) for name, count in found.items()}

    def close(self) -> None:
        """Let the connections go."""
        if self._redis is not None:
            self._redis.close()

    def _key(self, phone: str) -> str:
        return f"lianhu:call:{self._keyring.fingerprint(phone)}"

    def _run(self, redis: Redis, *command: str | bytes | int) -> Sealed:
        """A command on this thread's own connection: a pool, and what a client does besides, cost more than Redis.

        A line that was cut since it was last used is laid anew. If the command had been done all the same its record
        stands there twice, which changes nothing.
        """
        if not hasattr(self._own, "connection"):
            self._own.connection = redis.connection_pool.make_connection()  # goes with the thread
        try:
            return _asked(self._own.connection, command)
        except CutOff:
            return _asked(self._own.connection, command)

    def _connected(self) -> Redis:
        if self._redis is None:
            raise LogAway("no Redis is configured")
        return self._redis

    def _read(self, sealed: bytes, key: str) -> Record | None:
        try:
            record = _unpack(self._keyring.open(sealed, key))
        except Unreadable as error:
            log.warning("call_record_unreadable", reason=str(error))
            return None
        return record


def _asked(connection: Connection, command: tuple[str | bytes | int, ...]) -> Sealed:
    connection.send_command(*command)  # type: ignore[no-untyped-call] # redis's own, untyped
    return cast("Sealed", connection.read_response())


def _pack(record: Record) -> bytes:
    """A record as octets; what a caller may see is long and repeats itself, so it is compressed."""
    plain = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    return plain if len(plain) < _LONG else zlib.compress(plain, level=1)


def _unpack(octets: bytes) -> Record:
    """The record again; JSON begins with a brace, what is compressed never does."""
    record: Record = json.loads(octets if octets.startswith(b"{") else zlib.decompress(octets))
    return record

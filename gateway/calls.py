"""The log of USSD calls: one list per phone in Redis, of sealed records, since PINs and reports pass through it."""

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from gateway.keys import Keyring, Unreadable
from gateway.logs import get_logger

KEPT_FOR = timedelta(minutes=30)
"""A list is forgotten so long after its last record; which of its calls still count, their own times say."""
MOST_RECORDS = 120
"""Of one phone: more keys than anybody types in the time that a call can be gone on with."""
PATIENCE_SECONDS = 0.5
"""Somebody waits with the phone in the hand, and the carrier hangs up after seconds."""
_COUNTS = "lianhu:calls"

Record = Mapping[str, Any]

log = get_logger(__name__)


class LogAway(Exception):
    """Redis does not answer: no call can be taken."""


class Calls:
    """The log; every operation is one round trip. `redis_url` may be empty: then nothing can be logged."""

    def __init__(self, redis_url: str, keyring: Keyring) -> None:
        self._keyring = keyring
        self._redis: Redis | None = None
        if redis_url:
            self._redis = Redis.from_url(
                redis_url,
                socket_timeout=PATIENCE_SECONDS,
                socket_connect_timeout=PATIENCE_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )

    def add(self, phone: str, record: Record) -> list[Record]:
        """Put a record behind the phone's others, and give all of them in their order; raises LogAway.

        What two requests add at once is ordered by the list: the later one sees both. Records that cannot be read (a
        key has gone) are left out.
        """
        key = f"lianhu:call:{self._keyring.fingerprint(phone)}"
        try:
            pipeline = self._connected().pipeline(transaction=True)
            pipeline.rpush(key, self._keyring.seal(_pack(record), key))
            pipeline.ltrim(key, -MOST_RECORDS, -1)
            pipeline.lrange(key, 0, -1)
            pipeline.pexpire(key, KEPT_FOR)
            pipeline.hincrby(_COUNTS, "turns", 1)
            sealed: Sequence[bytes] = pipeline.execute()[2]
        except RedisError as error:
            raise LogAway(type(error).__name__) from error
        return [found for each in sealed if (found := self._read(each, key)) is not None]

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

    def _connected(self) -> Redis:
        if self._redis is None:
            raise LogAway("no Redis is configured")
        return self._redis

    def _read(self, sealed: bytes, key: str) -> Record | None:
        try:
            record: Record = json.loads(zlib.decompress(self._keyring.open(sealed, key)))
        except Unreadable as error:
            log.warning("call_record_unreadable", reason=str(error))
            return None
        return record


def _pack(record: Record) -> bytes:
    """A record as octets; what a caller may see is long and repeats itself, so it is compressed."""
    return zlib.compress(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode(), level=1)

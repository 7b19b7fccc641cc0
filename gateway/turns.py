"""Whose turn it is to call a carrier: a rate for each, shared by every process that sends."""

import time
from collections.abc import Mapping

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from gateway.logs import get_logger

SHORTEST_WAIT = 0.005
LONGEST_WAIT = 1.0

log = get_logger(__name__)


class Turns:
    """Waits for a carrier's next free turn; counts in Redis, and in this process alone while Redis is away."""

    def __init__(self, redis_url: str, rates: Mapping[str, float]) -> None:
        self._limits = {name: _limit(rate) for name, rate in rates.items()}
        self._alone = MovingWindowRateLimiter(MemoryStorage())
        self._shared = MovingWindowRateLimiter(_storage(redis_url)) if redis_url else self._alone

    def wait(self, carrier: str) -> None:
        """Return when the carrier's rate allows one more message."""
        limit = self._limits[carrier]
        while not self._hit(limit, carrier):
            time.sleep(min(max(limit.get_expiry() / limit.amount, SHORTEST_WAIT), LONGEST_WAIT))

    def _hit(self, limit: RateLimitItem, carrier: str) -> bool:
        try:
            return self._shared.hit(limit, "carrier", carrier)
        except RedisError as error:
            log.warning("rate_counted_alone", carrier=carrier, error=type(error).__name__)
            return self._alone.hit(limit, "carrier", carrier)


def _limit(rate: float) -> RateLimitItem:
    """A rate in messages a second; below one a second it is counted by the minute."""
    return RateLimitItemPerSecond(max(int(rate), 1)) if rate >= 1 else RateLimitItemPerMinute(max(int(rate * 60), 1))


def _storage(redis_url: str) -> Storage:
    """The `limits` name for our address; a socket's path is passed on as it is."""
    scheme, separator, rest = redis_url.partition("://")
    url = f"redis+unix://{rest}" if scheme == "unix" else f"{scheme}{separator}{rest}"
    return RedisStorage(url, socket_timeout=1.0, socket_connect_timeout=1.0)

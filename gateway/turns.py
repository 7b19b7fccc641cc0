"""Whose turn it is to call a carrier: moments evenly spaced at its rate, given to every process that sends.

Redis holds one number for each carrier, the next free moment. A process takes as many moments behind it as it has
messages, in one round trip, and never one that lies further ahead than HORIZON: nobody waits long with a message in
hand, and an urgent message finds a free moment soon.
"""

import threading
from collections.abc import Mapping, Sequence
from time import monotonic

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from gateway.logs import get_logger

HORIZON = 0.5
"""Seconds ahead for which turns are given."""
ANSWER_SECONDS = 0.5
ALONE = 5.0
"""Seconds for which a process counts by itself before it asks a Redis again that did not answer."""

# A free moment that lies further ahead than any that was ever given is left over from a clock that was set back.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local gap, wanted, horizon = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
if free > now + horizon + gap then free = now end
local given = math.min(wanted, math.max(0, math.floor((now + horizon - free) / gap) + 1))
local after = free + given * gap
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000) + 1000)
return {math.floor(free - now), given}
"""

log = get_logger(__name__)


class Turns:
    """Turns at the rates of `rates` (messages a second); a carrier without one may be called at any time.

    Counted in Redis; in this process alone while Redis is away or where there is none.
    """

    def __init__(self, redis_url: str, rates: Mapping[str, float]) -> None:
        self._gaps = {name: 1 / rate for name, rate in rates.items()}
        self._free: dict[str, float] = {}  # each carrier's next free moment, as far as this process knows
        self._lock = threading.Lock()
        self._alone_until = 0.0
        self._redis = _connect(redis_url) if redis_url else None
        self._script = self._redis.register_script(_TAKE) if self._redis is not None else None

    def room(self, carrier: str, most: int) -> int:
        """How many turns there are to take within the HORIZON, at most `most`; others may be quicker."""
        gap = self._gaps.get(carrier)
        return most if gap is None else _within(self._free.get(carrier, 0.0) - monotonic(), gap, most)

    def take(self, carrier: str, wanted: int) -> Sequence[float]:
        """Take up to `wanted` turns: the moments from which on the carrier may be called, as time.monotonic counts."""
        gap = self._gaps.get(carrier)
        if gap is None or not wanted:
            return [monotonic()] * wanted
        with self._lock:
            shared = self._take_shared(carrier, gap, wanted)
            wait, given = shared if shared is not None else self._take_alone(carrier, gap, wanted)
            first = monotonic() + wait
            self._free[carrier] = first + given * gap
        return [first + place * gap for place in range(given)]

    def close(self) -> None:
        """Let the connection go."""
        if self._redis is not None:
            self._redis.close()

    def _take_shared(self, carrier: str, gap: float, wanted: int) -> tuple[float, int] | None:
        """Seconds until the first turn, and how many were given; None while Redis does not answer."""
        if self._script is None or monotonic() < self._alone_until:
            return None
        try:
            wait, given = self._script(
                keys=[f"lianhu:turn:{carrier}"], args=[gap * 1_000_000, wanted, HORIZON * 1_000_000]
            )
        except RedisError as error:
            log.warning("rate_counted_alone", carrier=carrier, error=type(error).__name__)
            self._alone_until = monotonic() + ALONE
            return None
        return wait / 1_000_000, given

    def _take_alone(self, carrier: str, gap: float, wanted: int) -> tuple[float, int]:
        wait = max(self._free.get(carrier, 0.0) - monotonic(), 0.0)
        return wait, _within(wait, gap, wanted)


def _connect(redis_url: str) -> Redis:
    client: Redis = Redis.from_url(
        redis_url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS, retry=Retry(NoBackoff(), 0)
    )
    return client


def _within(wait: float, gap: float, most: int) -> int:
    """How many turns begin within the HORIZON when the first one begins in `wait` seconds."""
    return max(0, min(most, int((HORIZON - max(wait, 0.0)) / gap) + 1)) if wait <= HORIZON else 0

"""Lanes and nudges: a nudge tells a worker that rows wait; it carries no row (design, section 3, rule 2)."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue

from gateway.logs import get_logger

DRAIN = "workers.jobs.drain"
NUDGE_EXPIRY_MS = 10_000
"""A nudge that no worker took in this time makes room for another one."""
JOB_TTL_SECONDS = 60
JOB_TIMEOUT_SECONDS = 60
REST_SECONDS = 0.02
"""How long nudges behind are gathered: a process gives at most fifty a second, however much comes in."""
FAST_SECONDS = 0.3
"""A web request must not wait for a queue that is down; the clock's sweep picks the row up."""

log = get_logger(__name__)


class Lane(StrEnum):
    """Lanes of work; each has its queue and its own worker process."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"

    @property
    def queue_name(self) -> str:
        """Name of the lane's queue."""
        return f"lianhu-{self.value}"


def connect(redis_url: str, *, timeout: float = FAST_SECONDS) -> Redis:
    """A client that fails fast and never retries; `timeout` in seconds."""
    client: Redis = Redis.from_url(
        redis_url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0)
    )
    return client


class Nudger:
    """Wakes the worker of a lane, at most once until that worker has begun.

    Without a `redis_url` nobody is woken and the clock's sweep finds the rows.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis = connect(redis_url) if redis_url else None
        self._behind = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nudge")  # no thread until it is needed
        self._asked: set[Lane] = set()
        self._lock = threading.Lock()
        self.failures = 0

    def nudge(self, lane: Lane) -> bool:
        """Put a drain job on the lane's queue unless one waits; False when the queue is down, never an exception."""
        if self._redis is None:
            return False
        try:
            if not self._redis.set(_key(lane), b"1", nx=True, px=NUDGE_EXPIRY_MS):
                return True
            Queue(lane.queue_name, connection=self._redis, serializer="json").enqueue(
                DRAIN,
                args=(lane.value,),
                job_timeout=JOB_TIMEOUT_SECONDS,
                ttl=JOB_TTL_SECONDS,
                result_ttl=0,
                failure_ttl=JOB_TTL_SECONDS,
                description=f"drain {lane.value}",
            )
        except RedisError as error:
            self.failures += 1
            log.warning("queue_down", lane=lane.value, failures=self.failures, error=str(error))
            return False
        return True

    def nudge_behind(self, lane: Lane) -> None:
        """Nudge while the caller goes on: neither a person nor a carrier waits for the queue.

        The nudge begins after this call, so it never comes before the row; calls before it begins are the same nudge.
        """
        with self._lock:
            if lane in self._asked:
                return
            self._asked.add(lane)
        self._behind.submit(self._nudge_asked, lane)

    def _nudge_asked(self, lane: Lane) -> None:
        with self._lock:
            self._asked.discard(lane)  # before the nudge: a row committed from now on may come too late for it
        self.nudge(lane)
        time.sleep(REST_SECONDS)

    def took(self, lane: Lane) -> None:
        """A drain job has begun: a row that arrives from now on nudges again."""
        if self._redis is None:
            return
        try:
            self._redis.delete(_key(lane))
        except RedisError as error:
            self.failures += 1
            log.warning("queue_down", lane=lane.value, failures=self.failures, error=str(error))

    def ping(self) -> bool:
        """Whether the queue answers."""
        if self._redis is None:
            return False
        try:
            return bool(self._redis.ping())
        except RedisError:
            return False

    def close(self) -> None:
        """Let the connections go, after what was still to be nudged."""
        self._behind.shutdown()
        if self._redis is not None:
            self._redis.close()


def _key(lane: Lane) -> str:
    return f"lianhu:nudge:{lane.value}"

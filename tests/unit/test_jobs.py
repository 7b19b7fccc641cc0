"""Nudges wake a lane once, carry no row, and cost nothing when the queue is down."""

from pathlib import Path

import pytest
from redis import Redis
from rq import Queue

from gateway.jobs import DRAIN, Lane, Nudger
from gateway.settings import Settings


@pytest.fixture
def redis(test_settings: Settings) -> Redis:
    """This worker's own Redis database, emptied."""
    client: Redis = Redis.from_url(test_settings.redis_url)
    client.flushdb()
    return client


def jobs(redis: Redis, lane: Lane) -> list[tuple[str, object]]:
    """Function and arguments of the jobs that wait on a lane."""
    return [(job.func_name, job.args) for job in Queue(lane.queue_name, connection=redis, serializer="json").jobs]


def test_many_nudges_leave_one_job_that_names_its_lane(redis: Redis, test_settings: Settings) -> None:
    nudger = Nudger(test_settings.redis_url)
    assert all(nudger.nudge(Lane.INBOUND) for _ in range(50))
    assert jobs(redis, Lane.INBOUND) == [(DRAIN, ["inbound"])]


def test_lanes_do_not_share_a_nudge(redis: Redis, test_settings: Settings) -> None:
    nudger = Nudger(test_settings.redis_url)
    nudger.nudge(Lane.INBOUND)
    nudger.nudge(Lane.OUTBOUND)
    assert jobs(redis, Lane.OUTBOUND) == [(DRAIN, ["outbound"])]


def test_a_row_that_arrives_while_a_drain_runs_nudges_again(redis: Redis, test_settings: Settings) -> None:
    nudger = Nudger(test_settings.redis_url)
    nudger.nudge(Lane.INBOUND)
    nudger.took(Lane.INBOUND)
    nudger.nudge(Lane.INBOUND)
    assert len(jobs(redis, Lane.INBOUND)) == 2


def test_nudges_behind_are_gathered_and_the_last_row_is_not_forgotten(redis: Redis, test_settings: Settings) -> None:
    nudger = Nudger(test_settings.redis_url)
    for _ in range(3):
        for _ in range(100):
            nudger.nudge_behind(Lane.INBOUND)
        nudger.took(Lane.INBOUND)
    nudger.nudge_behind(Lane.INBOUND)
    nudger.close()  # what was asked for is given first
    assert 0 < len(jobs(redis, Lane.INBOUND)) <= 4
    assert redis.exists("lianhu:nudge:inbound")


def test_a_nudge_that_nobody_takes_expires(redis: Redis, test_settings: Settings) -> None:
    Nudger(test_settings.redis_url).nudge(Lane.INBOUND)
    assert 0 < int(redis.pttl("lianhu:nudge:inbound")) <= 10_000  # type: ignore[arg-type]


def test_a_queue_that_is_down_is_said_and_counted_but_never_raised(tmp_path: Path) -> None:
    nudger = Nudger(f"unix://{tmp_path}/nobody.sock")
    assert not nudger.nudge(Lane.INBOUND)
    nudger.took(Lane.INBOUND)
    assert not nudger.ping()
    assert nudger.failures == 2


def test_without_an_address_nobody_is_woken() -> None:
    nudger = Nudger("")
    assert not nudger.nudge(Lane.OUTBOUND)
    nudger.took(Lane.OUTBOUND)
    nudger.close()
    assert nudger.failures == 0

"""A carrier's rate is kept by every process that sends together, and without Redis at least by each of them."""

import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import pairwise

import pytest
from redis import Redis

from gateway.settings import Settings
from gateway.turns import HORIZON, Turns
from gateway.wiring import Services

RATE = 200.0
_TAKER = """
import sys, time
from gateway.turns import Turns
turns, end = Turns(sys.argv[1], {"kannel": float(sys.argv[2])}), time.monotonic() + float(sys.argv[3])
while time.monotonic() < end:
    for moment in turns.take("kannel", 7):
        print(moment)
    time.sleep(0.02)
"""


def taken(turns: Sequence[Turns], carrier: str, wanted: int) -> list[float]:
    """Moments that several take in turn, seven at once, until they have so many."""
    moments: list[float] = []
    while len(moments) < wanted:
        for one in turns:
            moments += one.take(carrier, 7)
        time.sleep(0.01)
    return sorted(moments)


def gaps(moments: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(moments)]


def test_turns_are_spaced_evenly_and_not_given_in_bursts(services: Services, test_settings: Settings) -> None:
    assert services.nudger.ping()
    moments = taken([Turns(test_settings.redis_url, {"kannel": RATE})], "kannel", 100)
    assert gaps(moments[:7]) == pytest.approx([1 / RATE] * 6)
    assert len(moments) / (moments[-1] - moments[0]) == pytest.approx(RATE, rel=0.02)


def test_two_processes_share_one_rate(services: Services, test_settings: Settings) -> None:
    assert services.nudger.ping()
    command = [sys.executable, "-c", _TAKER, test_settings.redis_url, str(RATE), "1.5"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    moments = sorted(float(line) for process in processes for line in process.communicate(timeout=60)[0].split())
    shared = [moment for moment in moments if moments[0] + 0.7 <= moment]  # the second one starts a little later
    assert len(shared) / (shared[-1] - shared[0]) == pytest.approx(RATE, rel=0.02)


def test_nobody_gets_a_turn_that_lies_further_ahead_than_the_horizon(
    services: Services, test_settings: Settings
) -> None:
    assert services.nudger.ping()
    turns = [Turns(test_settings.redis_url, {"kannel": 10.0}) for _ in range(2)]
    assert len(turns[0].take("kannel", 100)) == int(HORIZON * 10) + 1
    assert list(turns[1].take("kannel", 100)) == []
    assert [one.room("kannel", 100) for one in turns] == [0, 0]


def test_without_redis_each_process_keeps_the_rate_by_itself() -> None:
    moments = taken([Turns("unix:///nowhere/at/all.sock", {"kannel": RATE})], "kannel", 120)
    assert len(moments) / (moments[-1] - moments[0]) == pytest.approx(RATE, rel=0.02)
    assert min(gaps(moments)) > 0.9 / RATE


def test_a_carrier_whose_turn_is_far_off_keeps_no_other_waiting() -> None:
    turns = Turns("", {"kannel": 0.02, "twilio": RATE})
    assert len(turns.take("kannel", 5)) == 1  # its one turn in fifty seconds
    assert turns.room("kannel", 5) == 0
    assert len(turns.take("twilio", 5)) == 5


def test_a_redis_whose_clock_was_set_back_holds_up_nobody(services: Services, test_settings: Settings) -> None:
    assert services.nudger.ping()
    turns = Turns(test_settings.redis_url, {"kannel": RATE})
    redis: Redis = Redis.from_url(test_settings.redis_url)
    redis.set("lianhu:turn:kannel", str(int((time.time() + 3600) * 1_000_000)))
    redis.close()
    assert len(turns.take("kannel", 5)) == 5


def test_a_carrier_without_a_rate_may_be_called_at_any_time() -> None:
    turns = Turns("", {})
    assert turns.room("kannel", 300) == 300
    assert len(turns.take("kannel", 300)) == 300

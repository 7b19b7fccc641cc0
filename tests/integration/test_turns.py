"""A carrier's rate holds over every process that sends, and without Redis at least in each of them."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from gateway.settings import Settings
from gateway.turns import Turns
from gateway.wiring import Services

RATE = 20
WINDOW = 1.0


def moments(turns: list[Turns], calls: int) -> list[float]:
    """When each of `calls` turns was given, two threads taking them from each of `turns`."""
    taken: list[float] = []

    def take(one: Turns) -> None:
        one.wait("kannel")
        taken.append(time.monotonic())

    with ThreadPoolExecutor(2 * len(turns)) as pool:
        list(pool.map(take, [turns[n % len(turns)] for n in range(calls)]))
    return sorted(taken)


def busiest_window(taken: list[float]) -> int:
    """The most turns within any WINDOW seconds, less a hair for the way between the count and our clock."""
    hair = 0.05
    return max(sum(start <= moment < start + WINDOW - hair for moment in taken) for start in taken)


def test_two_processes_share_one_rate(services: Services, test_settings: Settings) -> None:
    assert services.nudger.ping()
    turns = [Turns(test_settings.redis_url, {"kannel": RATE}) for _ in range(2)]
    assert busiest_window(moments(turns, int(2.2 * RATE))) <= RATE


def test_without_redis_each_process_keeps_the_rate_by_itself() -> None:
    turns = Turns("unix:///nowhere/at/all.sock", {"kannel": RATE})
    assert busiest_window(moments([turns], int(1.5 * RATE))) <= RATE


def test_a_carrier_whose_turn_is_far_off_keeps_no_other_waiting() -> None:
    turns = Turns("", {"kannel": 0.02, "twilio": RATE})
    turns.wait("kannel")  # its one turn a minute is gone
    late = threading.Thread(target=turns.wait, args=("kannel",), daemon=True)
    late.start()
    turns.wait("twilio")
    assert late.is_alive()

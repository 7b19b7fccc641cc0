"""Clocks that disagree, and processes too many or too slow: everything happens once, and nothing stands still."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from gateway.settings import as_environment, process_environment
from tests.faults.recorder import Record
from tests.faults_world.world import World
from tests.survival.deployment import Victim

pytestmark = [
    *(pytest.mark.slow, pytest.mark.faults),
    *(pytest.mark.xdist_group("faults_world"), pytest.mark.timeout(400)),
]

HOUR, DAY = 3600.0, 86_400.0
NOT_MOVED = "SELECT count(*) FROM deadlines WHERE done_at IS NULL AND due_at < now() - interval '5 minutes'"
TWICE = "SELECT count(*) FROM (SELECT case_id, kind, due_at FROM deadlines GROUP BY 1, 2, 3 HAVING count(*) > 1) AS t"


@contextmanager
def beside(world: World, *commands: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """More processes of the same gateway, as a second host would run them."""
    values = as_environment(world.deployment.settings)
    environment = {**process_environment(), **values, **world.environment, "LIANHU_SUPERVISED": ""}
    running = [
        subprocess.Popen([sys.executable, "-m", *command.split()], env=environment, stderr=subprocess.DEVNULL)
        for command in commands
    ]
    try:
        yield running
    finally:
        for process in running:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)
            process.terminate()
        for process in running:
            process.wait(30)


def make_late(world: World) -> int:
    """Every case's next deadline passed ten minutes ago; gives how many that are."""
    with world.deployment.database() as connection:
        return connection.execute(
            "UPDATE deadlines SET due_at = now() - interval '10 minutes' WHERE done_at IS NULL"
        ).rowcount


def test_two_clocks_and_three_workers_on_each_lane(world: World, record: Record) -> None:
    begun, texts = time.monotonic(), world.texts(world.size(40, 400))
    more = ("workers.clock", *["workers.worker inbound"] * 2, *["workers.worker outbound"] * 2)
    with beside(world, *more):
        with world.in_flight(texts):
            pass
        world.settle()
        moved = make_late(world)
        assert moved > 0
        world.wait(lambda: world.count(NOT_MOVED) == 0, 60)
        world.settle()
    assert world.count(TWICE) == 0
    world.audit()
    note = f"{moved} deadlines moved once"
    record(fault="two clocks, three workers a lane", sent=len(texts), seconds=time.monotonic() - begun, note=note)


@pytest.mark.parametrize("victim", [Victim.INBOUND, Victim.OUTBOUND, Victim.CLOCK])
def test_a_process_is_frozen_past_its_lease_and_woken_again(world: World, record: Record, victim: Victim) -> None:
    """What it held is taken over by another; when it wakes it must not do it once more."""
    world.only_in_full(unless=victim is Victim.OUTBOUND)
    begun, texts = time.monotonic(), world.texts(world.size(24, 200))
    replacement = "workers.clock" if victim is Victim.CLOCK else victim.value
    with world.in_flight(texts):
        pid = world.deployment.freeze(victim)
    try:
        with beside(world, replacement):
            if victim is Victim.CLOCK:
                time.sleep(world.size(1, 10))
            else:
                world.auditor.let_leases_pass()
                time.sleep(world.size(2, 10))
            world.deployment.wake(pid)
            world.settle()
    finally:
        world.deployment.wake(pid)
    losses = world.audit()
    record(
        fault=f"{victim.name.lower()} frozen and woken",
        sent=len(texts),
        unknown=losses.unknown,
        seconds=time.monotonic() - begun,
    )


@pytest.mark.parametrize("off", [-HOUR, DAY], ids=["an hour back", "a day ahead"])
def test_the_machine_s_clock_is_set(world: World, record: Record, off: float) -> None:
    """In the middle of traffic, and set right again later; a message that only the clock can find is found."""
    world.only_in_full(unless=off < 0)
    begun, texts = time.monotonic(), world.texts(world.size(24, 200))
    late, before = world.text(world.phones(1)[0]), world.count("SELECT count(*) FROM inbound")
    with world.in_flight(texts[::2]):
        world.wait(lambda: world.count("SELECT count(*) FROM inbound") > before)
        world.set_clock(off)
    try:
        with world.deployment.database() as connection:  # stored, and nobody was woken
            connection.execute(
                """INSERT INTO inbound (channel, provider, provider_id, sender, recipient, text, masked, raw,
                                        received_at, state, attempts, result, error, proof, unfinished)
                   VALUES ('sms', 'simulator', %s, %s, '106900', %s, 0, '{}', now() - interval '2 hours',
                           'new', 0, '', '', 'none', false)""",
                [late.id, late.sender, late.text],
            )
        world.ledger[late.id] = late
        world.wait(lambda: not world.count("SELECT count(*) FROM inbound WHERE state = 'new'"), 30)
        with world.in_flight(texts[1::2]):
            world.wait(lambda: not world.count("SELECT count(*) FROM inbound WHERE state = 'new'"), 30)
            world.set_clock(0)
    finally:
        world.set_clock(0)
    world.settle()
    world.audit()
    way = "a day ahead" if off > 0 else "an hour back"
    record(fault=f"clock set {way}", sent=len(texts) + 1, seconds=time.monotonic() - begun)

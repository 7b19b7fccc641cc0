"""What running processes take, and how far the lanes have come, as seen from outside."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rq import Queue, Worker
from sqlalchemy import Engine, text

from bench.lab import START_SECONDS, Lab
from gateway.embedded.processes import wait_for
from gateway.jobs import Lane, connect

_SECONDS_BETWEEN_LOOKS = 0.1
_WAITING = {
    Lane.INBOUND: "SELECT count(*) FROM inbound WHERE state = 'new'",
    Lane.OUTBOUND: "SELECT count(*) FROM outbound WHERE state IN ('queued', 'sending') AND not_before <= now()",
}


def resident_mb(pid: int) -> float:
    """Memory of a process that no other shares, and its share of the rest (PSS), in megabytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name == "Pss":
            return int(rest.split()[0]) / 1024
    raise LookupError(f"process {pid} has no Pss")


def waiting(engine: Engine, lane: Lane) -> int:
    """Rows of a lane that are not done."""
    with engine.connect() as connection:
        return connection.scalar(text(_WAITING[lane])) or 0


@contextmanager
def workers(lab: Lab, lane: Lane, number: int) -> Iterator[list[int]]:
    """So many worker processes of one lane, as the Procfile starts them; gives their ids.

    Killed at the end: asked politely they would finish ten seconds of work that nobody needs.
    """
    with ExitStack() as stack:
        command = ("python", "-m", "workers.worker", lane.value)
        processes = [stack.enter_context(lab.running(*command)) for _ in range(number)]
        try:
            yield [process.pid for process in processes]
        finally:
            for process in processes:
                process.kill()


def drained(
    lab: Lab, lane: Lane, *, number: int, seconds: float, look: Callable[[list[int]], None]
) -> tuple[int, float]:
    """Let workers of a lane handle what waits, for some seconds at most; gives how many rows, and in how long.

    The time counts from the first nudge to workers that are ready. `look` is called several times a second with the
    processes' ids; each worker gets a nudge of its own, as from the gateway's clock, until all are busy.
    """
    services = lab.services()
    before = left = waiting(services.engine, lane)
    with workers(lab, lane, number) as pids:
        if not wait_for(lambda: _ready(lab, lane) == number, START_SECONDS):
            raise RuntimeError(f"of {number} workers {_ready(lab, lane)} are there")
        begun = time.perf_counter()
        while left and time.perf_counter() - begun < seconds:
            services.nudger.nudge(lane)
            look(pids)
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            left = waiting(services.engine, lane)
        return before - left, time.perf_counter() - begun


def _ready(lab: Lab, lane: Lane) -> int:
    """Workers that listen on a lane."""
    connection = connect(lab.settings.redis_url, timeout=5)
    try:
        return int(Worker.count(connection=connection, queue=Queue(lane.queue_name, connection=connection)))
    finally:
        connection.close()

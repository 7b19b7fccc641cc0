"""A hundred thousand messages wait, as after a day without workers: how fast one worker process handles them.

Whatever is left after `MOST_SECONDS` stays; the rate is that of what was handled.
"""

from collections.abc import Iterator

from bench import processes, reporting
from bench.lab import SMALL, Lab
from bench.table import Line
from gateway.jobs import Lane

BACKLOG = 2_000 if SMALL else 100_000
MOST_SECONDS = 45
MOST_MB = 150
_AT_ONCE = 20_000


def measure(lab: Lab) -> Iterator[Line]:
    """The rate, and the worker's memory at its highest."""
    lab.fresh()
    county = lab.county()
    engine = lab.services().engine
    for first in range(0, BACKLOG, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, BACKLOG))
        reporting.store(engine, county.senders, numbers, homes=county.households)
    seen: list[float] = []
    handled, seconds = processes.drained(
        lab,
        Lane.INBOUND,
        number=1,
        seconds=MOST_SECONDS,
        look=lambda pids: seen.append(processes.resident_mb(pids[0])),
    )
    rate, left = handled / seconds, processes.waiting(engine, Lane.INBOUND)
    rest = f"; broken off with {left:,} left, all would take {BACKLOG / rate:.0f} s" if left else ""
    yield Line(
        name=f"drain of a backlog of {BACKLOG:,} messages, one worker",
        ours=rate,
        unit="/s",
        note=f"{handled:,} in {seconds:.0f} s{rest}",
    )
    yield Line(
        name="memory of that worker at its highest",
        ours=max(seen),
        unit="MB",
        beside="limit",
        peer=MOST_MB,
        reach=f"< {MOST_MB} MB",
        reached=max(seen) < MOST_MB,
        note="its own pages and its share of common ones (PSS)",
    )

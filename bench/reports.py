"""From the webhook to the committed case, and from the text to its confirmation: how many a second, and how long.

Real processes: web, one worker for each lane, the clock. The load generator and the database run on the same machine.
First a burst shows what the gateway handles a second; then reports arrive at that rate for a minute; then at 750 a
second for a minute, and one at a time, and the time to the confirmation is read off the rows.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from bench.county import County
from bench.lab import SMALL, Lab
from bench.naive import naive_rate
from bench.table import Line

WORDS = ("{home} 房屋倒塌，老人没事", "{home}*52*4", "{home} 水管冻裂", "{home} མེ་དྲོན།", "{home} the road is gone")
URGENT = "*{home} 房子塌了，有人受伤"
ONE_IN = 20  # is urgent
BURST_SECONDS, LONG_SECONDS, IDLE_SECONDS = (3, 5, 5) if SMALL else (12, 60, 8)
SUSTAINED, TIMES_NAIVE, CROWD = 1_500, 10, 750
IDLE_P95, CROWD_P95 = 0.5, 3.0
QUIET_SECONDS = 60
LANES = ("inbound", "outbound")

_HANDLED = "SELECT count(*) FROM inbound WHERE handled_at >= to_timestamp(:start) AND handled_at < to_timestamp(:end)"
_WAITING = "SELECT count(*) FROM inbound WHERE state = 'new'"
_DUE = """
    SELECT (SELECT count(*) FROM inbound WHERE state = 'new')
         + (SELECT count(*) FROM outbound WHERE state = 'queued' AND not_before <= now())"""
_WRONG = """
    SELECT count(*) FROM inbound i LEFT JOIN cases c ON c.inbound_id = i.id
    LEFT JOIN outbound o ON o.reply_to_id = i.id
    WHERE i.state <> 'new' AND (c.id IS NULL OR o.id IS NULL OR c.owner_id IS NULL
        OR NOT EXISTS (SELECT FROM deadlines d WHERE d.case_id = c.id)
        OR (SELECT count(*) FROM outbound a WHERE a.case_id = c.id) < 3)"""
_LATENCY = """
    SELECT coalesce(percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM o.changed_at - i.received_at)), 0)
    FROM inbound i JOIN outbound o ON o.reply_to_id = i.id JOIN cases c ON c.inbound_id = i.id
    WHERE o.state IN ('sent', 'delivered') AND c.urgent = :urgent AND i.received_at >= to_timestamp(:start)"""


@dataclass(frozen=True, kw_only=True)
class Burst:
    """What one stretch of load came to: a second offered and handled, reports left, seconds at the 95th percentile."""

    offered: float
    handled: float
    left: int
    ordinary: float
    urgent: float
    wrong: int


def measure(lab: Lab) -> Iterator[Line]:
    """The lines about reports and about the time to a confirmation."""
    lab.fresh()
    lab.county(liaisons=2_000)
    naive = naive_rate(lab)
    capacity = _stretch(lab, rate=SUSTAINED, seconds=BURST_SECONDS, lanes=LANES[:1]).handled
    long = _stretch(lab, rate=min(capacity * 1.05, SUSTAINED * 1.05), seconds=LONG_SECONDS, lanes=LANES[:1])
    yield Line(
        name="report handled end to end, sustained",
        ours=long.handled,
        unit="reports/s",
        beside=f"asked for, for {LONG_SECONDS} s",
        peer=SUSTAINED,
        reach=f"≥ {SUSTAINED}/s",
        reached=long.handled >= SUSTAINED and not long.wrong,
        note=f"{long.offered:.0f}/s arrived, {long.left} waited at the end, {long.wrong} without all their rows",
    )
    yield Line(
        name="the same, beside a job and an ORM session a message",
        ours=long.handled,
        unit="reports/s",
        beside="one RQ worker, one job and session a message, without its web",
        peer=naive,
        reach=f"≥ {TIMES_NAIVE} ×",
        reached=long.handled >= TIMES_NAIVE * naive,
    )
    idle = _stretch(lab, rate=3, seconds=IDLE_SECONDS, lanes=LANES)
    yield _waited("text to confirmation, idle", idle.ordinary, IDLE_P95, "one report after the other, 3/s")
    crowd = _stretch(lab, rate=CROWD, seconds=LONG_SECONDS, lanes=LANES)
    note = f"{crowd.offered:.0f}/s arrived, {crowd.handled:.0f}/s handled, urgent ones {crowd.urgent:.2f} s"
    yield _waited(f"text to confirmation, {CROWD}/s arriving", crowd.ordinary, CROWD_P95, note)


def _waited(name: str, seconds: float, most: float, note: str) -> Line:
    return Line(
        name=name,
        ours=seconds,
        unit="s (p95)",
        beside="asked for",
        peer=most,
        reach=f"≤ {most} s",
        reached=0 < seconds <= most,
        note=note,
    )


def _stretch(lab: Lab, *, rate: float, seconds: float, lanes: Sequence[str]) -> Burst:
    """Reports arriving at a rate at a fresh deployment that has warmed up."""
    lab.fresh()
    county = lab.county()
    with _deployment(lab, lanes) as url:
        lab.hammer(url, _bodies(county, urgent=0)[:200], connections=8, seconds=3, rate=50, first_serial=10_000_000)
        _until_none(lab, _WAITING)
        start = time.time()
        done = lab.hammer(url, _bodies(county, urgent=ONE_IN)[200:], seconds=seconds, rate=rate)
        end = time.time()
        handled, left = _number(lab, _HANDLED, start=start, end=start + seconds), _number(lab, _WAITING)
        if lanes == LANES:
            _until_none(lab, _DUE)
        return Burst(
            offered=done.ok / (end - start),
            handled=handled / seconds,
            left=int(left),
            ordinary=_number(lab, _LATENCY, urgent=False, start=start),
            urgent=_number(lab, _LATENCY, urgent=True, start=start),
            wrong=int(_number(lab, _WRONG)),
        )


@contextmanager
def _deployment(lab: Lab, lanes: Sequence[str]) -> Iterator[str]:
    """Web, clock and the workers of some lanes; gives the address of the webhook."""
    with ExitStack() as running:
        for lane in lanes:
            running.enter_context(lab.running("python", "-m", "workers.worker", lane))
        running.enter_context(lab.running("python", "-m", "workers.clock"))
        yield lab.webhook(running.enter_context(lab.serve()))


def _bodies(county: County, *, urgent: int) -> list[str]:
    """Forms in the shape of Africa's Talking: every household reports once, and no two texts are alike."""
    bodies = []
    for home in range(1, county.households + 1):
        for place, sender in enumerate(county.senders):
            words = URGENT if urgent and (place + home) % urgent == 0 else WORDS[(place + home) % len(WORDS)]
            said = {"from": sender, "to": "106900", "text": f"{words.format(home=home)} {{serial}}"}
            rest = {"date": "2026-03-10 10:00:00", "id": "bench-{serial}", "linkId": "", "networkCode": ""}
            bodies.append(urlencode({**said, **rest}, safe="{}"))
    return bodies


def _until_none(lab: Lab, waiting: str) -> None:
    """Wait until nothing waits any more, or for QUIET_SECONDS."""
    end = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < end and _number(lab, waiting):
        time.sleep(0.3)


def _number(lab: Lab, query: str, **values: float) -> float:
    engine = create_engine(lab.settings.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        return float(connection.scalar(text(query), values) or 0)

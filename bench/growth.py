"""Does handling a report get slower with the years: the same reports on small tables and on very large ones.

Two databases of one server stand side by side, with 10 thousand messages and with 10 million (2 million cases), and
take turns, so that whatever else the machine does hits both. The plans of every statement from the claim of a message
to its delivery report are looked at on the large one: none may read a whole table.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import text

from bench import history, plans, reporting
from bench.county import County
from bench.lab import SMALL, Lab
from bench.table import Line
from gateway.wiring import Services
from workers.drains import drain_inbound, drain_outbound

FEW, MANY = (10_000, 100_000) if SMALL else (10_000, 10_000_000)
HANDLED, A_TURN = 10_000, 1_000
WARM_UP = 500
MOST_SECONDS = 45  # of handling: at fewer than 450 reports a second not all of them are handled
MOST_RATIO = 1.25
_SERVER = {"wal_level": "minimal", "max_wal_senders": "0", "autovacuum": "off"}
"""So that it fills quickly, and so that nobody tidies what was just filled while the two are compared."""


@dataclass(kw_only=True)
class Side:
    """One of the two databases: reports handled, and the seconds of the wall and of this process's work they took."""

    services: Services
    county: County
    handled: int = 0
    seconds: float = 0.0
    worked: float = 0.0

    def handle(self, numbers: range, *, counted: bool = True) -> None:
        """Store the reports of these numbers and handle them."""
        reporting.store(self.services.engine, self.county.senders, numbers, homes=self.county.households)
        start, worked, handled = time.perf_counter(), time.process_time(), 0
        while done := drain_inbound(self.services):
            handled += done
        if counted:
            self.handled += handled
            self.seconds += time.perf_counter() - start
            self.worked += time.process_time() - worked

    @property
    def milliseconds(self) -> float:
        """Of the wall, for each message."""
        return 1000 * self.seconds / self.handled


def measure(_lab: Lab) -> Iterator[Line]:
    """In a lab of its own, whose server keeps no journal of what is filled in."""
    with Lab(_SERVER) as lab:
        small = _filled(lab, FEW)
        started = time.perf_counter()
        large = _filled(lab, MANY)
        filled = time.perf_counter() - started
        _take_turns(small, large)
        yield Line(
            name=f"growth: handling a message on {MANY:,} messages, {MANY // history.MESSAGES_OF_A_CASE:,} cases",
            ours=large.milliseconds,
            unit="ms",
            beside=f"on {FEW:,} messages",
            peer=small.milliseconds,
            reach=f"≤ {MOST_RATIO} ×",
            reached=large.milliseconds <= MOST_RATIO * small.milliseconds,
            note=(
                f"{large.handled:,} messages each, by turns; this process's own work {_work(large):.2f} ms beside "
                f"{_work(small):.2f} ms; filled in {filled:.0f} s"
            ),
        )
        kilobytes = _bytes(large) / (MANY / history.MESSAGES_OF_A_CASE) / 1000
        yield Line(
            name="growth: disk for a case",
            ours=kilobytes,
            unit="kB",
            note=f"with its indexes and everything about it: {history.MESSAGES_OF_A_CASE} texts in, 3 out, 1 receipt",
        )
        statements, whole = _looked_at(large)
        yield Line(
            name="growth: statements of the way that read a whole table",
            ours=len(whole),
            unit=f"of {statements}",
            reach="none",
            reached=not whole,
            note="; ".join(whole),
        )


def _filled(lab: Lab, messages: int) -> Side:
    lab.fresh(beside=True)
    county = lab.county()
    history.fill(lab, county, messages)
    return Side(services=lab.services(), county=county)


def _take_turns(small: Side, large: Side) -> None:
    """The same reports on both, a thousand at a time."""
    for side in (small, large):
        side.handle(range(WARM_UP), counted=False)
        _analyze(side)
    for first in range(WARM_UP, WARM_UP + HANDLED, A_TURN):
        for side in (small, large):
            side.handle(range(first, first + A_TURN))
        if small.seconds + large.seconds > MOST_SECONDS:
            return


def _looked_at(side: Side) -> tuple[int, list[str]]:
    """How many different statements the way has, and what of them reads a whole table."""
    _analyze(side)
    with plans.collected(side.services.engine) as statements:
        first = 2 * HANDLED
        side.handle(range(first, first + WARM_UP), counted=False)
        drain_outbound(side.services)
        drain_outbound(side.services)  # the delivery reports of the first
    return len(statements), plans.whole_reads(side.services.engine, statements, frozenset(history.ROWS))


def _analyze(side: Side) -> None:
    """What the server's own tidying would do within a minute."""
    with side.services.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _bytes(side: Side) -> int:
    with side.services.engine.connect() as connection:
        return connection.scalar(text("SELECT pg_database_size(current_database())")) or 0


def _work(side: Side) -> float:
    return 1000 * side.worked / side.handled

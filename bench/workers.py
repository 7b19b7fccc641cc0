"""One, two and four worker processes on a lane: the rate must not fall, and each sender's order must stay."""

from collections.abc import Iterator

from sqlalchemy import Engine, text

from bench import processes, reporting
from bench.lab import SMALL, Lab
from bench.table import Line
from gateway.jobs import Lane

NUMBERS = (1, 2, 4)
MESSAGES = 1_000 if SMALL else 6_000
SENDERS = 600  # so that each has several messages waiting
MOST_SECONDS = 8
FALLS_BY = 0.9
"""Two measurements of one thing differ by some percent here."""

_OUT_OF_ORDER = {
    Lane.INBOUND: """
        SELECT count(*) FROM (
            SELECT e.id < lag(e.id) OVER (PARTITION BY i.sender ORDER BY i.id) AS late
            FROM inbound i JOIN case_events e ON e.inbound_id = i.id) AS each_message WHERE late
        """,
    Lane.OUTBOUND: """
        SELECT count(*) FROM (
            SELECT r.id < lag(r.id) OVER (PARTITION BY o.recipient, o.urgent ORDER BY o.id) AS late
            FROM outbound o JOIN receipts r ON r.outbound_id = o.id) AS each_message WHERE late
        """,
}
_TWICE = {
    Lane.INBOUND: "SELECT count(*) FROM (SELECT FROM case_events GROUP BY inbound_id HAVING count(*) > 1) AS twice",
    Lane.OUTBOUND: "SELECT count(*) FROM (SELECT FROM receipts GROUP BY provider_id HAVING count(*) > 1) AS twice",
}


def measure(lab: Lab) -> Iterator[Line]:
    """Both lanes; what the inbound lane wrote is what the outbound lane sends."""
    first: dict[Lane, float] = {}
    for number in NUMBERS:
        lab.fresh()
        county = lab.county()
        engine = lab.services().engine
        reporting.store(engine, county.senders[:SENDERS], range(MESSAGES), homes=county.households)
        for lane in (Lane.INBOUND, Lane.OUTBOUND):
            done, seconds = processes.drained(lab, lane, number=number, seconds=MOST_SECONDS, look=lambda _: None)
            rate = done / seconds
            wrong = _count(engine, _OUT_OF_ORDER[lane]) + _count(engine, _TWICE[lane])
            first.setdefault(lane, rate)
            yield Line(
                name=f"{number} worker{'s' * (number > 1)}, lane {lane}",
                ours=rate,
                unit="/s",
                beside="" if number == 1 else "one worker",
                peer=None if number == 1 else first[lane],
                reach="order of each phone kept" if number == 1 else "does not fall, order of each phone kept",
                reached=not wrong and rate >= FALLS_BY * first[lane],
                note=f"{done:,} in {seconds:.1f} s, {wrong} out of order or twice",
            )


def _count(engine: Engine, query: str) -> int:
    with engine.connect() as connection:
        return connection.scalar(text(query)) or 0

"""A hundred thousand deadlines that fall due in the same minute, moved by one clock and by three; and 2,000 digests."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from bench.lab import SMALL, Lab
from bench.table import Line
from gateway.flow import digest

CASES = 2_000 if SMALL else 100_000
MOST_SECONDS = 60
PATIENCE_SECONDS = 10 if SMALL else 75
READERS = 2_000
DIGEST_SECONDS = 10

_FILL = """
WITH numbered AS (
    SELECT n, h.id AS household_id, h.unit_id, p.person_id, o.id AS owner_id
    FROM generate_series(1, :cases) n
    JOIN (SELECT *, row_number() OVER (ORDER BY id) AS place FROM households) h
      ON h.place = 1 + (n - 1) % (SELECT count(*) FROM households)
    JOIN posts p ON p.id = h.liaison_id
    JOIN posts o ON o.unit_id = h.unit_id AND o.role = 'grid_leader' AND o.rank = 1
), opened AS (
    INSERT INTO cases (number, state, level, category, code, values, urgent, confidence, reasons, to_sort, unfinished,
        text, household_id, unit_id, reporter_id, owner_id, opened_at, due_at, alerted_at, stage_from, stage_misses,
        stage_extra_days, extended_days, climbs, reminders, bounces)
    SELECT 'b' || n, 'open', 'village', 'housing', '', '[]', false, 1, '[]', false, false, 'snow', household_id,
        unit_id, person_id, owner_id, :opened, :opened + interval '7 days', :opened, :opened, 0, 0, 0, 0, 0, 0
    FROM numbered RETURNING id, owner_id
), laid AS (
    INSERT INTO rungs (case_id, level, post_id, why, at) SELECT id, 'village', owner_id, 'new', :opened FROM opened
)
INSERT INTO deadlines (case_id, kind, due_at, missed)
SELECT id, kind, :opened + late, false
FROM opened, (VALUES ('accept', interval '24 hours'), ('overall', interval '7 days')) AS k (kind, late)
"""
_MISSED = "SELECT count(*) FROM deadlines WHERE missed"
_TWICE = (
    "SELECT count(*) FROM (SELECT case_id FROM case_events WHERE event = 'accept_due' GROUP BY 1 HAVING count(*) > 1) t"
)


def measure(lab: Lab) -> Iterator[Line]:
    """The lines about deadlines and digests."""
    for clocks in (1, 3):
        yield _deadlines(lab, clocks)
    yield _digests(lab)


def _deadlines(lab: Lab, clocks: int) -> Line:
    _fill(lab)
    with ExitStack() as running:
        start = time.perf_counter()
        for _ in range(clocks):
            running.enter_context(lab.running("python", "-m", "workers.clock"))
        while (moved := _count(lab, _MISSED)) < CASES and time.perf_counter() - start < PATIENCE_SECONDS:
            time.sleep(0.25)
        seconds = time.perf_counter() - start
    twice = _count(lab, _TWICE)
    return Line(
        name=f"{CASES:,} deadlines due at once, {clocks} clock{'s' if clocks > 1 else ''}",
        ours=moved / seconds,
        unit="moves/s",
        beside=f"all within {MOST_SECONDS} s",
        peer=CASES / MOST_SECONDS,
        reach=f"all moved within {MOST_SECONDS} s, none twice",
        reached=moved >= CASES and seconds <= MOST_SECONDS and not twice,
        note=f"{moved:,} moved in {seconds:.0f} s with the clock's start, {twice} twice",
    )


def _digests(lab: Lab) -> Line:
    """Everybody who reads a digest has something to read."""
    _fill(lab, liaisons=36_000)
    services = lab.services()
    now = services.clock.now()
    start = time.perf_counter()
    with services.sessions.begin() as session:
        built = digest.send_daily(session, now=now)
    seconds = time.perf_counter() - start
    return Line(
        name=f"digests for {READERS:,} officials",
        ours=seconds * READERS / max(built, 1),
        unit="s",
        beside="asked for",
        peer=DIGEST_SECONDS,
        reach=f"≤ {DIGEST_SECONDS} s",
        reached=0 < seconds * READERS / max(built, 1) <= DIGEST_SECONDS,
        note=f"{built:,} built in {seconds:.1f} s over {CASES:,} live cases",
    )


def _fill(lab: Lab, *, liaisons: int = 2_000) -> None:
    """Cases whose owners had to accept them until a minute ago."""
    lab.fresh()
    lab.county(liaisons=liaisons, households=3)
    opened = datetime.now(UTC) - timedelta(hours=24, minutes=1)
    engine = create_engine(lab.settings.database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(_FILL), {"cases": CASES, "opened": opened})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _count(lab: Lab, query: str) -> int:
    engine = create_engine(lab.settings.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        return int(connection.scalar(text(query)) or 0)
